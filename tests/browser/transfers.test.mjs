// Transfers in a browser: a trip from end to end as the dispatcher, the crew and the receiving site, on a wall and on
// a phone, in both languages.

import assert from "node:assert/strict";
import { test } from "node:test";
import { desk, go, openCity, server } from "./desk-page.mjs";
import { AREA, PASSWORD, commandId } from "./field-phone.mjs";
import { assertAccessible, phone, screenshot } from "./harness.mjs";

const SHELTER = "ward:JL-F1";

openCity("transfers");

const text = async (page) => (await page.locator("main").innerText()).replaceAll(/\s+/g, " ");

async function fits(page, where) {
  const width = await page.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(width <= 390, `${where} is ${width} px wide`);
}

/** A moderate case, by hand. */
async function openCase(page, name) {
  await go(page, "/cases/open");
  await page.locator("#field-name").fill(name);
  await page.locator("#field-id_type").selectOption("none");
  await page.locator("#field-birth").fill("1980-01-31");
  await page.locator("#field-sex").selectOption("female");
  await page.locator("#field-class").selectOption("confirmed");
  await page.locator("#field-severity").selectOption("moderate");
  await page.locator("#field-found_in").selectOption("community");
  await page.locator('form[action^="/cases/open"] button[type="submit"]').click();
  await page.waitForURL(/\/cases\/C/);
}

async function post(where, body, token = "") {
  const headers = { "Content-Type": "application/json", ...(token === "" ? {} : { Authorization: `Bearer ${token}` }) };
  const reply = await fetch(server.origin + where, { method: "POST", headers, body: JSON.stringify(body) });
  const answer = await reply.json();
  assert.ok(reply.ok, JSON.stringify(answer));
  return answer;
}

/** Holds beds of the shelter for everybody who is moderate, as a program of the desk would. */
async function holdBeds(page) {
  await go(page, "/care/queue?stage=waiting&rank=6");
  const episodes = await page.locator("tbody a[href^='/care/episodes/E']").evaluateAll((links) =>
    links.map((link) => link.getAttribute("href").split("/").pop()));
  const { token } = await post("/api/v1/sessions", { login: "district", password: PASSWORD, device: "desk" });
  const now = Date.now() * 1000;
  const assign = (episode) => ({ care: { assign: { episode, facility: SHELTER, ward: "H1", reason: "定点医院已满" } } });
  const commands = episodes.map((episode) => ({ id: commandId(), area: AREA, event_time: now, command: assign(episode) }));
  const { outcomes } = await post("/api/v1/commands", { device: "desk", device_time: now, commands }, token);
  for (const outcome of outcomes) assert.equal(outcome.status, "accepted", JSON.stringify(outcome));
}

