// A drill in the browser: it lives by itself, can be stopped and stepped, lets things happen, is
// scored with a list behind every count, and leaves work to people who take it over.
//
// The tests are one story, in order: they share one drill.

import assert from "node:assert/strict";
import * as fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { allSynced, cameraOff, checked, enrol, longCode, show, type } from "./field-phone.mjs";
import { assertAccessible, openBrowser, openPage, phone, root, screenshot, signIn, startServer, wall } from "./harness.mjs";

const PASSWORD = "songhua-demo";
/** The county of the drill. */
const AREA = 220204;

/** @type {Awaited<ReturnType<typeof startServer>>} */
let server;
/** @type {import("playwright-core").Browser} */
let browser;
/** The commander's page, in English. @type {Awaited<ReturnType<typeof openPage>>} */
let desk;
let data = "";

before(async () => {
  data = await fs.mkdtemp(path.join(os.tmpdir(), "songhua-drill-"));
  const program = process.env.SONGHUA_BIN ?? path.join(root, "target", "debug", "songhua");
  server = await startServer({
    command: [
      program, "drill", "jilin-2022", "--people", "2500", "--area", String(AREA),
      "--speed", "1day/60min", "--data", data, "--listen", "127.0.0.1:0",
    ],
  });
  browser = await openBrowser();
  desk = await signedIn(await wall(browser, { locale: "en" }), "commander");
});

after(async () => {
  await browser?.close();
  await server?.stop();
  await fs.rm(data, { recursive: true, force: true });
});

/**
 * @param {import("playwright-core").BrowserContext} context
 * @param {string} user
 */
async function signedIn(context, user) {
  const page = await openPage(context, `${server.origin}/sign-in`);
  await signIn(page, user, PASSWORD);
  return page;
}

