// The command post in a browser: the board answers and each figure opens its rows, a situation report
// is held against the list, published, read as a file and corrected, a decision keeps what it rested
// on, the map's time plays, and the meeting prints on two sheets.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { AREA, PASSWORD, commandId, demoServer, signInDesk } from "./field-phone.mjs";
import { assertAccessible, assertKeyboard, openBrowser, openPage, phone, screenshot, wall } from "./harness.mjs";

/** @type {Awaited<ReturnType<typeof demoServer>>} */
let server;
/** @type {import("playwright-core").Browser} */
let browser;
let origin = "";

/** Infections of today that the demo itself has, before the tests add theirs. */
let ofDemo = 0;

const PLACES = ["quarantine", "locked", "controlled", "community"];
const CLASSES = ["confirmed", "asymptomatic", "asymptomatic"];

/** Midnight of a day before today in Beijing, in microseconds UTC. */
function midnight(before) {
  const today = Math.floor((Date.now() + 8 * 3_600_000) / 86_400_000) * 86_400_000 - 8 * 3_600_000;
  return (today - before * 86_400_000) * 1000;
}

/** The day so many days before today, in Beijing. */
function day(before) {
  return new Date(Date.now() + 8 * 3_600_000 - before * 86_400_000).toISOString().slice(0, 10);
}

/** A program of the district desk. */
async function program() {
  const call = async (path, body, token = "") => {
    const headers = { "Content-Type": "application/json", ...(token === "" ? {} : { Authorization: `Bearer ${token}` }) };
    const response = await fetch(origin + path, { method: "POST", headers, body: JSON.stringify(body) });
    const answer = await response.json();
    assert.ok(response.ok, `${path}: ${response.status} ${JSON.stringify(answer)}`);
    return answer;
  };
  const { token } = await call("/api/v1/sessions", { login: "district", password: PASSWORD, device: "test" });
  return (path, body) => call(path, body, token);
}

/** Opens cases that became known at a time. */
async function openCases(call, count, at, first) {
  const commands = Array.from({ length: count }, (_, n) => ({
    id: commandId(),
    area: AREA,
    event_time: at,
    command: {
      cases: {
        open: {
          who: {
            unregistered: {
              person: commandId(),
              details: { name: `某${String.fromCodePoint(0x4e00 + first + n)}${String.fromCodePoint(0x5e00 + first + n)}`, id_type: "none" },
              birth: `19${String(40 + ((first + n) % 50))}-03-01`,
            },
          },
          class: CLASSES[n % 3],
          fields: { found_in: PLACES[n % 4] },
        },
      },
    },
  }));
  const answer = await call("/api/v1/commands", { device: "test", device_time: Date.now() * 1000, commands });
  for (const outcome of answer.outcomes) assert.equal(outcome.status, "accepted", JSON.stringify(outcome));
}

/** The newest infections that the tests open: of this minute, and of today also just after midnight. */
function justNow() {
  return Math.max(Date.now() * 1000 - 60_000_000, midnight(0));
}

/** Until then nothing is begun that must end on the same day in Beijing. */
const ROOM_BEFORE_MIDNIGHT = 4 * 60_000;

/** Whoever begins shortly before midnight begins after it: "today" is one day for all of these tests. */
async function oneDay() {
  const left = midnight(-1) / 1000 - Date.now();
  if (left < ROOM_BEFORE_MIDNIGHT) await new Promise((resolve) => setTimeout(resolve, left + 1000));
}

