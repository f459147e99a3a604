// Zones and sweeps in a browser: a proposal that a person follows, what it owes, the household's page, a sweep
// on a phone without a network, and the map.

import assert from "node:assert/strict";
import { test } from "node:test";
import { browser, desk, go, openCity, server } from "./desk-page.mjs";
import { allSynced, AREA, enrol, queue, session, show } from "./field-phone.mjs";
import { assertAccessible, openPage, phone, screenshot } from "./harness.mjs";

/** A compound where the grid worker goes. */
let compound = "";

openCity("zones", 2000, async () => {
  const grid = await session(server.origin, "grid");
  compound = (await grid.bundle()).compounds[0].code;
});

async function owes(page) {
  await page.locator("#field-supply").fill("蔬菜包每三天送到单元门口，药品当天代买");
  await page.locator("#field-urgent").fill("社区24小时急救协调 0432-6000120");
  await page.locator("#field-basis").fill("市指挥部第12号令");
}

let zone = "";

test("a proposal becomes a zone, with what it owes", async () => {
  const page = await desk("district");
  await go(page, "/cases/open");
  await page.locator("#field-name").fill("王小明");
  await page.locator("#field-id_type").selectOption("none");
  await page.locator("#field-birth").fill("1980-01-31");
  await page.locator("#field-sex").selectOption("female");
  await page.locator("#field-class").selectOption("confirmed");
  await page.locator("#field-severity").selectOption("mild");
  await page.locator("#field-found_in").selectOption("community");
  await page.locator("#field-place").fill(compound);
  await page.locator('form[action^="/cases/open"] button[type="submit"]').click();
  await page.waitForURL(/\/cases\/C/);
  await go(page, "/zones/proposals");
  await assertAccessible(page);
  const home = page.locator(`input[name="zone"][value="${compound} locked"]`);
  await home.check();
  await page.locator(`input[name="zone"][value="${AREA} precaution"]`).check();
  // Without what it owes it is refused, and what was ticked stays.
  await page.locator('form:has(input[name="zone"]) button[type="submit"]').click();
  await page.locator(".error, [role=alert]").first().waitFor();
  assert.ok(await home.isChecked());
  await screenshot(page, "zones-proposals");
  await owes(page);
  await page.locator('form:has(input[name="zone"]) button[type="submit"]').click();
  await page.waitForURL(/\/zones\/list/);
  const link = page.locator("tr", { hasText: compound }).locator('a[href^="/zones/Z"]').first();
  zone = new URL(await link.getAttribute("href") ?? "", server.origin).pathname;
  await assertAccessible(page);
  await page.goto(`${server.origin}${zone}`);
  await page.locator(".checklist").waitFor();
  await assertAccessible(page);
  await screenshot(page, "zones-zone");
  await go(page, "/zones");
  await assertAccessible(page);
  await screenshot(page, "zones-board");
  await page.context().close();
  const english = await desk("district", phone, { locale: "en-GB" });
  await english.goto(`${server.origin}${zone}`);
  await english.locator(".checklist", { hasText: "no new infection" }).waitFor();
  await screenshot(english, "zones-zone-phone");
  await english.context().close();
});

test("a household sees its zone, and the map and the risk levels show it", async () => {
  const code = /resident\s+(\S+)/.exec(server.output.join("\n"))?.[1];
  assert.ok(code, "the demo prints a household's code");
  const page = await openPage(await phone(browser, { locale: "zh-CN" }), `${server.origin}/household`);
  await page.locator('input[name="code"]').fill(code);
  await page.locator('main form button[type="submit"]').click();
  await page.waitForURL("**/my");
  const shown = await page.locator("main").innerText();
  assert.match(shown, /(防范|封控)区/);
  assert.match(shown, /0432-6000120/);
  await assertAccessible(page);
  await screenshot(page, "zones-my");
  await page.context().close();
  const post = await desk("commander");
  await go(post, `/map/${compound.slice(0, 12)}`);
  await post.locator("td .tag, .map__place.z-locked").first().waitFor();
  assert.match(await post.locator("main").innerText(), /封控区/);
  await assertAccessible(post);
  await screenshot(post, "zones-map");
  await go(post, "/zones/risk");
  assert.match(await post.locator("main").innerText(), /高风险/);
  await assertAccessible(post);
  await go(post, "/zones/circle");
  await assertAccessible(post);
  await screenshot(post, "zones-circle");
  await post.context().close();
});

