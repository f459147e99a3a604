// The desks' pages in a browser: a tube from swab to report, what laboratories send, blind spots,
// a look back, a household; every page of every role in both languages, on a phone and on a desk.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  allSynced,
  cameraOff,
  demoServer,
  enrol,
  fillTube,
  said,
  session,
  show,
  signInDesk,
  type,
  unit,
  unsampled,
} from "./field-phone.mjs";
import { assertAccessible, assertAccessibleByDayAndNight, openBrowser, openPage, phone, screenshot, wall } from "./harness.mjs";
import { line, result } from "./mllp.mjs";

/** @type {Awaited<ReturnType<typeof demoServer>>} */
let server;
/** @type {import("playwright-core").Browser} */
let browser;
let origin = "";

before(async () => {
  server = await demoServer(["--mllp", "127.0.0.1:0", "--page-rate", "1000"]);
  origin = server.origin;
  browser = await openBrowser();
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

/** A signed-in page of the desks. */
async function desk(login, { open = wall, locale = "en-GB" } = {}) {
  const context = await open(browser, { locale });
  const page = await openPage(context, `${origin}/sign-in`);
  await signInDesk(page, origin, login);
  return page;
}

/** Nothing on the page is wider than the screen. */
async function assertFits(page) {
  const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.ok(over <= 0, `${page.url()} is ${over} px wider than the screen`);
}

const submit = (page) => page.locator('main form button[type="submit"]');

for (const network of ["online", "offline"]) {
  test(`a tube goes from swab to report, sampled ${network}`, async () => {
    const sampler = await session(origin, "sampler");
    const courier = await session(origin, "courier");
    const laboratory = await session(origin, "laboratory");
    const serial = network === "online" ? 90_000_101 : 90_000_201;
    const [tube, box] = [unit("T", serial), unit("B", serial)];
    const persons = unsampled(await sampler.bundle(), 2);

    const site = await enrol(browser, origin, "sampler");
    await cameraOff(site.page);
    if (network === "offline") await site.context.setOffline(true);
    await fillTube(site.page, tube, persons);
    // Two of ten: the app asks first.
    await site.page.getByRole("button", { name: "封管 2/10" }).click();
    await site.page.getByRole("dialog").getByRole("button", { name: "封管" }).click();
    await site.page.locator(".sealed").waitFor();
    await show(site.page, "box");
    await type(site.page, box);
    await site.page.locator(".tube-head").waitFor();
    await type(site.page, tube);
    await said(site.page, "第 1 管");
    await site.page.getByRole("button", { name: "封箱 · 1 管" }).click();
    if (network === "offline") {
      assert.equal((await sampler.held()).some((held) => held.unit === tube), false, "not told yet");
      await site.context.setOffline(false);
    }
    await allSynced(site.page);
    await courier.send({ hand_over: { unit: box, giver: sampler.holder, taker: courier.holder } });
    await laboratory.send({ hand_over: { unit: box, giver: courier.holder, taker: laboratory.holder } });

    // The laboratory works on its desk.
    const lab = await desk("laboratory");
    await lab.goto(`${origin}/laboratory/boxes/${box}`);
    await lab.locator('[name="count"]').fill("1");
    await lab.locator('[name="found"]').fill(tube);
    await submit(lab).click();
    await lab.getByText("The box is open").or(lab.locator(".notice--good")).first().waitFor();
    await lab.goto(`${origin}/laboratory/plate`);
    await lab.locator('[name="plate"]').fill(`PLATE-${serial}`);
    await lab.locator('[name="codes"]').fill(tube);
    await submit(lab).click();
    await lab.locator('[name="sure"]').check();
    await submit(lab).click();
    await lab.locator(".notice--good, .notice--warning").first().waitFor();
    await lab.goto(`${origin}/laboratory/results/${tube}`);
    await lab.locator('[name="ct_control"]').fill("27.5");
    await submit(lab).click();
    await lab.locator('[name="sure"]').check();
    await submit(lab).click();
    await lab.locator(".notice--good, .notice--warning").first().waitFor();

    // Whoever answers for the district sees it reported, with every hand that it went through.
    const district = await desk("district");
    await district.goto(`${origin}/tubes/${tube}`);
    const text = (await district.locator("main").textContent()) ?? "";
    assert.match(text, /negative/);
    assert.match(text, /Ended[\s\S]*reported/);
    await assertAccessible(district);
    await screenshot(district, `desk-tube-${network}`);
    const bundle = await sampler.bundle();
    for (const { id } of persons) {
      assert.ok(bundle.persons.find((each) => each.id === id)?.sampled.includes(bundle.rounds[0].id));
    }
    assert.deepEqual([...lab.errors, ...district.errors], []);
    await Promise.all([site.context.close(), lab.context().close(), district.context().close()]);
  });
}

test("what a laboratory sends is acknowledged, waits in sight, and is settled by hand", async () => {
  const district = await desk("district");
  await district.goto(`${origin}/testing/feed`);
  const address = /127\.0\.0\.1:\d+/.exec((await district.locator("main").textContent()) ?? "")?.[0];
  assert.ok(address, "the page says where the line listens");

  // A tube that is in the laboratory, and one that nobody knows.
  const sampler = await session(origin, "sampler");
  const bundle = await sampler.bundle();
  const [person] = unsampled(bundle, 1);
  const tube = unit("T", 90_000_301);
  await sampler.send({
    collect: {
      round: bundle.rounds[0].id, tube, site: sampler.holder, community: bundle.community,
      mode: "single", zone: "other", persons: [person.id], started_at: Date.now() * 1000,
    },
  });
  const laboratory = await line(address);
  const unknown = result("Q-1", "JL-02", "YD-88-1");
  const first = await laboratory.send(unknown);
  assert.match(first, /MSA\|AA\|Q-1/, "it is in good hands");
  assert.equal(await laboratory.send(unknown), first, "sent again: the same reply");
  assert.match(await laboratory.send(result("Q-1", "JL-02", "YD-88-2")), /MSA\|AE\|Q-1/, "its number was used");
  assert.match(await laboratory.send("MSH|^~\\&|LIS|JL-02|||2022||ORU^R01|Q-3|P|9.9\rPID|damaged"), /MSA\|A[ER]\|/);
  const second = await line(address);
  await second.cut(result("Q-4", "JL-02", "YD-88-4").slice(0, 80));

  await district.reload();
  const row = district.locator("#waiting tbody tr", { hasText: "YD-88-1" });
  await row.waitFor();
  assert.match((await row.textContent()) ?? "", /No tube with this barcode is known yet/);
  await assertAccessible(district);
  await screenshot(district, "desk-feed");
  await row.getByRole("link", { name: "YD-88-1" }).click();
  assert.doesNotMatch((await district.locator("main").textContent()) ?? "", /赵小妹|220202199001011234/);
  await assertAccessible(district);
  await district.locator(".crumbs a").last().click();
  const raw = district.locator("pre.raw");
  assert.match((await raw.textContent()) ?? "", /PID\|•••/);
  await assertAccessible(district);
  // In the clear, for a purpose, on record.
  await district.locator(".disclosure summary").click();
  await district.locator('[name="purpose"]').selectOption("match");
  await district.locator('.disclosure button[type="submit"]').click();
  assert.match((await district.locator("pre.raw").textContent()) ?? "", /赵小妹/);
  await district.getByText("saw it in the clear").waitFor();

  await district.goto(`${origin}/testing/feed`);
  await district.getByRole("link", { name: "YD-88-1" }).click();
  await district.locator('[name="tube"]').fill("YD-nowhere");
  await district.locator('form[action*="/match"] button').click();
  await district.locator(".error-summary").waitFor();
  await district.locator('[name="tube"]').fill(tube);
  await district.locator('form[action*="/match"] button').click();
  await district.waitForURL(`**/tubes/${tube}`);
  assert.match((await district.locator("main").textContent()) ?? "", /negative/);

  // The damaged ones are listed, and set aside with a reason.
  await district.goto(`${origin}/testing/feed/messages?state=rejected`);
  for (const control of ["Q-1", "Q-3"]) {
    assert.equal(await district.locator("tbody tr", { hasText: control }).count(), 1, control);
  }
  const cut = district.locator("tbody tr", { hasText: "no sender named" });
  assert.equal(await cut.count(), 1, "what was cut off is kept, too");
  await district.locator("tbody tr", { hasText: "Q-3" }).locator("th a").click();
  await district.locator('[name="note"]').fill("asked the laboratory to send it again");
  await district.locator('form[action*="/dismiss"] button').click();
  await district.getByText("dealt with").waitFor();
  laboratory.close();
  assert.deepEqual(district.errors, []);
  await district.context().close();
});

test("a file of results is read through first and recorded on the word of the laboratory", async () => {
  const page = await desk("laboratory", { open: phone });
  await page.goto(`${origin}/testing/feed/upload`);
  await assertAccessible(page);
  await assertFits(page);
  const csv = "管码,结果,检测时间\r\nYD-99-1,阴性,2022-03-15 07:00\r\n,阴性,x\r\n";
  await page.locator('input[type="file"]').setInputFiles({ name: "results.csv", mimeType: "text/csv", buffer: Buffer.from(csv) });
  await page.getByRole("button", { name: "Upload and read through" }).click();
  await page.getByText("nothing is recorded yet").waitFor();
  await page.getByRole("button", { name: "Record", exact: false }).first().click();
  await page.getByText("something waits").waitFor();
  await assertFits(page);
  await assertAccessible(page);
  await page.context().close();
});

test("a grid worker finds the blind spots of the community and says what a visit found", async () => {
  for (const locale of ["en-GB", "zh-CN"]) {
    const page = await desk("grid", { open: phone, locale });
    await page.locator(".figures a").first().click();
    await page.waitForURL("**/blind/**");
    const before = await page.locator(".walk__person").count();
    assert.ok(before > 0, "the demo leaves somebody without a swab");
    await assertAccessible(page);
    await assertFits(page);
    await page.locator('.walk__person button[value="absent"]').first().click();
    await page.waitForLoadState("load");
    const told = locale === "zh-CN" ? /无人|未遇|不在|没人/ : /nobody/i;
    assert.match((await page.locator(".walk__person").first().textContent()) ?? "", told);
    await screenshot(page, `desk-blind-${locale}`);
    assert.deepEqual(page.errors, []);
    await page.context().close();
  }
});

test("a desk looks back at what was known, and the page needs no script for it", async () => {
  const context = await wall(browser, { locale: "en-GB", javaScriptEnabled: false });
  const page = await context.newPage();
  await signInDesk(page, origin, "district");
  await page.goto(`${origin}/testing/as-of`);
  await page.getByRole("link", { name: "6 hours ago" }).click();
  await page.getByText("As it was known at").first().waitFor();
  assert.ok((await page.locator("#balance tbody tr").count()) > 0);
  await context.close();
  const looked = await desk("district", { open: phone });
  await looked.goto(page.url());
  await looked.getByText("As it was known at").first().waitFor();
  await assertAccessible(looked);
  await assertFits(looked);
  await screenshot(looked, "desk-as-of");
  await looked.context().close();
});

/** The code that the demo prints for a household. */
function householdCode() {
  const code = /resident\s+(\S+)/.exec(server.output.join("\n"))?.[1];
  assert.ok(code, "the demo prints a household's code");
  return code;
}

test("a household signs in with its code, sees each sample, and shows a pass that a checkpoint reads", async () => {
  const page = await openPage(await phone(browser, { locale: "en-GB" }), `${origin}/household`);
  await page.locator('input[name="code"]').fill(householdCode());
  await page.locator('main form button[type="submit"]').click();
  await page.waitForURL("**/my");
  await assertAccessible(page);
  await assertFits(page);
  await page.locator(".card__link").first().click();
  await assertAccessible(page);
  await assertFits(page);
  await screenshot(page, "desk-household");
  const token = (await page.locator("code.wrap").textContent()) ?? "";
  const answer = await (await fetch(`${origin}/api/v1/results/${token}`)).json();
  assert.match(answer.state, /^(sampled|in_transit|in_laboratory|testing|negative|positive|held|recall|disputed|none)$/);
  assert.ok(answer.as_of > 0);
  assert.equal((await fetch(`${origin}/api/v1/results/${token.slice(0, -1)}`)).status, 422);
  // Its own household, and nothing else.
  const other = await page.request.get(`${origin}/testing/rounds`);
  assert.equal(other.status(), 403);
  await page.context().close();
});

test("every page of every role is accessible and fits, in both languages, on a phone and on a desk", async () => {
  const pages = new Map();
  for (const login of ["commander", "district", "grid", "sampler", "courier", "laboratory", "auditor", "admin"]) {
    for (const [open, locale] of /** @type {const} */ ([[phone, "zh-CN"], [wall, "en-GB"]])) {
      const page = await desk(login, { open, locale });
      const links = await page.locator("nav.side a").evaluateAll((all) => all.map((a) => a.getAttribute("href")));
      for (const link of links) {
        // Once for each page, size and language is enough: roles share most of them.
        const key = `${link} ${locale}`;
        if (pages.has(key)) continue;
        pages.set(key, login);
        const response = await page.goto(`${origin}${link}`);
        assert.equal(response?.status(), 200, `${login} opens ${link}`);
        await assertAccessibleByDayAndNight(page);
        await assertFits(page);
        const text = (await page.locator("body").innerText()).match(/\b[a-z]+(-[a-z]+){2,}\b/g) ?? [];
        const keys = text.filter((word) => /^(nav|desk|reg|feed|my|home|refusal|as-of)-/.test(word));
        assert.deepEqual(keys, [], `${link} shows the name of a text instead of the text`);
      }
      assert.deepEqual(page.errors, [], login);
      await page.context().close();
    }
  }
  assert.ok(pages.size > 30, `${pages.size} pages`);
});

test("a page that cannot be shown says why and what to do, and is accessible", async () => {
  const page = await desk("district", { open: phone, locale: "zh-CN" });
  for (const [path, status] of /** @type {const} */ ([["/admin/accounts", 403], ["/nowhere", 404], ["/tubes/xyz", 422]])) {
    const response = await page.goto(`${origin}${path}`);
    assert.equal(response?.status(), status);
    assert.ok(((await page.locator(".problem").textContent()) ?? "").length > 20);
    await assertAccessible(page);
    await assertFits(page);
  }
  await page.context().close();
});
