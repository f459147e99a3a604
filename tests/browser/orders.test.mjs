// Orders in a browser: a household orders and cancels on its phone, a shop works its lists, a volunteer at a door, the
// desk's lists, passes and plans, in both languages.

import assert from "node:assert/strict";
import { test } from "node:test";
import { browser, desk, go, openCity, server } from "./desk-page.mjs";
import { allSynced, enrol, queue, show } from "./field-phone.mjs";
import { assertAccessible, openPage, phone, screenshot, wall } from "./harness.mjs";

openCity("orders");

test("a shop accepts, packs and hands over on a phone", async () => {
  const page = await desk("shop", phone);
  await page.goto(`${server.origin}/supply/own/orders`);
  await assertAccessible(page);
  await screenshot(page, "orders-shop-phone");
  const waiting = await page.locator('input[name="order"]').count();
  assert.ok(waiting > 0, "orders wait for the shop");
  await page.locator("#orders button[type=submit]").click();
  await page.locator(".notice--good").waitFor();
  await page.goto(`${server.origin}/supply/sites/shop:JL-S01/orders?stage=accepted`);
  await screenshot(page, "orders-pick-phone");
  await assertAccessible(page);
  assert.ok((await page.locator('input[name="order"]').count()) >= waiting);
  await page.locator("#orders button[type=submit]").click();
  await page.locator(".notice--good").waitFor();
  await page.goto(`${server.origin}/supply/sites/shop:JL-S01/orders?stage=packed`);
  await page.locator('tbody a[href^="/supply/orders/"]').first().click();
  await page.waitForURL(/\/supply\/orders\/N/);
  await assertAccessible(page);
  await screenshot(page, "orders-order-phone");
  await page.context().close();
});

test("a volunteer hands over by the code that the household was told", async () => {
  const page = await desk("volunteer", phone);
  await page.goto(`${server.origin}/supply/round`);
  await assertAccessible(page);
  await screenshot(page, "orders-round-phone");
  const doors = await page.locator('form[action$="/received"]').count();
  assert.ok(doors > 0, "the volunteer has orders");
  const form = page.locator('form[action$="/received"]').first();
  const action = (await form.getAttribute("action")) ?? "";
  const order = action.split("/").at(-2) ?? "";
  await form.locator('input[name="code"]').fill("000000");
  await form.locator("button[type=submit]").click();
  await page.locator(".notice--bad").waitFor();
  // Whoever takes calls sees the code, and may tell it.
  const grid = await desk("grid", wall, { locale: "en" });
  await grid.goto(`${server.origin}/supply/orders/${order}`);
  await assertAccessible(grid);
  await screenshot(grid, "orders-order-en");
  const code = /\b\d{6}\b/.exec(await grid.locator("dl, .facts").first().innerText())?.[0] ?? "";
  assert.match(code, /^\d{6}$/);
  await grid.context().close();
  const again = page.locator(`form[action="${action}"]`);
  await again.locator('input[name="code"]').fill(code);
  await again.locator("button[type=submit]").click();
  await page.waitForURL(/\/supply\/round$/);
  assert.equal(await page.locator('form[action$="/received"]').count(), doors - 1);
  await page.context().close();
});

test("a volunteer goes from door to door without a network", async () => {
  const phone = await enrol(browser, server.origin, "volunteer", "zh", "volunteer:JL-V01");
  await phone.context.setOffline(true);
  await show(phone.page, "delivery");
  const doors = phone.page.locator(".door-list > li", { has: phone.page.locator("button") });
  await doors.first().waitFor();
  const open = await doors.count();
  await doors.first().locator("input").last().fill("张先生签收");
  await doors.first().getByRole("button", { name: "已送达" }).click();
  await phone.page.getByText("已签收").first().waitFor();
  await screenshot(phone.page, "orders-delivery-field");
  assert.equal(await doors.count(), open - 1);
  assert.equal((await queue(phone.page)).filter(({ state }) => state === "waiting").length, 1);
  await phone.context.setOffline(false);
  await allSynced(phone.page);
  assert.deepEqual((await queue(phone.page)).filter(({ state }) => state !== "accepted"), []);
  await phone.context.close();
  const district = await desk("district");
  await go(district, "/api/v1/supply/orders?stage=out");
  const out = JSON.parse(await district.locator("body").innerText());
  assert.equal(out.orders.filter(({ carrier }) => carrier === "volunteer:JL-V01").length, open - 1);
  await district.context().close();
});