test("the circle begins a round with its places, how often and why", async () => {
  const page = await desk("district");
  await go(page, "/zones/circle");
  // The compound of the case is tested daily, so it is due by tomorrow.
  await page.locator('a[href*="circle=due"]').first().click();
  await page.waitForURL(/\/testing\/rounds\/new/);
  const places = (await page.locator("#field-more").inputValue()).split("\n");
  assert.ok(places.length > 0 && places.every((code) => /^\d{12}$/.test(code)), places.join());
  assert.match(await page.locator("#field-name_zh").inputValue(), /每日一检|天一检/);
  assert.match(await page.locator("main").innerText(), /test\.freq\.[abc]/);
  assert.equal(await page.locator('input[name="place"]:checked').count(), 0, "the circle, and not the whole county");
  await assertAccessible(page);
  await screenshot(page, "zones-circle-round");
  await page.context().close();
});

test("a compound is swept on a phone without a network", async () => {
  const page = await desk("district");
  await go(page, `/zones/sweeps?place=${compound}`);
  await page.locator('form[action^="/zones/sweeps"] button[type="submit"]').click();
  const link = page.locator("#running tr", { hasText: compound }).locator('a[href^="/zones/sweeps/S"]').first();
  await link.waitFor();
  const sweep = new URL(await link.getAttribute("href") ?? "", server.origin).pathname;
  const grid = await enrol(browser, server.origin, "grid", "zh", `grid:${compound.slice(0, 12)}`);
  await grid.context.setOffline(true);
  await show(grid.page, "sweep");
  const doors = grid.page.locator(".door-list > li");
  await doors.first().waitFor();
  await doors.nth(0).getByRole("button", { name: "已见" }).click();
  await doors.nth(1).getByRole("button", { name: "不在" }).click();
  await grid.page.locator("input").last().waitFor();
  const stray = grid.page.locator("section.card", { hasText: "名单外住处" });
  await stray.locator("input").first().fill("3号楼后工棚");
  await stray.locator("input").last().fill("9");
  await stray.getByRole("button").click();
  await grid.page.getByText("已记录：3号楼后工棚").waitFor();
  await screenshot(grid.page, "zones-sweep-field");
  assert.equal((await queue(grid.page)).filter(({ state }) => state === "waiting").length, 3);
  await grid.context.setOffline(false);
  await allSynced(grid.page);
  assert.deepEqual((await queue(grid.page)).filter(({ state }) => state !== "accepted"), []);
  await grid.context.close();
  await page.goto(`${server.origin}${sweep}?state=found`);
  await page.locator("#homes .tag--good", { hasText: "已见" }).waitFor();
  await page.locator("#strays td", { hasText: "3号楼后工棚" }).waitFor();
  await assertAccessible(page);
  await screenshot(page, "zones-sweep");
  const walk = await desk("grid", phone);
  await walk.goto(`${server.origin}${sweep}?state=todo#homes`);
  await walk.locator("#homes button", { hasText: "拒绝" }).first().click();
  await walk.waitForLoadState("load");
  await assertAccessible(walk);
  await screenshot(walk, "zones-sweep-phone");
  await walk.context().close();
  // On the map of the community: how far the compound has come, and the same in the table.
  const post = await desk("commander");
  await go(post, `/map/${compound.slice(0, 12)}`);
  await post.locator(`td a[href^="/zones/sweeps?within=${compound}"]`).first().waitFor();
  await assertAccessible(post);
  await screenshot(post, "zones-map-sweeps");
  // What nobody has seen stands in the way of zero, and leads to its list.
  await go(post, `/zero/at/${compound.slice(0, 9)}`);
  const strays = post.locator(`td a[href*="within=${compound.slice(0, 9)}"][href$="#strays"]`).first();
  await strays.waitFor();
  assert.match(await post.locator("main").innerText(), /目前不能签发/);
  await screenshot(post, "zero-unseen");
  await strays.click();
  await post.locator("#strays td", { hasText: "3号楼后工棚" }).waitFor();
  await post.context().close();
  await page.context().close();
});
