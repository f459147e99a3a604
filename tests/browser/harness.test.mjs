// The harness must be able to fail, or the tests that stand on it prove nothing.

import assert from "node:assert/strict";
import * as fs from "node:fs/promises";
import http from "node:http";
import { createRequire } from "node:module";
import os from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { film } from "./camera.mjs";
import { assertAccessible, openBrowser, openPage, phone, root, screenshot, signIn, startServer, wall } from "./harness.mjs";

const page = (body) => `<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>松花</title>
<meta name="viewport" content="width=device-width"></head><body><main><h1>松花</h1>${body}</main></body></html>`;

const pages = {
  "/": page(`<p>一个人都不能少 Nobody goes missing</p>`),
  "/sign-in": page(`<form method="post" action="/sign-in"><label>用户 <input name="login"></label>
    <label>密码 <input name="password" type="password"></label><button type="submit">登录</button></form>`),
  "/broken": page(`<img src="data:image/gif;base64,R0lGODlhAQABAAAAACw="><input name="nameless">`),
  "/inline": page(`<p>text</p><script>document.title = "ran"</script>`),
};

/** A server that is as strict about scripts as the real one. */
const server = http.createServer((request, response) => {
  response.setHeader("Content-Security-Policy", "default-src 'self'; img-src 'self' data:");
  response.setHeader("Content-Type", "text/html; charset=utf-8");
  if (request.url === "/favicon.ico") {
    response.writeHead(204).end();
    return;
  }
  if (request.method !== "POST") {
    response.end(pages[request.url ?? ""] ?? "");
    return;
  }
  let body = "";
  request.on("data", (part) => (body += part));
  request.on("end", () => {
    const form = new URLSearchParams(body);
    const right = form.get("login") === "grid-worker" && form.get("password") === "right";
    response.writeHead(303, { Location: right ? "/" : "/sign-in" }).end();
  });
});

let origin = "";
/** @type {import("playwright-core").Browser} */
let browser;

before(async () => {
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
  const address = server.address();
  origin = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
  browser = await openBrowser();
});

after(async () => {
  await browser?.close();
  server.closeAllConnections();
  server.close();
});

test("a page opens on the phone and on the wall, is accessible, and leaves a picture", async () => {
  for (const [name, open, width] of /** @type {const} */ ([["phone", phone, 780], ["wall", wall, 1920]])) {
    const context = await open(browser);
    const shown = await openPage(context, `${origin}/`);
    await assertAccessible(shown);
    assert.deepEqual(shown.errors, []);
    const file = await screenshot(shown, `harness-${name}`);
    const png = await fs.readFile(file);
    assert.equal(png.readUInt32BE(16), width, "the width in the picture's header");
    await context.close();
  }
});

test("axe's findings fail the test and name the rule", async () => {
  const context = await wall(browser);
  const shown = await openPage(context, `${origin}/broken`);
  await assert.rejects(assertAccessible(shown), /image-alt[\s\S]*label/);
  await context.close();
});

test("a script that the content security policy stops is noticed", async () => {
  const context = await wall(browser);
  const shown = await openPage(context, `${origin}/inline`);
  assert.match(shown.errors.join("\n"), /Content Security Policy/);
  assert.equal(await shown.title(), "松花");
  await context.close();
});

test("signing in ends on another page, and does not with a wrong password", async () => {
  const context = await phone(browser);
  const shown = await openPage(context, `${origin}/`);
  await signIn(shown, "grid-worker", "right");
  assert.equal(new URL(shown.url()).pathname, "/");
  shown.setDefaultTimeout(1_000);
  await assert.rejects(signIn(shown, "grid-worker", "wrong"), /Timeout/);
  await context.close();
});

test("no host but this machine can be reached", async () => {
  const context = await wall(browser);
  const shown = await context.newPage();
  await assert.rejects(shown.goto("http://songhua.example/"), /ERR_NAME_NOT_RESOLVED/);
  await context.close();
});

test("a code held to the camera is read by the library that the field app uses", async () => {
  const dir = await fs.mkdtemp(path.join(os.tmpdir(), "songhua-film-"));
  const text = "songhua tube 0001";
  const camera = await film(text, path.join(dir, "code.y4m"));
  const withCamera = await openBrowser({ camera });
  try {
    const shown = await openPage(await phone(withCamera), `${origin}/`);
    const { width, height, base64 } = await shown.evaluate(async () => {
      const video = document.createElement("video");
      video.srcObject = await navigator.mediaDevices.getUserMedia({ video: true });
      await video.play();
      const canvas = new OffscreenCanvas(video.videoWidth, video.videoHeight);
      const pen = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext("2d"));
      pen.drawImage(video, 0, 0);
      const { data } = pen.getImageData(0, 0, canvas.width, canvas.height);
      let bytes = "";
      for (const byte of data) bytes += String.fromCharCode(byte);
      return { width: canvas.width, height: canvas.height, base64: btoa(bytes) };
    });
    const require = createRequire(path.join(root, "web", "package.json"));
    const { prepareZXingModule, readBarcodes } = require("zxing-wasm/reader");
    const wasmBinary = await fs.readFile(path.join(root, "web", "dist", "zxing_reader.wasm"));
    prepareZXingModule({ overrides: { wasmBinary } });
    const image = { data: new Uint8ClampedArray(Buffer.from(base64, "base64")), width, height, colorSpace: /** @type {const} */ ("srgb") };
    const codes = await readBarcodes(image, { formats: ["QRCode"] });
    assert.deepEqual(codes.map((code) => code.text), [text]);
  } finally {
    await withCamera.close();
    await fs.rm(dir, { recursive: true });
  }
});

const node = (script) => [process.execPath, "-e", script];

test("a server is started, waited for and stopped", async () => {
  const started = await startServer({
    command: node(`console.log("migrating"); console.log("songhua ready http://127.0.0.1:1234/"); setInterval(() => {}, 1000)`),
  });
  assert.equal(started.origin, "http://127.0.0.1:1234");
  await started.stop();
  assert.throws(() => process.kill(started.pid ?? 0, 0), /ESRCH/);
  await assert.rejects(fs.stat(started.data), /ENOENT/);
});

test("a server that ends or stays silent fails the test with its output", async () => {
  await assert.rejects(
    startServer({ command: node(`console.error("the store is locked"); process.exitCode = 3`) }),
    /exit code 3[\s\S]*the store is locked/,
  );
  await assert.rejects(
    startServer({ command: node(`setInterval(() => {}, 1000)`), readyWithin: 300 }),
    /not ready within 300 ms/,
  );
  await assert.rejects(startServer({ command: ["/nowhere/songhua"] }), /ENOENT/);
});