/** A program's session of an account. @param {string} login */
async function program(login) {
  let token = "";
  const call = async (/** @type {string} */ address, /** @type {unknown} */ body = undefined) => {
    const answer = await fetch(server.origin + address, {
      method: body === undefined ? "GET" : "POST",
      headers: { "Content-Type": "application/json", "Accept-Language": "en", ...(token && { Authorization: `Bearer ${token}` }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    assert.ok(answer.ok, `${address}: ${answer.status} ${await answer.clone().text()}`);
    return answer;
  };
  const opened = await (await call("/api/v1/sessions", { login, password: PASSWORD, device: "test" })).json();
  token = opened.token;
  let made = 0;
  return {
    holder: String(opened.me.grants[0].holder ?? ""),
    get: async (/** @type {string} */ address) => (await call(address)).json(),
    /** A list of the desk as rows by column. */
    rows: async (/** @type {string} */ address) => {
      const text = (await (await call(`${address}${address.includes("?") ? "&" : "?"}format=csv`)).text()).replace(/^\ufeff/, "");
      const [head = "", ...lines] = text.trim().split("\r\n");
      const columns = head.split(",");
      return lines.map((line) => Object.fromEntries(line.split(",").map((cell, at) => [columns[at] ?? "", cell])));
    },
    /** Sends commands of the testing desk at simulated times; all must be accepted. */
    send: async (/** @type {number} */ now, /** @type {object[]} */ ...commands) => {
      const batch = commands.map((testing) => {
        made += 1;
        const id = `01960000-0000-7000-8000-${(Date.now() * 100 + made).toString(16).padStart(12, "0").slice(-12)}`;
        return { id, area: AREA, event_time: now, command: { testing } };
      });
      const answer = await call("/api/v1/commands", { device: "test", device_time: now, commands: batch });
      for (const outcome of (await answer.json()).outcomes) {
        assert.equal(outcome.status, "accepted", JSON.stringify(outcome));
      }
    },
  };
}

/** Asks again and again until there is an answer. @template T @param {string} what @param {() => Promise<T>} ask */
async function until(what, ask, seconds = 120) {
  for (const end = Date.now() + seconds * 1000; Date.now() < end;) {
    const answer = await ask();
    if (answer) return answer;
    await new Promise((next) => setTimeout(next, 100));
  }
  throw new Error(`${what}: not within ${seconds} s`);
}

/** The code of a tube by its serial number. @param {string} kind @param {number} serial */
const unit = (kind, serial) => checked(`${kind}${AREA}${String(serial).padStart(8, "0")}`);

/** Presses a button of the drill's page. @param {string | RegExp} name */
async function press(name) {
  await desk.goto(`${server.origin}/drill`);
  await desk.getByRole("button", { name, ...(typeof name === "string" && { exact: true }) }).first().click();
  await desk.waitForURL(/\/drill$/);
}

/** What the drill's page says of the time. */
async function clock() {
  await desk.goto(`${server.origin}/drill`);
  return (await desk.locator(".notice__body").first().textContent()) ?? "";
}

/** Lets a paused drill go on for a while: until it stands again. @param {"hour" | "day"} span */
async function step(span) {
  const before = minutes(await clock());
  await press(span === "hour" ? "One hour on" : "One day on");
  const wanted = before + (span === "hour" ? 60 : 1440);
  // What is due at the very end has happened when the clock has stood for two looks.
  let last = before;
  await until(`a step of one ${span}`, async () => {
    const now = minutes(await clock());
    const stands = now === last && now > before && now >= wanted - 30;
    last = now;
    return stands;
  }, 300);
}

/** Minutes since the drill's first midnight, from "Day 2, 2022-03-06 08:00 …". @param {string} text */
function minutes(text) {
  const match = /Day (\d+), \d{4}-\d\d-\d\d (\d\d):(\d\d)/.exec(text);
  assert.ok(match, text);
  return Number(match[1]) * 1440 + Number(match[2]) * 60 + Number(match[3]);
}

/** The address of the latest round. */
async function round() {
  const [latest] = (await (await program("sampler")).get(`/api/v1/field/bundle?holder=${SITE.code}`)).rounds;
  assert.ok(latest, "no round is open");
  return `/testing/rounds/${latest.id}`;
}

/** The site that a sampler of the drill's accounts works for. */
const SITE = { code: "", name: "" };

/** Tubes of the round so far: those of the sampler's site, and of all others. */
async function tubes() {
  const commander = await program("commander");
  const rows = await commander.rows(`${await round()}/tubes`);
  const here = rows.filter((row) => row.Site === SITE.name).length;
  return { here, elsewhere: rows.length - here, rows };
}

/** Who does a holder's work, as the drill's page has it. @param {string} holder */
async function doneBy(holder) {
  await desk.goto(`${server.origin}/drill`);
  return (await desk.locator("table tbody tr", { hasText: holder }).first().innerText()).replace(/\s+/g, " ");
}

test("the commander stops the drill, steps it, changes its pace, and lets things happen", async () => {
  const sampler = await program("sampler");
  SITE.code = sampler.holder;
  const sites = await (await program("commander")).rows("/testing/holders?kind=site");
  SITE.name = String(sites.find((row) => row.Code === SITE.code)?.Name);
  await press("Pause");
  await desk.getByText("Paused").first().waitFor();
  const stood = await clock();
  assert.equal(await clock(), stood, "time went on although the drill is paused");
  await press("one day in 30 minutes");
  assert.match(await clock(), /one day in 30 minutes/);
  assert.equal(await desk.locator("button[aria-pressed='true']", { hasText: "one day in 30 minutes" }).count(), 1);
  await press("as fast as it can");
  await step("hour");
  const later = minutes(await clock());
  assert.ok(later > minutes(stood) && later <= minutes(stood) + 61, `an hour: ${stood}, then ${await clock()}`);
  // The command post opens the round of the day at six; sampling begins at seven.
  for (let hours = 0; hours < 7 && (await sampler.get(`/api/v1/field/bundle?holder=${SITE.code}`)).rounds.length === 0; hours += 1) {
    await step("hour");
  }
  await round();
  await assertAccessible(desk);
  assert.deepEqual(desk.errors, []);
});

test("a sampler's work is taken over: the staff leave the site alone, a phone does it, and it is given back", async () => {
  await press(`Take over ${SITE.code}`);
  assert.match(await doneBy(SITE.code), /a person/);
  const before = await tubes();
  assert.deepEqual([before.here, before.elsewhere], [0, 0], "sampling has begun already");
  await step("hour");
  // A person swabs two people whom the list names, with the field app on a phone.
  const { context, page } = await enrol(browser, server.origin, "sampler", "en");
  await cameraOff(page);
  const bundle = await (await program("sampler")).get(`/api/v1/field/bundle?holder=${SITE.code}`);
  const [open] = bundle.rounds;
  const due = bundle.persons.filter((/** @type {any} */ p) => !p.recall && !p.sampled?.includes(open.id) && !p.exempt?.includes(open.id));
  assert.ok(due.length >= 12, `only ${due.length} people of the site are still due`);
  const people = due.slice(-2);
  const tube = unit("T", 71_000_001);
  await show(page, "collect");
  await page.getByText(/^10 in 1$/).click();
  await type(page, tube);
  await page.locator(".tube-head").waitFor();
  for (const person of people) await type(page, longCode("P", person.id));
  await page.locator(".members li").nth(1).waitFor();
  await page.locator(".sticky button").click();
  await page.getByRole("button", { name: "Seal", exact: true }).click();
  await page.locator(".sealed").waitFor();
  await allSynced(page);
  await screenshot(page, "drill-sampler-phone-en");
  const mine = await tubes();
  assert.equal(mine.here, 1, "the phone's tube is the only one of the site");
  // Time goes by. Everybody works but the staff of this site.
  await step("hour");
  const idle = await tubes();
  assert.equal(idle.here, mine.here, "the staff swabbed at a site that a person has taken over");
  assert.ok(idle.elsewhere > before.elsewhere, "nobody worked at the other sites either: this proves nothing");
  // Given back, they go on at once, and take along what the person did.
  await press(`Give back ${SITE.code}`);
  assert.match(await doneBy(SITE.code), /the virtual staff/);
  await step("hour");
  const again = await tubes();
  assert.ok(again.here > idle.here, "the staff did not go on after the site was given back");
  await step("day");
  const result = async () => {
    await desk.goto(`${server.origin}/tubes/${tube}`);
    return await desk.locator("main").innerText();
  };
  // Some plates are late by up to eight hours: that is one of the drill's own faults.
  for (let hours = 0; hours < 8 && /none yet/.test(await result()); hours += 1) await step("hour");
  assert.match(await result(), /Result\s+(Negative|Positive)/i, "the person's tube came to no result");
  assert.deepEqual(page.errors, []);
  await context.close();
});

test("a laboratory's work is taken over: its boxes wait for a person, who opens, loads, and sends in what the machine shows", async () => {
  const laboratory = await program("laboratory");
  const lab = laboratory.holder;
  await press(`Take over ${lab}`);
  const held = async () => (await laboratory.get(`/api/v1/field/held?holder=${lab}`)).held;
  /** A closed box that has come to the laboratory, with what is in it. */
  const arrived = async () => {
    const all = await held();
    const box = all.find((/** @type {any} */ u) => u.unit.startsWith("B") && u.count > 0);
    return box && { box: box.unit, tubes: all.filter((/** @type {any} */ u) => u.within === box.unit).map((/** @type {any} */ u) => u.unit) };
  };
  let came = await arrived();
  for (let hours = 0; hours < 30 && !came; hours += 1) {
    await step("hour");
    came = await arrived();
  }
  assert.ok(came, "no box came to the laboratory");
  await step("hour");
  const { box, tubes: inside } = came;
  assert.ok((await held()).some((/** @type {any} */ u) => u.unit === box && u.count === inside.length), "the staff opened a box of a laboratory that a person has taken over");

  const { server_time: now } = await laboratory.get(`/api/v1/field/held?holder=${lab}`);
  const wells = inside.slice(0, 90).map((/** @type {string} */ tube, /** @type {number} */ at) => ({ well: `${"ABCDEFGH"[at % 8]}${Math.floor(at / 8) + 1}`, tube }));
  await laboratory.send(now, { open_box: { box, lab, found: inside } }, { load_plate: { plate: "HAND-1", lab, wells } });
  const page = await signedIn(await phone(browser), "laboratory");
  const machine = page.locator("table tbody tr", { hasText: "HAND-1" });
  await page.goto(`${server.origin}/drill/machines`);
  assert.equal(await machine.count(), 0, "a machine takes its time");
  for (let hours = 0; hours < 14 && (await machine.count()) === 0; hours += 1) {
    await step("hour");
    await page.reload();
  }
  assert.equal(await machine.count(), wells.length, "the machine shows every well");
  await assertAccessible(page);
  await screenshot(page, "drill-machines-phone-zh");
  // The list goes in as it is, the way a laboratory sends a file.
  const file = await (await page.request.get(`${server.origin}/drill/machines?format=csv`)).body();
  await page.goto(`${server.origin}/testing/feed/upload`);
  await page.locator('input[type="file"]').setInputFiles({ name: "machine.csv", mimeType: "text/csv", buffer: file });
  await page.locator('form:has(input[type="file"]) button[type="submit"]').click();
  const record = page.locator("main form button[type='submit']").first();
  await record.waitFor();
  await record.click();
  await until("the wells are read", async () => {
    await step("hour");
    await page.goto(`${server.origin}/drill/machines`);
    return (await machine.count()) === 0;
  });
  const left = await held();
  assert.ok(wells.every((/** @type {any} */ w) => left.every((/** @type {any} */ u) => u.unit !== w.tube)), "a tube was read and is still with the laboratory");
  assert.deepEqual(page.errors, []);
  await page.context().close();

  // Given back, the staff open what came meanwhile.
  await press(`Give back ${lab}`);
  await step("day");
  assert.ok((await held()).filter((/** @type {any} */ u) => u.unit.startsWith("B")).length < 3, "the staff did not go on");
});

test("whoever only acts has taken the work over, too; the command post leaves rounds to a commander", async () => {
  const courier = await program("courier");
  assert.match(await doneBy(courier.holder), /the virtual staff/);
  const { server_time: now } = await courier.get(`/api/v1/field/held?holder=${courier.holder}`);
  const box = unit("B", 71_000_002);
  await courier.send(now, { hand_over: { unit: box, giver: SITE.code, taker: courier.holder } });
  assert.match(await doneBy(courier.holder), /a person/);
  await press(`Give back ${courier.holder}`);

  await press("Take over desk:command");
  const rounds = async () => (await (await program("commander")).rows("/testing/rounds")).length;
  const before = await rounds();
  await step("day");
  assert.equal(await rounds(), before, "the virtual command post opened a round that was a person's to open");
  await press("Give back desk:command");
  await step("day");
  assert.equal(await rounds(), before + 1, "the command post did not open the next day's round");
});

test("what is let happen shows in the score, and every count opens its list", async () => {
  const infected = async () => {
    await desk.goto(`${server.origin}/drill/score`);
    return Number(await desk.locator(".figures .figure__value").first().innerText());
  };
  const before = await infected();
  for (const name of [/largest laboratory/, /people of one market/, /No courier drives/, /a dormitory on no list/, /A storm/]) {
    await press(name);
    await until(`${name} is on the list`, async () => {
      await desk.reload();
      return (await desk.locator("table tbody tr", { hasText: name }).count()) === 1;
    });
  }
  await screenshot(desk, "drill-wall-en");
  await step("hour");
  const after = await infected();
  assert.ok(after > before, `twenty people were infected at a market: ${before}, then ${after}`);
  // Nothing is swabbed in a storm.
  const stormy = await tubes();
  await step("hour");
  const still = await tubes();
  assert.equal(still.here + still.elsewhere, stormy.here + stormy.elsewhere, "somebody was swabbed in a storm");
  await step("day");
  await desk.goto(`${server.origin}/drill/score`);
  assert.ok((await desk.locator("figure.chart").count()) >= 6, "lengths of time are shown as they are spread");
  await assertAccessible(desk);
  await screenshot(desk, "drill-score-wall-en");

  const page = await signedIn(await phone(browser), "auditor");
  await page.goto(`${server.origin}/drill/score`);
  await assertAccessible(page);
  await screenshot(page, "drill-score-phone-zh");
  const hrefs = await page.locator("main a[href]").evaluateAll((all) => [...new Set(all.map((a) => a.getAttribute("href")))]);
  const lists = hrefs.filter((href) => href?.startsWith("/drill/score/"));
  assert.ok(lists.length > 15, `figures with lists: ${lists.length}`);
  for (const href of hrefs.filter((href) => href?.startsWith("/") && !href.startsWith("/drill/report/"))) {
    const answer = await page.goto(server.origin + href);
    assert.equal(answer?.status(), 200, `${href}`);
    if (lists.includes(href)) assert.equal(await page.locator("main table").count(), 1, `${href} has no list`);
  }
  for (const [form, start] of [["html", "<!doctype html>"], ["csv", "section,measure"], ["json", "{"]]) {
    const answer = await page.request.get(`${server.origin}/drill/report/${form}`);
    assert.ok((await answer.text()).startsWith(start ?? ""), `the report as ${form}`);
  }
  assert.deepEqual(page.errors, []);
  await page.goto(`${server.origin}/drill`);
  await screenshot(page, "drill-phone-zh");
});
