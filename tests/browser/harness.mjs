// What every browser test needs: a server of its own, Debian's Chromium, and a few checks.
//
// The packages live in web/node_modules, so tests import everything from here.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import * as fs from "node:fs/promises";
import { createRequire } from "node:module";
import os from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** The repository's root directory. */
export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..", "..");

const require = createRequire(path.join(root, "web", "package.json"));
/** @type {typeof import("playwright-core")} */
const { chromium } = require("playwright-core");
const axeSource = await fs.readFile(require.resolve("axe-core/axe.min.js"), "utf8");

/** Last lines of a program's output that are shown when it fails. */
const TAIL = 40;
/** How long a server that was asked to stop may take before it is killed, in milliseconds. */
const STOP_WITHIN = 10_000;

/**
 * Starts a server with an empty data directory and waits until it says where it listens: a line
 * on its standard output with "ready http://…".
 *
 * @param {object} [options]
 * @param {string} [options.demo] the demo city to prepare; "" for none
 * @param {string[]} [options.args] further arguments of `songhua serve`
 * @param {string} [options.data] a data directory to use and keep, for example after a restart
 * @param {Record<string, string>} [options.env] environment variables to add
 * @param {number} [options.readyWithin] milliseconds until it must be ready
 * @param {string[]} [options.command] another program to start instead, for the harness's own tests
 */
export async function startServer(options = {}) {
  const { demo = "small", args = [], env = {}, readyWithin = 120_000 } = options;
  const ownData = options.data === undefined;
  const data = options.data ?? (await fs.mkdtemp(path.join(os.tmpdir(), "songhua-browser-")));
  const command = options.command ?? [
    process.env.SONGHUA_BIN ?? path.join(root, "target", "debug", "songhua"),
    "serve", "--data", data, "--listen", "127.0.0.1:0",
    ...(demo === "" ? [] : ["--demo", demo]),
    ...args,
  ];
  const child = spawn(command[0] ?? "", command.slice(1), {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = new Promise((resolve) => {
    child.once("exit", (code, signal) => resolve(`exit code ${code ?? signal}`));
    child.once("error", (error) => resolve(error.message));
  });
  const killAtExit = () => child.kill("SIGKILL");
  process.once("exit", killAtExit);

  /** @type {string[]} */
  const output = [];
  const found = new Promise((resolve) => {
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on("line", (line) => {
        output.push(line);
        if (output.length > TAIL) output.shift();
        const match = stream === child.stdout && /ready (http\S+)/.exec(line);
        if (match) resolve(match[1]);
      });
    }
  });

  /** Ends the process, politely unless told otherwise, and removes a data directory of its own. */
  const stop = async (/** @type {NodeJS.Signals} */ signal = "SIGTERM") => {
    child.kill(signal);
    const timer = setTimeout(killAtExit, STOP_WITHIN);
    await ended;
    clearTimeout(timer);
    process.removeListener("exit", killAtExit);
    if (ownData) await fs.rm(data, { recursive: true, force: true });
  };

  let timer;
  const late = new Promise((resolve) => {
    timer = setTimeout(resolve, readyWithin, `not ready within ${readyWithin} ms`);
  });
  const failure = Promise.race([ended, late]).then((why) => ({ why }));
  const outcome = await Promise.race([found.then((origin) => ({ origin })), failure]);
  clearTimeout(timer);
  if ("why" in outcome) {
    await stop("SIGKILL");
    throw new Error(`${command.join(" ")}: ${outcome.why}; its last output:\n${output.join("\n")}`);
  }
  return {
    /** Where it listens, without a slash at the end. */
    origin: String(outcome.origin).replace(/\/+$/, ""),
    data,
    pid: child.pid,
    /** Its last lines of output. */
    output,
    stop,
  };
}

function chromiumPath() {
  const found = [process.env.SONGHUA_CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"]
    .find((name) => name && existsSync(name));
  assert.ok(found, "no Chromium was found; `make test` installs it, or set SONGHUA_CHROMIUM");
  return found;
}

/**
 * Starts Chromium, headless, unable to reach anything but this machine.
 *
 * @param {object} [options]
 * @param {string} [options.camera] a .y4m file to show to the camera (see camera.mjs)
 */
export async function openBrowser({ camera } = {}) {
  return chromium.launch({
    executablePath: chromiumPath(),
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      // A page that needs somebody else's host must fail here, not first on a cut-off phone.
      "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
      ...(camera === undefined
        ? []
        : [
            "--use-fake-ui-for-media-stream",
            "--use-fake-device-for-media-stream",
            `--use-file-for-fake-video-capture=${camera}`,
          ]),
    ],
  });
}

const everywhere = { locale: "zh-CN", timezoneId: "Asia/Shanghai" };

/**
 * A context the size of a field worker's phone.
 *
 * @param {import("playwright-core").Browser} browser
 * @param {import("playwright-core").BrowserContextOptions} [options]
 */
export function phone(browser, options = {}) {
  return browser.newContext({
    ...everywhere,
    viewport: { width: 390, height: 844 },
    deviceScaleFactor: 2,
    isMobile: true,
    hasTouch: true,
    ...options,
  });
}

/**
 * A context the size of a wall display.
 *
 * @param {import("playwright-core").Browser} browser
 * @param {import("playwright-core").BrowserContextOptions} [options]
 */
export function wall(browser, options = {}) {
  return browser.newContext({ ...everywhere, viewport: { width: 1920, height: 1080 }, ...options });
}

/**
 * Signs in through the form that /sign-in shows (fields "login" and "password") and waits until
 * the server has sent the browser elsewhere.
 *
 * @param {import("playwright-core").Page} page on a page whose origin is the server's
 * @param {string} user
 * @param {string} password
 */
export async function signIn(page, user, password) {
  await page.goto(new URL("/sign-in", page.url()).href);
  await page.locator('input[name="login"]').fill(user);
  await page.locator('input[name="password"]').fill(password);
  await Promise.all([
    page.waitForURL((url) => url.pathname !== "/sign-in"),
    page.locator('form:has(input[name="password"]) button[type="submit"]').click(),
  ]);
}

/**
 * Opens a page of `origin` in `context`, and fails the test later (`page.errors`) if the page
 * threw, logged an error or was stopped by its content security policy.
 *
 * @param {import("playwright-core").BrowserContext} context
 * @param {string} url
 */
export async function openPage(context, url) {
  const page = await context.newPage();
  /** @type {string[]} */
  const errors = [];
  page.on("pageerror", (error) => errors.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error") errors.push(message.text());
  });
  await page.goto(url);
  return Object.assign(page, { errors });
}

