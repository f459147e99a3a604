// Supply in a browser: the board, the grid worker's list on a phone, a shop that receives and counts, a restriction
// set by the desk, in both languages.

import assert from "node:assert/strict";
import { test } from "node:test";
import { desk, go, openCity, server } from "./desk-page.mjs";
import { assertAccessible, phone, screenshot, wall } from "./harness.mjs";

openCity("supply");

test("the board adds up and each figure opens its list", async () => {
  const page = await desk("district");
  await go(page, "/supply");
  await assertAccessible(page);
  await screenshot(page, "supply-board");
  const row = page.locator("tbody tr", { has: page.locator('a[href*="what=food"]') }).first();
  const numbers = (await row.locator("td").allInnerTexts()).map((text) => Number(text.replaceAll(",", "")));
  const [all = 0, served = 0, waiting = 0, overdue = 0] = numbers;
  assert.ok(all > 0 && overdue > 0, `${numbers}`);
  assert.equal(served + waiting + overdue, all);
  await row.locator('a[href*="what=food"]').click();
  await page.waitForURL(/households/);
  assert.match(await page.locator("main").innerText(), new RegExp(`${overdue}`));
  await page.context().close();
});

test("a grid worker ticks who was given a pack, on a phone", async () => {
  const page = await desk("grid", phone);
  await go(page, "/supply/households");
  await assertAccessible(page);
  await screenshot(page, "supply-households-phone");
  const before = await page.locator('input[name="household"]').count();
  assert.ok(before > 0);
  await page.locator('input[name="household"]').first().check();
  await page.locator("#field-site").selectOption("shop:JL-S01");
  await page.locator("#field-vegetables").fill("2.5");
  await page.locator("#field-proof").fill("门口签收");
  await page.locator("#hand-out button[type=submit]").click();
  await page.locator(".notice--good").waitFor();
  assert.equal(await page.locator('input[name="household"]').count(), before - 1);
  await page.context().close();
});

test("a shop receives what it counts, and the rest is missing until it is explained", async () => {
  const page = await desk("shop", phone);
  await page.goto(`${server.origin}/supply/own`);
  await assertAccessible(page);
  await screenshot(page, "supply-own-phone");
  await page.locator('form[action$="/receive"] input[name^="lot-"]').first().fill("790");
  await page.locator('form[action$="/receive"] input[name="note"]').fill("少10千克");
  await page.locator('form[action$="/receive"] button[type=submit]').click();
  await page.waitForURL(/\/supply\/sites\/shop:JL-S01/);
  assert.match(await page.locator("main").innerText(), /790 千克/);
  await page.context().close();
  const wide = await desk("district", wall, { locale: "en" });
  await go(wide, "/supply/shipments?state=differs");
  await screenshot(wide, "supply-differs-en");
  await wide.locator('tbody a[href^="/supply/shipments/"]').first().click();
  await wide.locator("#field-note").fill("left at the gate");
  await wide.locator('form[action$="/explain"] button[type=submit]').click();
  await wide.waitForURL(/\/supply\/shipments\/H/);
  await assertAccessible(wide);
  await wide.context().close();
});

test("lists of shops, donations and prices", async () => {
  const page = await desk("commander");
  for (const where of ["/supply/shops", "/supply/donations", "/supply/prices", "/supply/modes", "/supply/sites"]) {
    await go(page, where);
    await assertAccessible(page);
    await screenshot(page, `supply-${where.split("/").pop()}`);
  }
  await go(page, "/supply/donations");
  await page.locator('tbody a[href^="/supply/donations/"]').first().click();
  await page.locator('input[name^="share-"]').first().waitFor();
  await assertAccessible(page);
  await screenshot(page, "supply-donation");
  await page.context().close();
});
