// Phones of field workers, for the tests of the field app: enrolled on the demo city, driven by
// what a person can see, touch, type and scan.

import assert from "node:assert/strict";
import * as fs from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { openPage, phone, root, startServer } from "./harness.mjs";

const require = createRequire(path.join(root, "web", "package.json"));
const { prepareZXingModule, readBarcodes } = require("zxing-wasm/reader");

/** The password of every account of the demo. */
export const PASSWORD = "songhua-demo";
/** The number that opens the app in the tests. */
export const NUMBER = "258036";
/** The demo's county. */
export const AREA = 220202;

/** A server with a small demo county; `further` are more arguments of `songhua serve`. */
export function demoServer(further = []) {
  const args = ["--demo", "--people", "3000", "--area", String(AREA), ...further];
  return startServer({ demo: "", args, readyWithin: 300_000 });
}

const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

export function checked(body) {
  let product = 36;
  for (const character of body) {
    const sum = (product + ALPHABET.indexOf(character)) % 36;
    product = ((sum === 0 ? 36 : sum) * 2) % 37;
  }
  return body + ALPHABET.charAt((37 - product) % 36);
}

/** The code of a tube (`T`) or box (`B`) by its serial number. */
export function unit(kind, serial) {
  return checked(`${kind}${AREA}${String(serial).padStart(8, "0")}`);
}

/** What the QR code of a person (`P`) or household (`H`) says. */
export function longCode(kind, id) {
  const digits = BigInt(`0x${id.replaceAll("-", "")}`).toString(36).toUpperCase().padStart(25, "0");
  return checked(kind + digits);
}

let made = 0;

/** A command id: a UUID of version 7. */
export function commandId() {
  made += 1;
  const time = Date.now().toString(16).padStart(12, "0");
  return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-${made.toString(16).padStart(12, "0")}`;
}

/** A program's session of an account, to see what the server knows. */
export async function session(origin, login) {
  const call = async (method, path, body) => {
    const response = await fetch(origin + path, {
      method,
      headers: { "Content-Type": "application/json", ...(token === "" ? {} : { Authorization: `Bearer ${token}` }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const answer = response.status === 204 ? {} : await response.json();
    assert.ok(response.ok, `${method} ${path}: ${response.status} ${JSON.stringify(answer)}`);
    return answer;
  };
  let token = "";
  const opened = await call("POST", "/api/v1/sessions", { login, password: PASSWORD, device: "test" });
  token = opened.token;
  const { holders } = await call("GET", "/api/v1/field/holders");
  const holder = String(holders[0].code);
  return {
    holder,
    bundle: () => call("GET", `/api/v1/field/bundle?holder=${holder}`),
    held: async () => (await call("GET", `/api/v1/field/held?holder=${holder}`)).held,
    /** Sends commands and expects that they are accepted. */
    send: async (...commands) => {
      const now = Date.now() * 1000;
      const batch = {
        device: "test",
        device_time: now,
        commands: commands.map((testing, at) => ({ id: commandId(), area: AREA, event_time: now + at, command: { testing } })),
      };
      const { outcomes } = await call("POST", "/api/v1/commands", batch);
      for (const outcome of outcomes) assert.equal(outcome.status, "accepted", JSON.stringify(outcome));
    },
  };
}

/** Persons of a bundle who still need an ordinary swab, in the order of the list. */
export function unsampled(bundle, count) {
  const [round] = bundle.rounds;
  const free = bundle.persons.filter(
    ({ sampled, exempt, recall }) => !sampled?.includes(round.id) && !exempt?.includes(round.id) && !recall,
  );
  assert.ok(free.length >= count, `the demo has only ${free.length} persons without a swab at this site`);
  return free.slice(0, count);
}

/**
 * A phone in somebody's hands: signed in, with its list, its number set, ready for offline.
 *
 * @param {import("playwright-core").Browser} browser
 * @param {string} origin
 * @param {string} login
 * @param {"zh" | "en"} [language]
 * @param {string} [holder] For whom it is used, where the account may act for several.
 */
export async function enrol(browser, origin, login, language = "zh", holder) {
  const context = await phone(browser, { acceptDownloads: true });
  const page = await openPage(context, `${origin}/field/`);
  await signInHere(page, login, language, holder);
  return { context, page };
}

/** Signs in on a phone that shows the app for the first time. */
export async function signInHere(page, login, language = "zh", holder = "") {
  if (language === "en") await page.getByRole("button", { name: "English" }).click();
  await page.locator('input[name="user"]').fill(login);
  await page.locator('input[name="password"]').fill(PASSWORD);
  await page.locator('input[name="device"]').fill(`${login} phone`);
  await page.locator('form button[type="submit"]').click();
  const again = page.locator('input[name="again"]');
  if (holder !== "") {
    // Whoever acts for one only is not asked.
    const choice = page.getByRole("button", { name: holder });
    await choice.or(again).first().waitFor();
    if (await choice.isVisible()) await choice.click();
  }
  await again.waitFor();
  await page.locator('input[name="number"]').fill(NUMBER);
  await page.locator('input[name="again"]').fill(NUMBER);
  await page.locator('form button[type="submit"]').click();
  await page.locator(".tasks").waitFor();
  // From here on the app must do without a network.
  await page.evaluate(async () => {
    await navigator.serviceWorker.ready;
    while (navigator.serviceWorker.controller === null) {
      await new Promise((next) => navigator.serviceWorker.addEventListener("controllerchange", next, { once: true }));
    }
  });
}

/** Enters the number on a locked phone. */
export async function unlock(page, number = NUMBER) {
  await page.locator('input[name="number"]').fill(number);
  await page.locator('form button[type="submit"]').click();
}

/** Signs in on the pages of the desks. */
export async function signInDesk(page, origin, login) {
  await page.goto(`${origin}/sign-in`);
  await page.locator('input[name="login"]').fill(login);
  await page.locator('input[name="password"]').fill(PASSWORD);
  await page.locator('form:has(input[name="password"]) button[type="submit"]').click();
  await page.waitForURL((url) => url.pathname !== "/sign-in");
}

/** Opens a screen by its address. */
export async function show(page, screen) {
  await page.evaluate((hash) => (location.hash = hash), `#/${screen}`);
  await page.locator("h1").waitFor();
}

