// Supply in a browser: the board, the grid worker's list on a phone, a shop that receives and counts, a restriction
// set by the desk, in both languages.

import assert from "node:assert/strict";
import { test } from "node:test";
import { browser, desk, go, openCity, server } from "./desk-page.mjs";
import { allSynced, enrol, queue, show } from "./field-phone.mjs";
import { assertAccessible, phone, screenshot, wall } from "./harness.mjs";

openCity("supply");

test("the board adds up and each figure opens its list", async () => {
  const page = await desk("district");
  await go(page, "/supply");
  await assertAccessible(page);
  await screenshot(page, "supply-board");
  const some = page.locator('a[href*="what=food"]', { hasNotText: /^0$/ });
  const row = page.locator("tbody tr", { has: some }).first();
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
  const first = page.locator('form[action$="/receive"]').first();
  await first.locator('input[name^="lot-"]').first().fill("790");
  await first.locator('input[name="note"]').fill("少10千克");
  await first.locator("button[type=submit]").click();
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

test("a grid worker asks for a renewal without a network, and a hospital's doctor signs it", async () => {
  const grid = await desk("grid", wall, { locale: "en" });
  const account = await grid.evaluate(() => fetch("/api/v1/field/holders").then((answer) => answer.json()));
  await grid.context().close();
  const field = await enrol(browser, server.origin, "grid", "en", account.holders[0].code);
  await field.context.setOffline(true);
  await show(field.page, "medicine");
  await field.page.getByLabel("Show").selectOption("all");
  const card = field.page.locator(".door-list > li", { has: field.page.getByRole("button", { name: "Ask for a renewal" }) }).first();
  const name = (await card.locator("legend").innerText()).trim();
  await screenshot(field.page, "supply-medicine-field");
  await card.getByRole("button", { name: "Ask for a renewal" }).click();
  await field.page.getByText("A renewal was asked for", { exact: true }).first().waitFor();
  const same = field.page.locator(".door-list > li", { hasText: name }).first();
  await same.getByLabel("New last dose").fill("2020-01-01");
  await same.getByRole("button", { name: "It was brought" }).click();
  await field.page.getByText("It has to be later than the last dose that is known").waitFor();
  await same.getByLabel("New last dose").fill("2099-01-01");
  await same.getByRole("button", { name: "It was brought" }).click();
  await field.page.locator(".door-list > li", { hasText: name }).getByText("Last dose 2099-01-01").waitFor();
  assert.equal((await queue(field.page)).filter(({ state }) => state === "waiting").length, 2);
  await field.context.setOffline(false);
  await allSynced(field.page);
  assert.deepEqual((await queue(field.page)).filter(({ state }) => state !== "accepted"), []);
  await field.context.close();
  const page = await desk("ward", phone);
  await page.goto(`${server.origin}/supply/renewals`);
  await assertAccessible(page);
  await screenshot(page, "supply-renewals-phone");
  const waiting = page.locator("section.panel", { has: page.locator('form[action$="/renewed"]') });
  const before = await waiting.count();
  const asked = waiting.filter({ hasText: name }).last();
  await asked.locator('form[action$="/renewed"] button[type=submit]').click();
  await page.waitForURL(/\/supply\/renewals/);
  assert.equal(await waiting.count(), before - 1);
  await waiting.first().locator("summary").click();
  await waiting.first().locator('form[action$="/declined"] input[name="note"]').fill("需先复查");
  await waiting.first().locator('form[action$="/declined"] button[type=submit]').click();
  await page.waitForFunction((n) => document.querySelectorAll('form[action$="/renewed"]').length === n, before - 2);
  await page.context().close();
});
