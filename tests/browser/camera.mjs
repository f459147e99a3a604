// A film of one QR code, for Chromium to show to a page that asks for the camera.

import * as fs from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { root } from "./harness.mjs";

const require = createRequire(path.join(root, "web", "package.json"));
const qrcode = require("qrcode-generator").default ?? require("qrcode-generator");

const WIDTH = 640;
const HEIGHT = 480;
const WHITE = 235;
const GREY = 128;
const BLACK = 16;

/**
 * Writes an uncompressed film (YUV4MPEG2) of `text` as a QR code, upright and in the middle.
 * Chromium repeats it for as long as a page looks.
 *
 * @param {string} text what the code says
 * @param {string} file where to write; should end in .y4m
 */
export async function film(text, file) {
  const code = qrcode(0, "M");
  code.addData(text);
  code.make();
  const modules = code.getModuleCount();
  const scale = Math.floor((HEIGHT * 0.8) / modules);
  const left = Math.floor((WIDTH - modules * scale) / 2);
  const top = Math.floor((HEIGHT - modules * scale) / 2);

  const luma = Buffer.alloc(WIDTH * HEIGHT, WHITE);
  for (let y = 0; y < modules * scale; y++) {
    for (let x = 0; x < modules * scale; x++) {
      if (code.isDark(Math.floor(y / scale), Math.floor(x / scale))) {
        luma[(top + y) * WIDTH + left + x] = BLACK;
      }
    }
  }
  const chroma = Buffer.alloc((WIDTH * HEIGHT) / 2, GREY);
  const frame = [Buffer.from("FRAME\n"), luma, chroma];
  await fs.mkdir(path.dirname(file), { recursive: true });
  const header = Buffer.from(`YUV4MPEG2 W${WIDTH} H${HEIGHT} F10:1 Ip A1:1 C420jpeg\n`);
  await fs.writeFile(file, Buffer.concat([header, ...frame, ...frame]));
  return file;
}