test("a grid worker takes a call down", async () => {
  const page = await desk("grid", phone);
  await go(page, "/supply/households?what=all");
  await page.locator('tbody a[href^="/supply/households/"]').first().click();
  await page.locator('a[href$="/order"]').click();
  await assertAccessible(page);
  await screenshot(page, "orders-call-phone");
  const form = page.locator("form", { has: page.locator('input[name="shop"]') }).last();
  await form.locator('input[name="count-V1"]').fill("1");
  await form.locator('input[name="note"]').fill("王女士来电");
  await form.locator("button[type=submit]").click();
  await page.waitForURL(/\/supply\/households\/\d+\/[^/]+$/);
  assert.ok((await page.locator('a[href^="/supply/orders/N"]').count()) > 0);
  await page.context().close();
});

test("a household orders and cancels on its phone", async () => {
  const code = /resident\s+(\S+)/.exec(server.output.join("\n"))?.[1];
  assert.ok(code, "the demo prints a household's code");
  const page = await openPage(await phone(browser, { locale: "en-GB" }), `${server.origin}/household`);
  await page.locator('input[name="code"]').fill(code);
  await page.locator('main form button[type="submit"]').click();
  await page.waitForURL("**/my");
  await page.goto(`${server.origin}/my/orders`);
  await assertAccessible(page);
  await screenshot(page, "orders-my-phone");
  const form = page.locator('form[action="/my/orders"]', { has: page.locator('input[name="count-V1"]') }).last();
  if ((await form.count()) > 0) {
    await form.locator('input[name="count-V1"]').fill("2");
    await form.locator("button[type=submit]").click();
    await page.locator('form[action$="/cancel"]').first().waitFor();
    await assertAccessible(page);
    await screenshot(page, "orders-my-placed-phone");
    const before = await page.locator('form[action$="/cancel"]').count();
    await page.locator('form[action$="/cancel"] button').first().click();
    await page.waitForURL("**/my/orders");
    assert.equal(await page.locator('form[action$="/cancel"]').count(), before - 1);
  }
  await page.context().close();
});

test("from what a household lacks to what is done about it, in three presses", async () => {
  const post = await desk("commander", wall, { locale: "en" });
  await go(post, "/board");
  const alarm = post.locator('.figure a[href^="/supply/unmet"]').first();
  const counted = Number(/[\d,]+/.exec(await alarm.innerText())?.[0].replace(",", "") ?? "0");
  assert.ok(counted > 0, "somebody in the demo lacks something");
  await screenshot(post, "orders-board-en");
  await alarm.click();
  await post.waitForURL(/\/supply\/unmet\?over=1/);
  await assertAccessible(post);
  await screenshot(post, "orders-unmet-en");
  const rows = await post.locator("table").first().locator("tbody tr").count();
  assert.equal(rows, Math.min(counted, 50), "a figure is the length of its list");
  await post.context().close();
  const page = await desk("district", phone);
  await go(page, "/supply/unmet");
  await assertAccessible(page);
  await screenshot(page, "orders-unmet-phone");
  await page.locator('table a[href^="/supply/households/"]').first().click();
  await assertAccessible(page);
  await screenshot(page, "orders-unmet-household-phone");
  await page.context().close();
});

test("packs for all who are owed one in one act, and each who gets none is named", async () => {
  const page = await desk("district");
  await go(page, "/supply/packs");
  await assertAccessible(page);
  await screenshot(page, "orders-packs");
  const owed = await page.locator('input[name="household"]').count();
  assert.ok(owed > 0, "somebody is owed a pack");
  await page.locator("#packs button[type=submit]").click();
  await page.locator(".notice--good").waitFor();
  await assertAccessible(page);
  await screenshot(page, "orders-packs-ordered");
  await go(page, "/supply/packs");
  assert.ok((await page.locator('input[name="household"]').count()) < owed, "who has a pack coming is owed none");
  await go(page, "/supply/packs?all=1");
  await page.locator('tbody a[href^="/supply/orders/N"]').first().waitFor();
  await page.context().close();
});