/** Types a code into the field below the camera. */
export async function type(page, code) {
  await page.locator(".typed input").fill(code);
  await page.locator(".typed button").click();
}

/** Waits until the app says something that contains `text` about the last scan. */
export function said(page, text) {
  return page.locator(".feedback", { hasText: text }).waitFor();
}

/** Turns the camera off: most tests type. */
export async function cameraOff(page) {
  await show(page, "settings");
  await page.locator(".tick-line input").first().setChecked(false);
  await show(page, "home");
}

/** Reads the QR code that a phone shows, from a picture of its screen. */
export async function readQr(page) {
  const code = page.locator(".qr:visible").first();
  await code.scrollIntoViewIfNeeded();
  const picture = await code.screenshot();
  const wasmBinary = await fs.readFile(path.join(root, "web", "dist", "zxing_reader.wasm"));
  prepareZXingModule({ overrides: { wasmBinary } });
  const codes = await readBarcodes(new Uint8Array(picture), { formats: ["QRCode"] });
  assert.equal(codes.length, 1, "one readable QR code");
  return String(codes[0]?.text);
}

/** Fills a tube and seals it. */
export async function fillTube(page, tube, persons) {
  await show(page, "collect");
  await page.getByText(/^(10 混 1|10 in 1)$/).click();
  await type(page, tube);
  await page.locator(".tube-head").waitFor();
  let position = 0;
  for (const { id } of persons) {
    position += 1;
    await type(page, longCode("P", id));
    await page.locator(".members .position", { hasText: new RegExp(`^${position}$`) }).waitFor();
  }
}

/** What a device keeps of its queue. */
export function queue(page) {
  return page.evaluate(
    () =>
      new Promise((done, failed) => {
        const opening = indexedDB.open("songhua-field");
        opening.onerror = () => failed(opening.error);
        opening.onsuccess = () => {
          const all = opening.result.transaction("entries").objectStore("entries").getAll();
          all.onsuccess = () => {
            opening.result.close();
            done(all.result);
          };
        };
      }),
  );
}

/** Waits until the header says that the server has everything. */
export function allSynced(page) {
  return page.locator(".pill.all").waitFor({ timeout: 30_000 });
}
