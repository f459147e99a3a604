// The guide: a newcomer follows one tube of the made-up city, and opens the real pages on the way.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { demoServer } from "./field-phone.mjs";
import { assertAccessible, openBrowser, openPage, phone, screenshot, startServer, wall } from "./harness.mjs";

/** @type {Awaited<ReturnType<typeof startServer>>} */
let server;
/** @type {import("playwright-core").Browser} */
let browser;

before(async () => {
  server = await demoServer();
  browser = await openBrowser();
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

test("from the sign-in page along one tube, through everybody's eyes", async () => {
  const context = await wall(browser);
  const page = await openPage(context, `${server.origin}/sign-in`);
  await page.locator('a[href="/guide"]').click();
  await page.locator(".journey").waitFor();
  const tube = await page.locator("main code").first().innerText();
  assert.match(tube, /^T220202/, "a real tube of the city");
  assert.equal(await page.locator(".journey__stop").count(), 4);
  await assertAccessible(page);
  await screenshot(page, "guide-wall");

  const press = async (name, ready) => {
    await page.goto(`${server.origin}/guide`);
    const go = page.locator(".journey__go button, .journey__go a", { hasText: name }).first();
    await go.click();
    await page.locator(ready).first().waitFor();
  };
  await press("以采样员身份", "h1");
  assert.equal(new URL(page.url()).pathname, `/tubes/${tube}`);
  assert.match(await page.locator("main").innerText(), /封管/);
  await press("以指挥部身份", ".figures");
  assert.match(new URL(page.url()).pathname, /^\/testing\/rounds\//);
  await press("看转运箱", "h1");
  assert.match(new URL(page.url()).pathname, /^\/boxes\/B220202/);
  await press("以实验室身份", "h1");
  assert.equal(new URL(page.url()).pathname, `/tubes/${tube}`);
  await press("以住户身份", ".cards");
  assert.equal(new URL(page.url()).pathname, "/my");
  await press("还有谁没采样", "h1");
  assert.match(new URL(page.url()).pathname, /\/blind$/);
  await press("哪些超时了", "h1");
  assert.equal(new URL(page.url()).pathname, "/testing/late");
  await press("账平不平", "h1");
  assert.equal(new URL(page.url()).pathname, "/testing/balance");
  assert.deepEqual(page.errors, []);
  await context.close();
});

test("on a phone, in English", async () => {
  const context = await phone(browser, { locale: "en-GB" });
  const page = await openPage(context, `${server.origin}/guide`);
  await page.getByRole("heading", { name: "Follow one tube" }).waitFor();
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "nothing runs off the side");
  await assertAccessible(page);
  await screenshot(page, "guide-phone");
  await context.close();
});

test("without a made-up city it explains with a drawn example", async () => {
  const empty = await startServer({ demo: "" });
  try {
    const context = await phone(browser, { locale: "en-GB" });
    const page = await openPage(context, `${empty.origin}/guide`);
    await page.getByText("This is a drawn example").waitFor();
    assert.equal(await page.locator(".journey__stop").count(), 4);
    assert.equal(await page.locator(".journey__go *").count(), 0, "nobody is signed in by a press");
    await assertAccessible(page);
    await screenshot(page, "guide-example-phone");
    await context.close();
  } finally {
    await empty.stop();
  }
});