test("a plan at once, and a volunteer who is registered, withdrawn and named", async () => {
  const page = await desk("district");
  await go(page, "/supply/deliveries/plan");
  await page.locator('form[action*="/plan/start"] button[type=submit]').click();
  // The demo's vehicles have passes: what lies packed goes into their batches at once.
  await page.locator("main tbody tr", { hasText: "JL-B0" }).first().waitFor();
  await assertAccessible(page);
  await screenshot(page, "orders-plan-made");
  await page.locator('form:has(input[name="as-of"]) button[type=submit]').click();
  await page.waitForURL(/\/supply\/deliveries(\?|$)/);
  // On the map each batch is a way that leads to its page; there its stops have the numbers of the panels above it.
  const ways = page.locator("figure.routes a");
  await ways.first().waitFor();
  await assertAccessible(page);
  await screenshot(page, "orders-batches-map");
  const batch = page.locator("main tbody tr", { hasText: "JL-B0" }).locator("a").first();
  const where = await batch.getAttribute("href");
  await page.locator(`figure.routes a[href="${where}"] circle`).first().click();
  await page.waitForURL((url) => url.pathname === where);
  await assertAccessible(page);
  await screenshot(page, "orders-batch-map");
  const numbers = await page.locator("figure.routes .route__n").allTextContents();
  assert.ok(numbers.length > 0, "its stops are drawn");
  for (const n of numbers) {
    assert.equal(await page.getByRole("heading", { name: new RegExp(`^${n}\\. `) }).count(), 1, `stop ${n}`);
  }
  await go(page, "/supply/volunteers");
  await assertAccessible(page);
  const known = await page.locator('tbody a[href^="/supply/volunteers/P"]').count();
  assert.ok(known > 0, "the demo has a volunteer");
  const form = page.locator("form", { has: page.locator('input[name="vouched"]') });
  const gate = (await page.locator("tbody tr td").nth(1).innerText()).trim();
  await form.locator('input[name="volunteer"]').fill("volunteer:NEW-1");
  await form.locator('input[name="name"]').fill("王五");
  await form.locator('input[name="phone"]').fill("13800000000");
  await form.locator('input[name="home"]').fill(gate);
  await form.locator('input[name="places"]').fill(gate);
  await form.locator('input[name="vouched"]').fill("李主任");
  await form.locator("button[type=submit]").click();
  await page.getByRole("link", { name: "volunteer:NEW-1" }).click();
  await page.waitForURL(/\/supply\/volunteers\/P/);
  await assertAccessible(page);
  const text = await page.locator("main").innerText();
  assert.ok(text.includes("王*") && !text.includes("王五") && !text.includes("13800000000"), "masked");
  await screenshot(page, "orders-volunteer");
  await page.locator('form[action$="/withdraw"] input[name="note"]').fill("生病");
  await page.locator('form[action$="/withdraw"] button[type=submit]').click();
  await page.locator(".tag--bad").first().waitFor();
  await page.context().close();
  const grid = await desk("grid", phone, { locale: "en" });
  await go(grid, "/supply/volunteers");
  await assertAccessible(grid);
  await screenshot(grid, "orders-volunteers-phone-en");
  await grid.context().close();
});

test("the desk's lists", async () => {
  const page = await desk("district");
  for (const where of ["/supply", "/supply/orders", "/supply/orders?stage=came_back", "/supply/groups", "/supply/deliveries", "/supply/deliveries/plan", "/supply/passes"]) {
    await go(page, where);
    await assertAccessible(page);
    await screenshot(page, `orders-${where.split("/").pop()?.replace(/\W/g, "-")}`);
  }
  await go(page, "/supply/groups");
  await page.locator('tbody a[href^="/supply/groups/"]').first().click();
  await assertAccessible(page);
  await screenshot(page, "orders-group");
  await page.context().close();
  const grid = await desk("grid", phone, { locale: "en" });
  await go(grid, "/supply/groups/new?shop=shop:JL-S01");
  await assertAccessible(grid);
  await screenshot(grid, "orders-group-new-en");
  await grid.goto(`${server.origin}/supply/gate?vehicle=vehicle:X&code=123456`);
  await assertAccessible(grid);
  assert.ok((await grid.locator(".notice--bad").count()) > 0, "no such pass");
  await grid.context().close();
});