before(async () => {
  await oneDay();
  server = await demoServer(["--page-rate", "1000"]);
  origin = server.origin;
  browser = await openBrowser();
  // The demo's last round began seven hours ago: whether what it found is of today depends on the hour.
  // It stands still, so all that comes after this is the tests' own.
  const first = await seat("commander");
  await first.goto(`${origin}/board`);
  ofDemo = Number(await newInfections(first).innerText());
  await first.context().close();
  const call = await program();
  await openCases(call, 24, midnight(1) + 9 * 3_600_000_000, 0);
  await openCases(call, 12, midnight(3) + 9 * 3_600_000_000, 100);
  // Enough days for R, and so for looking ahead.
  for (let before = 4; before <= 13; before++) {
    await openCases(call, 3 + (before % 3), midnight(before) + 9 * 3_600_000_000, 500 + 10 * before);
  }
  await openCases(call, 5, justNow(), 200);
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

async function seat(login, { open = wall, locale = "en-GB" } = {}) {
  const context = await open(browser, { locale, acceptDownloads: true });
  const page = await openPage(context, `${origin}/sign-in`);
  await signInDesk(page, origin, login);
  return page;
}

async function look(page, name) {
  await assertAccessible(page);
  const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.ok(over <= 0, `${page.url()} is ${over} px wider than the screen`);
  const text = await page.locator("body").innerText();
  const keys = text.match(/\b(?:board|bulletin|decision|map|meeting|course|ahead|what-if|figure|refusal|nav)(?:-[a-z_]+)+\b/g) ?? [];
  assert.deepEqual(keys, [], `${page.url()} shows the names of texts instead of the texts`);
  await screenshot(page, `board-${name}`);
}

/** The figure of the board that says how many are new today. */
function newInfections(page) {
  return page.locator(".figure", { hasText: "New infections" }).getByRole("link");
}

async function press(page, locator) {
  await Promise.all([page.waitForEvent("load"), locator.click()]);
}

test("the board answers, and from a figure it is two presses to a case", async () => {
  const page = await seat("commander");
  await page.goto(`${origin}/board`);
  for (const title of ["New today", "Late, and who has it", "Does not balance", "Runs out next", "Decided"]) {
    await page.getByRole("heading", { name: title }).waitFor();
  }
  await look(page, "wall");
  await assertKeyboard(page);
  assert.equal(await newInfections(page).innerText(), String(ofDemo + 5));
  await press(page, newInfections(page));
  assert.equal(await page.locator("tbody tr").count(), ofDemo + 5);
  const small = await seat("commander", { open: phone, locale: "zh-CN" });
  await small.goto(`${origin}/board`);
  await look(small, "phone");
  await small.screenshot({ path: "target/screenshots/board-phone-full.png", fullPage: true });
  // Something new shows by itself.
  await page.goto(`${origin}/board`);
  await page.waitForFunction(() => document.querySelector("[data-live-status]")?.getAttribute("data-live-state") === "live");
  await openCases(await program(), 1, justNow(), 300);
  const wanted = String(ofDemo + 6);
  await page.waitForFunction((n) => [...document.querySelectorAll(".figure")].some((f) => f.textContent?.includes("New infections") && f.querySelector("a")?.textContent === n), wanted);
  assert.equal(await newInfections(page).innerText(), wanted);
  assert.deepEqual([...page.errors, ...small.errors], []);
  await page.context().close();
  await small.context().close();
});

test("a situation report is held against the list, published, and corrected", async () => {
  const page = await seat("commander");
  await page.goto(`${origin}/bulletins`);
  await look(page, "bulletins-empty");
  await press(page, page.getByRole("link", { name: "Draw up a report" }));
  await page.getByText("Every figure is that of the line list").waitFor();
  assert.match(await page.locator("article.report").innerText(), /8 new confirmed cases/);
  await look(page, "draft");
  await press(page, page.getByRole("button", { name: "Publish" }));
  await page.locator(".error-summary").waitFor();
  await page.getByLabel("Publisher").fill("City health commission");
  await press(page, page.getByRole("button", { name: "Publish" }));
  assert.match(page.url(), /\/bulletins\/[0-9a-f-]{36}$/);
  const published = page.url();
  await look(page, "bulletin");
  const pdf = await page.request.get(`${published}?format=pdf`);
  assert.equal(pdf.headers()["content-type"], "application/pdf");
  assert.equal((await pdf.body()).subarray(0, 5).toString(), "%PDF-");
  // A figure opens into as many cases as it says.
  const figure = page.getByRole("table", { name: "By where they were found" }).getByRole("link").first();
  const n = Number(await figure.innerText());
  await press(page, figure);
  assert.equal(await page.locator("tbody tr").count(), n);
  await look(page, "bulletin-cases");

  await openCases(await program(), 3, midnight(1) + 20 * 3_600_000_000, 400);
  await page.goto(published);
  await page.getByText("More has become known since").waitFor();
  await look(page, "bulletin-drifted");
  await press(page, page.getByRole("link", { name: "Publish a correction" }));
  await page.getByLabel("Why").fill("Three cases were reported late");
  await press(page, page.getByRole("button", { name: "Publish a correction" }));
  await look(page, "bulletin-corrected");
  assert.match(await page.locator("main").innerText(), /correction 1/);

  // Everybody reads the public version.
  const anybody = await openPage(await phone(browser, { locale: "zh-CN" }), `${origin}/public/bulletins`);
  await press(anybody, anybody.getByRole("link", { name: /第1期/ }));
  assert.match(await anybody.locator("main").innerText(), /疫情通报[\s\S]*新增确诊病例9例/);
  await look(anybody, "public-phone");
  assert.deepEqual([...page.errors, ...anybody.errors], []);
  await page.context().close();
  await anybody.context().close();
});

test("a decision keeps what it rested on, is found, and is revoked", async () => {
  const page = await seat("commander", { open: phone });
  await page.goto(`${origin}/decisions`);
  await look(page, "decisions-empty");
  await press(page, page.getByRole("link", { name: "Record a decision" }));
  await page.getByLabel("What is decided").fill("Test everybody twice this week");
  await page.getByLabel(/New infections/).check();
  await page.getByLabel("Signed by").fill("Deputy mayor");
  await look(page, "decision-new");
  await press(page, page.getByRole("button", { name: "Record the decision" }));
  await page.locator("#field-q").fill("twice");
  await press(page, page.getByRole("button", { name: "Show" }));
  await look(page, "decisions");
  await press(page, page.getByRole("link", { name: "No. 1" }));
  assert.match(await page.locator("main").innerText(), /New infections[\s\S]*yesterday by this hour/);
  await page.getByLabel("Signed by").fill("Mayor");
  await page.getByLabel("Why").fill("No longer needed");
  await press(page, page.getByRole("button", { name: "Revoke" }));
  await page.getByText("No longer needed").waitFor();
  await look(page, "decision-revoked");
  assert.deepEqual(page.errors, []);
  await page.context().close();
});

test("the map's time is moved by keyboard and plays, and the table says the same", async () => {
  const page = await seat("commander");
  await page.goto(`${origin}/map/${AREA}`);
  await look(page, "map-wall");
  const slider = page.locator("#map-slider");
  await slider.focus();
  const title = page.locator("[data-map-title]");
  const last = await title.innerText();
  assert.match(last, new RegExp(day(0)));
  await page.keyboard.press("ArrowLeft");
  assert.match(await title.innerText(), new RegExp(day(1)));
  await page.getByRole("button", { name: "Play" }).click();
  await page.waitForFunction((text) => document.querySelector("[data-map-title]")?.textContent === text, last);
  const small = await seat("commander", { open: phone, locale: "zh-CN" });
  await small.goto(`${origin}/map`);
  await look(small, "map-phone");
  assert.deepEqual([...page.errors, ...small.errors], []);
  await page.context().close();
  await small.context().close();
});

/** What somebody decides on a day on which much is decided, in both languages. */
const TITLES = [
  "在全区范围内开展新一轮全员核酸检测，并对重点区域采取足不出户、服务上门的封控措施，同时调整定点医院与方舱医院的收治范围",
  "Begin another round of testing of everybody in the whole district, keep the key areas locked with services brought to the door, and change which hospitals and shelters take in whom",
];

test("the morning meeting prints on exactly two sheets, on a quiet day and on a bad one", async () => {
  const call = await program();
  const sheets = async (locale) => {
    const page = await seat("commander", { locale });
    await page.goto(`${origin}/meeting`);
    await look(page, `meeting-${locale}`);
    const pdf = await page.pdf({ preferCSSPageSize: true, path: `target/screenshots/board-meeting-${locale}.pdf` });
    assert.deepEqual(page.errors, []);
    await page.context().close();
    return pdf.toString("latin1").match(/\/Type\s*\/Page\b/g)?.length ?? 0;
  };
  assert.equal(await sheets("zh-CN"), 2, "on a quiet day");
  const now = Date.now() * 1000;
  const commands = Array.from({ length: 12 }, (_, n) => ({
    id: commandId(),
    area: AREA,
    event_time: now - n * 60_000_000,
    command: {
      command: {
        decide: {
          scope: String(AREA),
          title: TITLES[n % 2],
          signed_by: "市疫情防控指挥部副总指挥、副市长某某某",
          from: now,
          until: now + 7 * 86_400_000_000,
        },
      },
    },
  }));
  const { outcomes } = await call("/api/v1/commands", { device: "test", device_time: now, commands });
  for (const outcome of outcomes) assert.equal(outcome.status, "accepted", JSON.stringify(outcome));
  for (const locale of ["zh-CN", "en-GB"]) assert.equal(await sheets(locale), 2, `on a bad day, ${locale}`);
});

test("from every figure of the board its rows are at most three presses away", async () => {
  const page = await seat("commander");
  await page.goto(`${origin}/board`);
  const links = await page.locator(".board .figure__value a, .board td a, .board th a").evaluateAll((all) =>
    all.map((link) => ({ href: link.getAttribute("href") ?? "", text: link.textContent ?? "" })),
  );
  assert.ok(links.length >= 15, `${links.length} links`);
  for (const { href, text } of links) {
    const response = await page.goto(origin + href);
    assert.equal(response?.status() ?? 200, 200, href);
    const n = Number(text.replaceAll(",", ""));
    if (!(n > 0)) continue;
    let presses = 1;
    while (presses < 3 && (await page.locator("main tbody tr").count()) === 0) {
      presses += 1;
      await press(page, page.locator("main .figure__value a").first());
    }
    assert.ok((await page.locator("main tbody tr").count()) > 0, `${href} has no rows after ${presses} presses`);
  }
  assert.deepEqual(page.errors, []);
  await page.context().close();
});

test("every board and list is put back as it was, with what has changed since", async () => {
  const page = await seat("commander");
  await page.goto(`${origin}/bulletins`);
  await press(page, page.locator(".as-of__past"));
  await look(page, "past");
  await assertKeyboard(page);
  // Before the tests opened their cases.
  const at = new Date(Date.now() + 8 * 3_600_000 - 5 * 3_600_000).toISOString().slice(0, 16);
  await page.getByLabel("Moment").fill(at);
  await page.locator("form:has(#field-at)").getByRole("button", { name: "Look back" }).click();
  await page.waitForURL((url) => url.pathname === "/bulletins", { timeout: 120_000 });
  const banner = page.locator(".past-banner");
  await page.getByText(`As it was known at ${at.replace("T", " ")}`).waitFor();
  await look(page, "past-bulletins");
  for (const path of ["/board", `/map/${AREA}`, "/cases", "/care", "/zones", "/supply", "/tracing", "/transfers"]) {
    const response = await page.goto(origin + path);
    assert.equal(response?.status(), 200, path);
    assert.match(await banner.innerText(), /As it was known at/, path);
    assert.ok((await page.locator(".table-box__since").count()) > 0, `${path} does not say what has changed`);
  }
  await page.goto(`${origin}/cases`);
  assert.match(await page.locator(".table-box__since").first().innerText(), /new/);
  await look(page, "past-cases");
  const small = await phone(browser, { locale: "zh-CN", acceptDownloads: true });
  await small.addCookies(await page.context().cookies());
  const there = await openPage(small, `${origin}/board`);
  await there.getByText(/当时所知/).first().waitFor();
  await look(there, "past-phone");
  // Nothing is changed there, and today is one press away.
  await page.goto(`${origin}/decisions/new`);
  await page.getByLabel("What is decided").fill("Too late");
  await page.getByLabel("Signed by").fill("Nobody");
  await press(page, page.getByRole("button", { name: "Record the decision" }));
  await page.getByText("nothing can be changed there").waitFor();
  await page.goto(`${origin}/cases`);
  await press(page, banner.getByRole("button", { name: "Back to today" }));
  assert.equal(await banner.count(), 0);
  assert.equal(new URL(page.url()).pathname, "/cases");
  // The browser tells of the answer 422 itself.
  assert.deepEqual([...page.errors, ...there.errors].filter((error) => !error.includes("422")), []);
  await page.context().close();
  await small.close();
});

test("the board is shown as it was known, and says what nobody can say any more", async () => {
  const page = await seat("commander");
  await page.goto(`${origin}/board?as_of=${day(1)}T12:00`);
  // The histories are read while the page says how far it is; it comes again by itself.
  await page.getByText("Not shown of an earlier moment").waitFor();
  await look(page, "as-of");
  // What counted then opens the list as it was known then: the cases were opened later.
  await press(page, newInfections(page));
  assert.equal(new URL(page.url()).searchParams.get("as_of"), `${day(1)}T12:00`);
  assert.deepEqual(page.errors, []);
  await page.context().close();
});

test("what other beds would do is run in the background, pair by pair", async () => {
  const page = await seat("commander");
  await page.goto(`${origin}/board`);
  await press(page, page.getByRole("link", { name: /What if there were more beds/ }));
  assert.equal(await page.locator("#field-what-1").inputValue(), "beds.fangcang");
  await look(page, "what-if");
  await press(page, page.getByRole("button", { name: "Run" }));
  await page.locator(".error-summary").waitFor();
  await page.locator("#field-what-1").selectOption("beds.fangcang");
  await page.locator("#field-value-1").fill("x0.5");
  await page.locator("#field-what-2").selectOption("zones.area");
  await page.locator("#field-value-2").fill("2");
  await press(page, page.getByRole("button", { name: "Run" }));
  const whole = page.getByRole("table", { name: /The whole time/ });
  await whole.waitFor({ timeout: 120_000 });
  assert.equal(await whole.locator("tbody tr").count(), 7);
  // More people behind closed doors is what closing does, in every pair.
  assert.match(await whole.locator("tbody tr", { hasText: "locked down" }).innerText(), /0 \/ 20[\s\S]*more/);
  assert.match(await page.locator("main").innerText(), /20 pairs of runs over 14 days[\s\S]*Meals: three a day/);
  await look(page, "what-if-result");
  // Every chart has its table.
  const charts = await page.locator("figure.chart").count();
  assert.equal(charts, 5);
  assert.equal(await page.locator("figure.chart table").count(), charts);
  const small = await seat("commander", { open: phone, locale: "zh-CN" });
  await small.goto(`${origin}/what-if`);
  await look(small, "what-if-phone");
  await small.screenshot({ path: "target/screenshots/board-what-if-phone-full.png", fullPage: true });
  assert.deepEqual([...page.errors, ...small.errors], []);
  await page.context().close();
  await small.context().close();
});

test("a zone is asked about: made in one run of each pair, and the people behind its doors and their meals counted", async () => {
  const page = await seat("commander");
  await page.goto(`${origin}/what-if`);
  await page.locator("#field-zone-what").selectOption("make");
  await page.locator("#field-zone-place").fill("not a place");
  await press(page, page.getByRole("button", { name: "Run" }));
  await page.locator(".error-summary").waitFor();
  await look(page, "what-if-zone");
  // The whole district: its people outnumber whatever one outbreak happens to lock more than another.
  await page.locator("#field-zone-place").fill(String(AREA));
  await page.locator("#field-pairs").selectOption("10");
  await press(page, page.getByRole("button", { name: "Run" }));
  const whole = page.getByRole("table", { name: /The whole time/ });
  await whole.waitFor({ timeout: 120_000 });
  assert.match(await page.locator("main").innerText(), /New zone .* from /);
  for (const figure of ["locked down", "Meals"]) {
    assert.match(await whole.locator("tbody tr", { hasText: figure }).innerText(), /0 \/ 10[\s\S]*more/, figure);
  }
  for (const figure of ["Infections", "waiting for a bed", "Tubes"]) {
    assert.match(await whole.locator("tbody tr", { hasText: figure }).innerText(), /\(.* … .*\)/, figure);
  }
  await look(page, "what-if-zone-result");
  assert.deepEqual(page.errors, []);
  await page.context().close();
});

test("what is to come is told by two methods, and kept", async () => {
  const page = await seat("commander");
  await page.goto(`${origin}/ahead`);
  await page.getByText("Contacts named").first().waitFor();
  await look(page, "ahead");
  await press(page, page.getByRole("button", { name: "Run the simulated city" }));
  await page.getByText(/simulated city: Forecast, median/).first().waitFor({ timeout: 120_000 });
  await look(page, "ahead-city");
  await page.screenshot({ path: "target/screenshots/board-ahead-full.png", fullPage: true });
  await page.goto(`${origin}/ahead`);
  await press(page, page.getByRole("button", { name: "Keep this forecast" }));
  await page.getByText("Today’s forecast is kept.").waitFor();
  const small = await seat("commander", { open: phone, locale: "zh-CN" });
  await small.goto(`${origin}/ahead`);
  await look(small, "ahead-phone");
  assert.deepEqual([...page.errors, ...small.errors], []);
  await page.context().close();
  await small.context().close();
});