/**
 * Runs axe-core's rules over the page as it is now and fails if any is violated.
 *
 * @param {import("playwright-core").Page} page
 */
export async function assertAccessible(page) {
  await page.evaluate(axeSource);
  const { violations } = await page.evaluate(() => /** @type {any} */ (globalThis).axe.run());
  const report = violations.map((violation) => {
    const where = violation.nodes.map((node) => `    ${node.target.join(" ")}: ${node.html}`);
    return `  ${violation.id} (${violation.impact}): ${violation.help}\n${where.join("\n")}`;
  });
  assert.equal(violations.length, 0, `axe on ${page.url()}:\n${report.join("\n")}`);
}

/**
 * Runs axe-core's rules over the page in light and in dark colours.
 *
 * @param {import("playwright-core").Page} page
 */
export async function assertAccessibleByDayAndNight(page) {
  await assertAccessible(page);
  // Colours that are still on their way from one to the other are nobody's.
  await page.emulateMedia({ colorScheme: "dark", reducedMotion: "reduce" });
  await assertAccessible(page);
  await page.emulateMedia({ colorScheme: "light", reducedMotion: null });
}

/**
 * Walks through the page with the Tab key and fails unless every link, button and field is reached
 * once, in the order of the page, with a visible focus, and the walk leaves the page again.
 *
 * @param {import("playwright-core").Page} page
 */
export async function assertKeyboard(page) {
  const wanted = await page.evaluate(() => {
    const all = [...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']")];
    const seen = all.filter((element) => {
      const open = [...document.querySelectorAll("details:not([open])")].every((details) => !details.contains(element) || element === details.querySelector(":scope > summary"));
      return open && element.checkVisibility({ visibilityProperty: true }) && !(/** @type {any} */ (element).disabled);
    });
    // One group of radio buttons is one stop.
    const stops = seen.filter((element) => {
      if (!(element instanceof HTMLInputElement) || element.type !== "radio") return true;
      const group = [...document.querySelectorAll("input[type=radio]")].filter((other) => /** @type {HTMLInputElement} */ (other).name === element.name);
      return element === (group.find((other) => /** @type {HTMLInputElement} */ (other).checked) ?? group[0]);
    });
    stops.forEach((element, n) => element.setAttribute("data-stop", String(n)));
    return stops.map((element) => element.outerHTML.slice(0, 120));
  });
  await page.evaluate(() => {
    /** @type {HTMLElement | null} */ (document.activeElement)?.blur();
    getSelection()?.removeAllRanges();
    scrollTo(0, 0);
  });
  let last = -1;
  const reached = new Set();
  for (let n = 0; n < wanted.length * 3 + 5; n += 1) {
    await page.keyboard.press("Tab");
    const at = await page.evaluate(() => {
      const element = document.activeElement;
      if (element === null || element === document.body) return null;
      const style = getComputedStyle(element);
      const parent = element.parentElement === null ? null : getComputedStyle(element.parentElement);
      const shown = (/** @type {CSSStyleDeclaration | null} */ s) => s !== null && s.outlineStyle !== "none" && parseFloat(s.outlineWidth) >= 2;
      return { stop: element.getAttribute("data-stop"), shown: shown(style) || shown(parent), what: element.outerHTML.slice(0, 120) };
    });
    if (at === null) break;
    assert.ok(at.shown, `${page.url()}: focus is not to be seen on ${at.what}`);
    // A date has several stops inside: all of them are the same field.
    if (at.stop === null || Number(at.stop) === last) continue;
    // Chromium without a frame goes from the end of the page to its beginning.
    if (at.stop === "0" && reached.size === wanted.length) break;
    assert.ok(Number(at.stop) > last, `${page.url()}: the focus jumps back to ${at.what}`);
    last = Number(at.stop);
    reached.add(last);
  }
  const missed = wanted.filter((_, n) => !reached.has(n));
  assert.deepEqual(missed, [], `${page.url()}: not reached by keyboard`);
}

/**
 * Saves what the page shows as target/screenshots/NAME.png and returns the file's path.
 *
 * @param {import("playwright-core").Page} page
 * @param {string} name
 */
export async function screenshot(page, name) {
  const file = path.join(root, "target", "screenshots", `${name}.png`);
  await page.screenshot({ path: file, animations: "disabled" });
  return file;
}
