// What every page owes to whoever reads it: it can be walked with the keyboard, in dark colours too;
// its links open; its numbers are whole on a phone and open into their rows; its times have a zone.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { demoServer, session, signInDesk, unit, unsampled } from "./field-phone.mjs";
import { assertAccessibleByDayAndNight, assertKeyboard, openBrowser, openPage, phone, screenshot, wall } from "./harness.mjs";

/** @type {Awaited<ReturnType<typeof demoServer>>} */
let server;
/** @type {import("playwright-core").Browser} */
let browser;
let origin = "";

before(async () => {
  server = await demoServer(["--page-rate", "1000"]);
  origin = server.origin;
  browser = await openBrowser();
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

/** A signed-in page of the desks. */
async function desk(login, { open = phone, locale = "en-GB" } = {}) {
  const page = await openPage(await open(browser, { locale }), `${origin}/sign-in`);
  await signInDesk(page, origin, login);
  return page;
}

/** The board of the running round, by its number's link on the list. */
async function board(page) {
  await page.goto(`${origin}/testing/rounds`);
  return String(await page.locator("tbody th a").first().getAttribute("href")).replace(/\?.*$/, "");
}

/** The first link of a page that matches. */
async function first(page, path, selector) {
  await page.goto(origin + path);
  return String(await page.locator(selector).first().getAttribute("href")).replace(/#.*$/, "");
}

/** Pages that lie behind the lists: what went wrong, and what is decided about it. */
async function behind(page) {
  const round = await board(page);
  const finding = await first(page, "/testing/findings", "tbody th a");
  const holder = await first(page, "/testing/holders", "tbody th a");
  const tube = await first(page, `${round}/tubes`, "tbody th a");
  const balance = await first(page, "/testing/balance", "tbody td.numeric a");
  return [
    round, `${round}/blind`, `${round}/plan`, `${round}/close`, `${round}/exemptions`, `${round}/recalls`,
    `${round}/not-negative`, `${round}/targets`, `${round}/tubes?stage=in_laboratory`,
    finding, finding.replace("/testing/findings", "/tubes"), tube, holder, balance, `${balance.replace(/state=\w+/, "state=lost")}`,
    "/testing/protocol/test.window", "/registry/places/220202001", "/areas", "/account/password", "/account/codes",
  ];
}

test("what lies behind the lists is accessible by day and night and fits a phone, in both languages", async () => {
  for (const locale of ["en-GB", "zh-CN"]) {
    const page = await desk("district", { locale });
    for (const path of await behind(page)) {
      const response = await page.goto(origin + path);
      assert.equal(response?.status(), 200, path);
      await assertAccessibleByDayAndNight(page);
      const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      assert.ok(over <= 0, `${path} is ${over} px wider than a phone`);
    }
    assert.deepEqual(page.errors, []);
    await page.context().close();
  }
});

test("on a phone a number stands on one line, and the name of its column is not torn", async () => {
  const page = await desk("commander");
  const round = await board(page);
  for (const path of ["/testing/rounds", round, `${round}/blind`, "/testing/laboratories", "/testing/balance", "/registry"]) {
    await page.goto(origin + path);
    const torn = await page.locator(".table td.numeric .table__value").evaluateAll((values) =>
      values.filter((value) => value.querySelector(".tag, ul") === null && value.getBoundingClientRect().height > 34).map((value) => value.textContent),
    );
    assert.deepEqual(torn, [], path);
  }
  await page.context().close();
});

test("the keyboard reaches everything, in order and in sight", async () => {
  const page = await desk("district", { open: wall });
  // A part that is made anew under the walk would take the marks of the walk with it.
  await page.route("**/events*", (route) => route.abort());
  const round = await board(page);
  const finding = await first(page, "/testing/findings", "tbody th a");
  for (const path of ["/", round, `${round}/plan`, `${round}/exemptions`, finding, finding.replace("/testing/findings", "/tubes"), "/testing/as-of", "/registry/persons", "/testing/feed/senders", "/account/password"]) {
    await page.goto(origin + path);
    await assertKeyboard(page);
  }
  await page.context().close();
  const out = await openPage(await phone(browser), `${origin}/sign-in`);
  await assertKeyboard(out);
  await out.goto(`${origin}/household`);
  await assertKeyboard(out);
  await out.goto(`${origin}/guide`);
  await assertKeyboard(out);
  await out.context().close();
});

test("a number of the balance opens into its units", async () => {
  const page = await desk("auditor", { open: wall });
  await page.goto(`${origin}/testing/balance`);
  const row = page.locator("tbody tr").first();
  const links = await row.locator("td.numeric a").evaluateAll((all) => all.map((a) => [a.textContent, a.getAttribute("href")]));
  assert.equal(links.length, 3, "created, held and ended");
  for (const [count, href] of links) {
    await page.goto(origin + href);
    const rows = await page.locator(".table__count").first().innerText();
    const whole = Number(String(count).replaceAll(",", ""));
    if (whole <= 100) assert.match(rows, new RegExp(`^${whole} rows?$`));
    else assert.equal(await page.locator("tbody tr").count(), 100);
  }
  await page.context().close();
});

test("a finding shows both sides before it asks which does not stand", async () => {
  // The site gives a box to its courier, and the laboratory has it from the site, too.
  const [sampler, courier, laboratory] = await Promise.all([
    session(origin, "sampler"), session(origin, "courier"), session(origin, "laboratory"),
  ]);
  const bundle = await sampler.bundle();
  const [tube, box] = [unit("T", 90_000_501), unit("B", 90_000_501)];
  await sampler.send(
    {
      collect: {
        round: bundle.rounds[0].id, tube, site: sampler.holder, community: bundle.community, mode: "single",
        zone: "other", persons: [unsampled(bundle, 1)[0].id], started_at: Date.now() * 1000,
      },
    },
    { pack: { box, tubes: [tube], holder: sampler.holder } },
    { seal_box: { box } },
    { hand_over: { unit: box, giver: sampler.holder, taker: courier.holder } },
  );
  await laboratory.send({ hand_over: { unit: box, giver: sampler.holder, taker: laboratory.holder } });
  const page = await desk("district");
  await page.goto(`${origin}/testing/findings/${box}`);
  const sides = page.locator("section.panel .facts").filter({ hasText: "Evidence" });
  assert.ok((await sides.count()) >= 2, "two records that contradict each other");
  const [evidence, decision, story] = await page.evaluate(() => {
    const top = (/** @type {string} */ selector) => document.querySelector(selector)?.getBoundingClientRect().top ?? Number.NaN;
    return [top("section.panel .facts"), top("form textarea"), top(".table")];
  });
  assert.ok(evidence < decision && decision < story, "evidence, decision, the whole story");
  await screenshot(page, "pages-finding");
  await page.context().close();
});

test("after a visit the page comes back at the same person", async () => {
  const page = await desk("grid");
  await page.locator(".figures a").first().click();
  await page.waitForURL("**/blind/**");
  const person = page.locator(".walk__person").nth(4);
  const id = await person.getAttribute("id");
  await person.locator('button[value="absent"]').click();
  await page.waitForURL(`**#${id}`);
  const box = await page.locator(`#${id}`).boundingBox();
  const height = page.viewportSize()?.height ?? 0;
  assert.ok(box !== null && box.y >= 0 && box.y < height, "the person is in sight");
  await screenshot(page, "pages-visit");
  await page.context().close();
});

test("a time says its zone", async () => {
  const page = await desk("commander", { locale: "zh-CN" });
  assert.match((await page.locator(".as-of").textContent()) ?? "", /\d{2}:\d{2} \(UTC\+8\)/);
  await page.goto(`${origin}/testing/rounds/new`);
  assert.match((await page.locator('label[for="field-starts"]').textContent()) ?? "", /UTC\+8/);
  await page.context().close();
});
