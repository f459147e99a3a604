// Tracing in a browser: from a case to its contacts, to their quarantine and their release, on a wall and on
// a phone, in both languages.

import assert from "node:assert/strict";
import { test } from "node:test";
import { browser, desk, go, openCity, server } from "./desk-page.mjs";
import { AREA, enrol, queue, session, show } from "./field-phone.mjs";
import { assertAccessible, phone, screenshot } from "./harness.mjs";

openCity("tracing");

/** Opens a folded form and gives it. */
async function unfold(page, name) {
  const form = page.locator(`form[action$="/${name}"]`).first();
  if (!(await form.isVisible())) await page.locator(`details:has(form[action$="/${name}"]) > summary`).first().click();
  return form;
}

/** Sends a form of a page by its last part. */
async function send(page, name, fill = async (_form) => {}) {
  const form = await unfold(page, name);
  await fill(form);
  await form.locator('button[type="submit"]').click();
  await page.waitForLoadState("load");
}

/** A case by hand; gives the address of its investigation. */
async function openCase(page, name, place = "") {
  await go(page, "/cases/open");
  await page.locator("#field-name").fill(name);
  await page.locator("#field-id_type").selectOption("none");
  await page.locator("#field-birth").fill("1980-01-31");
  await page.locator("#field-sex").selectOption("female");
  await page.locator("#field-class").selectOption("confirmed");
  await page.locator("#field-severity").selectOption("mild");
  await page.locator("#field-found_in").selectOption("community");
  if (place !== "") await page.locator("#field-place").fill(place);
  await page.locator('form[action^="/cases/open"] button[type="submit"]').click();
  await page.waitForURL(/\/cases\/C/);
  const number = (await page.locator("h1").innerText()).match(/\d{6}-[0-9a-z]+/)?.[0] ?? "";
  assert.notEqual(number, "", "the case says its number");
  await go(page, "/tracing/investigations");
  const link = page.locator("tbody tr", { hasText: number }).locator('a[href^="/tracing/investigations/"]').first();
  return new URL(await link.getAttribute("href") ?? "", server.origin).pathname;
}

/** A local time some hours ago, as the form takes it. */
async function hoursAgo(page, hours) {
  const shown = await page.evaluate(() => document.querySelector("[data-as-of], time")?.textContent ?? "");
  const now = shown.match(/\d{4}-\d{2}-\d{2} \d{2}:\d{2}/)?.[0];
  const base = now ? new Date(`${now.replace(" ", "T")}:00Z`) : new Date(Date.now() + 8 * 3_600_000);
  return new Date(base.getTime() - hours * 3_600_000).toISOString().slice(0, 16);
}

let investigation = "";

test("an interview at the door, on a phone, with a draft that waits", async () => {
  const wide = await desk("district");
  investigation = await openCase(wide, "王小明");
  await wide.goto(`${server.origin}${investigation}`);
  await assertAccessible(wide);
  await screenshot(wide, "tracing-investigation");
  const from = await hoursAgo(wide, 40);
  const until = await hoursAgo(wide, 38);
  await wide.context().close();

  const page = await desk("grid", phone);
  await page.goto(`${server.origin}${investigation}`);
  await send(page, "on-site");
  await page.goto(`${server.origin}${investigation}/interview`);
  await page.locator("#field-occupation").fill("市场装卸工");
  await page.locator("#field-from1").fill(from);
  await page.locator("#field-until1").fill(until);
  await page.locator("#field-name1").fill("东北亚粮油市场");
  await page.locator("#field-setting1").selectOption("market");
  await assertAccessible(page);
  await screenshot(page, "tracing-interview-phone");
  // The phone goes to sleep; what was typed is there again.
  await page.goto(`${server.origin}${investigation}`);
  await page.goto(`${server.origin}${investigation}/interview`);
  assert.equal(await page.locator("#field-occupation").inputValue(), "市场装卸工");
  assert.equal(await page.locator("#field-name1").inputValue(), "东北亚粮油市场");
  assert.ok(await page.locator("[data-draft-note]").isVisible());
  await page.locator("#field-complete").check();
  await page.locator('form[action$="/interview"] button[type="submit"]').click();
  await page.waitForURL(/sent=interview/);
  assert.match(await page.locator("main").innerText(), /东北亚粮油市场/);
  // It was sent: nothing is left on the phone.
  await page.goto(`${server.origin}${investigation}/interview`);
  assert.equal(await page.locator("#field-name1").inputValue(), "");
  assert.ok(await page.locator("[data-draft-note]").isHidden());
  await page.context().close();
});