test("a trip from the plan to the bed, signed by both sides", async () => {
  const dispatcher = await desk("district");
  for (const name of ["王小明", "李雷", "韩梅梅"]) await openCase(dispatcher, name);
  await holdBeds(dispatcher);
  // A held bed wants a ride, from the same entry on.
  await go(dispatcher, "/transfers");
  await assertAccessible(dispatcher);
  await screenshot(dispatcher, "transfers-board");
  assert.match(await text(dispatcher), /等车 3/);
  await go(dispatcher, "/transfers/rides?stage=wanted");
  assert.equal(await dispatcher.locator("tbody tr").count(), 3);
  await assertAccessible(dispatcher);

  // Ambulances that are not this crew's go out of service: the plan takes what is free.
  await go(dispatcher, "/transfers/vehicles?state=free");
  await assertAccessible(dispatcher);
  await screenshot(dispatcher, "transfers-vehicles");
  const others = await dispatcher.locator('tbody a[href^="/transfers/vehicles/vehicle:"]').evaluateAll((links) =>
    links.map((link) => link.getAttribute("href") ?? "").filter((href) => !href.endsWith("JL-A01")));
  for (const href of others) {
    await dispatcher.goto(`${server.origin}${href}`);
    await dispatcher.locator("details:has(form[action$='/out']) > summary").click();
    await dispatcher.locator("form[action$='/out'] input[type='text']").fill("检修");
    await dispatcher.locator("form[action$='/out'] button[type='submit']").click();
    await dispatcher.locator("main", { hasText: "停用" }).first().waitFor();
  }
  await go(dispatcher, "/transfers/plan");
  await assertAccessible(dispatcher);
  await dispatcher.locator('form[action^="/transfers/plan/start"] button[type="submit"]').click();
  await dispatcher.locator('form[action^="/transfers/plan?"] button[name="all"]').waitFor({ timeout: 30_000 });
  await assertAccessible(dispatcher);
  await screenshot(dispatcher, "transfers-plan");
  assert.match(await text(dispatcher), /等车3人，本方案接3人，用1辆车/);
  assert.match(await text(dispatcher), /公里/);
  await dispatcher.locator('form[action^="/transfers/plan?"] button[name="all"]').click();
  await dispatcher.locator(".notice--good").waitFor();

  // The crew's phone: set out, two get on, nobody opens for the third.
  const crew = await desk("crew", phone);
  await crew.goto(`${server.origin}/transfers/own`);
  await crew.locator("main", { hasText: "待接3人" }).waitFor();
  await assertAccessible(crew);
  await fits(crew, "/transfers/own");
  await screenshot(crew, "transfers-crew-phone");
  await crew.locator('form[action$="/start"] button').click();
  await crew.locator("main", { hasText: "在途" }).waitFor();
  // Whose name is looked at is on record; the crew sees those on its own trip only.
  await crew.locator('main a[href^="/transfers/rides/W"]').first().click();
  await crew.locator('form[action$="/reveal"] button').click();
  await crew.locator("main", { hasText: /王小明|李雷|韩梅梅/ }).waitFor();
  await assertAccessible(crew);
  await screenshot(crew, "transfers-ride-phone");
  await crew.goto(`${server.origin}/transfers/own`);
  await crew.locator("details:has(form[action$='/take-off']) > summary").click();
  await crew.locator("form[action$='/take-off'] input[type='text']").fill("敲门无人应答");
  await crew.locator("form[action$='/take-off'] button[type='submit']").click();
  await crew.goto(`${server.origin}/transfers/own`);
  await crew.locator("main", { hasText: "待接2人" }).waitFor();
  await crew.locator("form[action$='/pick-up'] input[name='witness']").fill("网格员张三");
  await crew.locator("form[action$='/pick-up'] button[type='submit']").click();
  await crew.locator("main", { hasText: "车上2人" }).waitFor();

  // A wrong code is no signature.
  await crew.locator("form[action$='/hand-over'] input[name='code']").fill("000000");
  await crew.locator("form[action$='/hand-over'] button[type='submit']").click();
  await crew.locator(".notice--bad", { hasText: "核验码不正确" }).waitFor();

  // The receiving site sees who comes, and tells its code: both sides have signed.
  const ward = await desk("ward");
  await ward.goto(`${server.origin}/transfers/site`);
  await ward.waitForURL(/facilities\/ward:JL-F1/);
  await ward.locator("form[action$='/receive']").waitFor();
  await assertAccessible(ward);
  await screenshot(ward, "transfers-site");
  const code = (await ward.locator("code.big").first().innerText()).trim();
  assert.match(code, /^\d{6}$/);
  await crew.goto(`${server.origin}/transfers/own`);
  // One of the two by the code; the ward signs for the other by itself.
  await crew.locator("form[action$='/hand-over'] input[name='ride']").first().uncheck();
  await crew.locator("form[action$='/hand-over'] input[name='code']").fill(code);
  await crew.locator("form[action$='/hand-over'] button[type='submit']").click();
  await crew.locator("main", { hasText: "车上1人" }).waitFor();
  await crew.locator("form[action$='/hand-over'] button[type='submit']").click();
  await crew.locator("main", { hasText: "等待接收方签字" }).waitFor();
  await ward.goto(`${server.origin}/transfers/facilities/${SHELTER}`);
  await ward.locator("form[action$='/receive'] button[type='submit']").click();
  await ward.locator("main", { hasText: "没有人将到本机构" }).or(ward.locator("tbody tr")).first().waitFor();
  assert.equal(await ward.locator("form[action$='/receive']").count(), 0);

  // They lie in beds: the arrival was the admission. The vehicle is not usable before it is disinfected.
  await go(dispatcher, "/care/queue?stage=moving");
  assert.equal(await dispatcher.locator("tbody tr a[href^='/care/episodes/']").count(), 0);
  await go(dispatcher, "/transfers/rides?stage=arrived");
  assert.equal(await dispatcher.locator("tbody tr a[href^='/transfers/rides/']").count(), 2);
  await go(dispatcher, "/transfers/rides?stage=wanted");
  assert.match(await text(dispatcher), /敲门无人应答/);
  await crew.goto(`${server.origin}/transfers/own`);
  await crew.locator("main", { hasText: "待消毒" }).first().waitFor();
  await assertAccessible(crew);
  await screenshot(crew, "transfers-disinfect-phone");
  await crew.locator('form[action$="/clean"] button').click();
  await crew.locator("main", { hasText: "没有车次" }).waitFor();
  await go(dispatcher, "/transfers/numbers");
  await assertAccessible(dispatcher);
  await screenshot(dispatcher, "transfers-numbers");
  for (const page of [dispatcher, crew, ward]) {
    assert.deepEqual(page.errors, []);
    await page.context().close();
  }
});

test("on a phone, in English", async () => {
  const page = await desk("district", phone, { locale: "en-GB" });
  for (const [where, name] of [["/transfers", "transfers-board-phone"], ["/transfers/rides", "transfers-rides-phone"], ["/transfers/plan", "transfers-plan-phone"], ["/transfers/vehicles", "transfers-vehicles-phone"], ["/transfers/vehicles/new", "transfers-vehicle-new-phone"], ["/transfers/want", "transfers-want-phone"], ["/transfers/numbers", "transfers-numbers-phone"], [`/transfers/facilities/${SHELTER}`, "transfers-site-phone"]]) {
    await go(page, where);
    await page.locator("h1").waitFor();
    await assertAccessible(page);
    await fits(page, where);
    await screenshot(page, name ?? "transfers-phone");
  }
  await go(page, "/transfers/rides?stage=arrived");
  await page.locator("tbody a[href^='/transfers/trips/']").or(page.locator("tbody a[href^='/transfers/rides/']")).first().click();
  await page.locator("h1").waitFor();
  await assertAccessible(page);
  const trip = await page.locator("main a[href^='/transfers/trips/']").first().getAttribute("href");
  await page.goto(`${server.origin}${trip}`);
  await page.locator("h1").waitFor();
  await assertAccessible(page);
  await fits(page, "a trip");
  await screenshot(page, "transfers-trip-phone");
  await page.context().close();
});
