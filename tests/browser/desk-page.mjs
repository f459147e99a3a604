// What the tests of a desk begin with: a small demo city on a server of its own, a browser, and somebody
// who is signed in. Every test file is a process of its own, so that there is one of each.

import * as fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { after, before } from "node:test";
import { AREA, PASSWORD } from "./field-phone.mjs";
import { openBrowser, openPage, signIn, startServer, wall } from "./harness.mjs";

/** @type {Awaited<ReturnType<typeof startServer>>} */
export let server;
/** @type {import("playwright-core").Browser} */
export let browser;

/**
 * Starts both before the tests of a file, and ends them after the last one.
 *
 * @param {string} name of the desk, for its data directory
 * @param {number} [people] in the demo city
 * @param {() => Promise<void>} [ready] what else the tests begin with
 */
export function openCity(name, people = 3000, ready = async () => {}) {
  let data = "";
  before(async () => {
    data = await fs.mkdtemp(path.join(os.tmpdir(), `songhua-${name}-`));
    const args = ["--demo", "--people", String(people), "--area", String(AREA)];
    server = await startServer({ demo: "", args, data, readyWithin: 300_000 });
    browser = await openBrowser();
    await ready();
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
    await fs.rm(data, { recursive: true, force: true });
  });
}

/** Somebody who is signed in. */
export async function desk(login, open = wall, options = {}) {
  const context = await open(browser, options);
  const page = await openPage(context, `${server.origin}/sign-in`);
  await signIn(page, login, PASSWORD);
  return page;
}

/** Opens a page of the demo's county. */
export const go = (page, where) =>
  page.goto(`${server.origin}${where}${where.includes("?") ? "&" : "?"}area=${AREA}`);