test("a contact is named, found, brought to a site, looked at, and is on the lists of the day", async () => {
  const page = await desk("district");
  await page.goto(`${server.origin}${investigation}/name`);
  const last = await hoursAgo(page, 30);
  await page.locator("#field-name1").fill("李雷");
  await page.locator("#field-phone1").fill("13800138000");
  await page.locator("#field-place1").fill(`${AREA}001001`);
  await page.locator("#field-last1").fill(last);
  await page.locator("#field-setting1").selectOption("work");
  await assertAccessible(page);
  await screenshot(page, "tracing-name");
  await page.locator('form[action$="/name"] button[type="submit"]').click();
  await page.waitForURL(new RegExp(`${investigation.split("/").at(-1)?.replace(".", "\\.")}$`));
  await page.locator('#contacts a[href^="/tracing/contacts/"]').first().click();
  await page.waitForURL(/\/tracing\/contacts\/K/);
  const contact = new URL(page.url()).pathname;
  // Who it is shows masked only.
  const shown = await page.locator("main").innerText();
  assert.match(shown, /李\*/);
  assert.doesNotMatch(shown, /李雷|13800138000/);
  await assertAccessible(page);
  await screenshot(page, "tracing-contact");
  await send(page, "locate");
  await send(page, "notify");
  // At home it needs a reason; at a site it does not.
  await send(page, "arrive");
  assert.match(await page.locator("main").innerText(), /home-needs-reason|集中隔离/);
  await send(page, "arrive", async (form) => {
    await form.locator('[name="site"]').fill(`quarantine:${AREA}-Q1`);
    await form.locator('[name="room"]').fill("0301");
  });
  assert.match(await page.locator("main").innerText(), /0301/);
  await send(page, "check", async (form) => form.locator('[name="temperature"]').fill("36.6"));
  await go(page, "/tracing/day?task=test&ahead=14");
  await page.locator(`a[href="${contact}"]`).waitFor();
  await assertAccessible(page);
  await screenshot(page, "tracing-day");
  await go(page, "/tracing");
  await assertAccessible(page);
  await screenshot(page, "tracing-board");
  await go(page, "/tracing/chains");
  await assertAccessible(page);
  await screenshot(page, "tracing-chains");
  await page.context().close();
});

test("every page reads in English and on a phone", async () => {
  const page = await desk("district", phone, { locale: "en-GB" });
  for (const [name, where] of [
    ["board", "/tracing"],
    ["investigations", "/tracing/investigations"],
    ["contacts", "/tracing/contacts?stage=quarantined"],
    ["day", "/tracing/day?task=release&ahead=30"],
    ["requests", "/tracing/requests"],
    ["chains", "/tracing/chains"],
  ]) {
    await go(page, where);
    await assertAccessible(page);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    assert.ok(wide <= 0, `${name} is ${wide} px wider than the phone`);
    await screenshot(page, `tracing-${name}-phone-en`);
  }
  await page.context().close();
});

/** Whether this phone keeps a draft of an interview. */
const draftsOf = (page) => page.evaluate(() => new Promise((done, failed) => {
  const opening = indexedDB.open("songhua-field");
  opening.onerror = () => failed(opening.error);
  opening.onsuccess = () => {
    const all = opening.result.transaction("kept").objectStore("kept").get("interviews");
    all.onsuccess = () => {
      opening.result.close();
      done(all.result ?? {});
    };
  };
}));

test("an interview is filled in without a network, survives the phone, and says what was refused", async () => {
  const worker = await session(server.origin, "grid");
  const compound = (await worker.bundle()).compounds[0].code;
  const wide = await desk("district");
  const [from, until] = [await hoursAgo(wide, 40), await hoursAgo(wide, 38)];
  const asked = await openCase(wide, "赵小兰", compound);
  await wide.context().close();
  const id = asked.split("/").at(-1) ?? "";
  const grid = await enrol(browser, server.origin, "grid", "zh", `grid:${compound.slice(0, 12)}`);
  await grid.context.setOffline(true);
  await show(grid.page, "interview");
  await assertAccessible(grid.page);
  const open = async () => {
    const bundle = await worker.bundle();
    const number = bundle.investigations.find((each) => each.id === id)?.number ?? "";
    await grid.page.locator("li.card", { hasText: number }).getByRole("button").click();
    await grid.page.locator('input[name="occupation"]').waitFor();
  };
  await open();
  await grid.page.locator('input[name="occupation"]').fill("仓库保管员");
  await grid.page.locator('input[name="from1"]').fill(until);
  await grid.page.locator('input[name="until1"]').fill(from);
  await grid.page.locator('input[name="name1"]').fill("松江仓储");
  await assertAccessible(grid.page);
  await screenshot(grid.page, "tracing-interview-field");
  // What cannot be is said at once, and nothing is made of it.
  await grid.page.getByRole("button", { name: "保存并上报" }).click();
  await grid.page.locator('fieldset [role="alert"]', { hasText: "结束早于开始" }).waitFor();
  assert.equal((await queue(grid.page)).filter(({ command }) => "tracing" in command).length, 0);
  // The phone is switched off in the middle of it.
  while (Object.keys(await draftsOf(grid.page)).length === 0) await grid.page.waitForTimeout(50);
  await grid.page.reload();
  if (await grid.page.locator('input[name="number"]').isVisible()) throw new Error("locked within ten minutes");
  await show(grid.page, "home");
  await show(grid.page, "interview");
  await open();
  assert.equal(await grid.page.locator('input[name="occupation"]').inputValue(), "仓库保管员");
  assert.equal(await grid.page.locator('input[name="name1"]').inputValue(), "松江仓储");
  // Complete, and no word of where the person was: this phone does not know the rule, the server does.
  for (const field of ["from1", "until1", "name1"]) await grid.page.locator(`input[name="${field}"]`).fill("");
  await grid.page.locator('input[type="checkbox"]').check();
  await grid.page.getByRole("button", { name: "保存并上报" }).click();
  await grid.page.getByText("已保存，有网络时上报").waitFor();
  assert.deepEqual(Object.keys(await draftsOf(grid.page)), []);
  const told = async () => (await queue(grid.page)).filter(({ command }) => "tracing" in command);
  assert.deepEqual((await told()).map(({ state }) => state), ["waiting"]);
  await grid.context.setOffline(false);
  const refused = grid.page.locator("section.entry.refused");
  await refused.waitFor({ timeout: 30_000 });
  await assertAccessible(grid.page);
  await screenshot(grid.page, "tracing-interview-refused");
  await refused.getByRole("button", { name: "取回修改" }).click();
  assert.equal(await grid.page.locator('input[name="occupation"]').inputValue(), "仓库保管员");
  await grid.page.locator('input[name="from1"]').fill(from);
  await grid.page.locator('input[name="until1"]').fill(until);
  await grid.page.locator('input[name="name1"]').fill("松江仓储");
  await grid.page.getByRole("button", { name: "保存并上报" }).click();
  // The header says that all is synced also before this one is in the queue.
  const taken = Date.now() + 30_000;
  while ((await told()).at(-1)?.state !== "accepted" && Date.now() < taken) await grid.page.waitForTimeout(50);
  const last = (await told()).at(-1);
  assert.equal(last.state, "accepted");
  assert.deepEqual(Object.keys(last.command.tracing.interview).sort(), ["complete", "investigation"], "the answers are off the phone");
  await grid.context.close();
  const page = await desk("district");
  await page.goto(`${server.origin}${asked}`);
  const shown = await page.locator("main").innerText();
  assert.match(shown, /仓库保管员/);
  assert.match(shown, /松江仓储/);
  await page.context().close();
});
