// The cases desk in a browser, as a person of a district desk works with it: a line list comes in,
// a case is entered by hand and examined, two records turn out to be one and are parted again,
// hundreds are edited in one act and taken back, a list goes to a spreadsheet and comes back, and a
// figure is published and corrected.

import assert from "node:assert/strict";
import * as fs from "node:fs/promises";
import { after, before, test } from "node:test";
import { demoServer, signInDesk } from "./field-phone.mjs";
import { assertAccessible, openBrowser, openPage, phone, screenshot, wall } from "./harness.mjs";
import { csv, xlsx } from "./lists.mjs";

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

/** A signed-in district desk. */
async function desk({ open = wall, locale = "en-GB" } = {}) {
  const context = await open(browser, { locale, acceptDownloads: true });
  const page = await openPage(context, `${origin}/sign-in`);
  await signInDesk(page, origin, "district");
  return page;
}

/** Looks at the page as it is: accessible, not wider than the screen, every text there; and a picture. */
async function look(page, name) {
  await assertAccessible(page);
  const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.ok(over <= 0, `${page.url()} is ${over} px wider than the screen`);
  const text = await page.locator("body").innerText();
  const keys = text.match(/\b(?:case|imp|refusal|nav|reg|desk)(?:-[a-z_]+)+\b/g) ?? [];
  assert.deepEqual(keys, [], `${page.url()} shows the names of texts instead of the texts`);
  await screenshot(page, `cases-${name}`);
}

/** Presses something that leads to another page. */
async function press(page, locator) {
  await Promise.all([page.waitForEvent("load"), locator.click()]);
}

/** The day so many days before today, in Beijing. */
function day(before) {
  return new Date(Date.now() + 8 * 3_600_000 - before * 86_400_000).toISOString().slice(0, 10);
}

/** So many hours ago, as a field for a local time takes it. */
function local(hours) {
  return new Date(Date.now() + (8 - hours) * 3_600_000).toISOString().slice(0, 16);
}

const HEADER = ["病例编号", "姓名", "证件类型", "联系电话", "性别", "出生日期", "现住址编码", "病例分类", "报告日期", "发现方式", "转归", "转归日期", "备注"];
const SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧";
const GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉建国庆云飞";
const CASES = 320;

/**
 * Row `n` of a line list; no two have a name or a telephone in common, but for those of `as`.
 *
 * @param {number} n
 * @param {{ as?: number, name?: string, outcome?: string }} [other]
 */
function row(n, { as = n, name, outcome = "" } = {}) {
  const given = `${GIVEN[Math.floor(as / 30) % 30]}${GIVEN[(as * 7 + 3) % 30]}`;
  const birth = `19${String(40 + (as % 60)).padStart(2, "0")}-${String(1 + (as % 12)).padStart(2, "0")}-${String(1 + (as % 28)).padStart(2, "0")}`;
  const classes = ["无症状感染者", "确诊病例", "普通型"];
  const found = ["隔离点", "封控区", "管控区", "社会面"];
  return [`JL-${n}`, name ?? `${SURNAMES[as % 30]}${given}`, "无", `138${String(as).padStart(8, "0")}`, as % 2 ? "男" : "女", birth,
    "220202001001", classes[n % 3], day(2), found[n % 4], outcome, outcome === "" ? "" : day(1), ""];
}

test("a line list comes in: columns are understood, every row is accounted for", async () => {
  const page = await desk({ locale: "zh-CN" });
  await page.goto(`${origin}/registry/imports/new/cases`);
  await look(page, "upload");
  const rows = Array.from({ length: CASES }, (_, n) => row(n));
  // Somebody who was listed before, with one character of the name mistyped.
  rows.push(row(CASES, { as: 5, name: `${row(5)[1]?.slice(0, 2)}囗` }));
  const lame = row(CASES + 1);
  lame[7] = "也许";
  rows.push(lame);
  await page.locator('input[type="file"]').setInputFiles({ name: "名单.csv", mimeType: "text/csv", buffer: csv([HEADER, ...rows]) });
  await press(page, page.locator('form[enctype="multipart/form-data"] button[type="submit"]'));
  assert.equal(await page.getByLabel("“现住址编码”列的内容").inputValue(), "place");
  const text = await page.locator("main").innerText();
  assert.match(text, /无症状感染者/, "what a case is is no secret");
  assert.doesNotMatch(text, new RegExp(String(row(0)[1])), "whose it is, is");
  await look(page, "columns");
  await page.locator('form[action$="/columns"] button[type="submit"]').click();
  await page.locator('form[action$="/run"] button[type="submit"]').waitFor();
  await look(page, "checked");
  await page.locator('form[action$="/run"] button[type="submit"]').click();
  await page.locator(".notice--good").waitFor();
  assert.match(await page.locator(".account__sum").innerText(), new RegExp(`^${CASES + 2} 行 = 导入 ${CASES + 1} .* 未导入 1`));
  await look(page, "imported");
  await press(page, page.getByRole("link", { name: "打开病例名单" }));
  assert.equal(await page.locator("tbody tr").count(), 50);
  await look(page, "list");
  assert.deepEqual(page.errors, []);
  await page.context().close();
});

test("a case is entered by hand, found, and examined: class and severity follow, with their reasons", async () => {
  const page = await desk();
  await page.goto(`${origin}/cases/open`);
  await look(page, "open");
  const submit = page.locator('main form button[type="submit"]');
  await press(page, submit);
  assert.match(await page.locator(".error-summary").innerText(), /The name is missing/);
  await page.locator('[name="name"]').fill("欧阳小明");
  await page.locator('[name="id_type"]').selectOption("none");
  await page.locator('[name="phone"]').fill("13900001111");
  await page.locator('[name="birth"]').fill("1931-02-03");
  await page.locator('[name="class"]').selectOption("screen_positive");
  await page.locator('[name="at"]').fill(local(5));
  await press(page, submit);
  assert.match(await page.locator(".error-summary").innerText(), /where the infection was found/);
  await look(page, "open-refused");
  // A form that was refused and mended is taken.
  await page.locator('[name="found_in"]').selectOption("community");
  await press(page, submit);
  assert.match(new URL(page.url()).pathname, /^\/cases\/C220202\./);
  const where = page.url();
  const main = page.locator("main");
  assert.match(await main.innerText(), /positive, not yet examined[\s\S]*age over the limit/);
  assert.doesNotMatch(await main.innerText(), /欧阳小明|13900001111/);
  await look(page, "case-new");

  // Found by telephone, and by name with the year of birth.
  for (const fields of [{ number: "139 0000 1111" }, { name: "欧阳 小明", year: "1931" }]) {
    await page.goto(`${origin}/cases/find`);
    for (const [name, value] of Object.entries(fields)) await page.locator(`[name="${name}"]`).fill(value);
    await press(page, page.locator('main form button[type="submit"]'));
    assert.equal(page.url(), where);
  }

  const observe = page.locator('form[action$="/observe"]');
  const unfold = (name) => page.locator("summary", { hasText: name }).click();
  await unfold("Record an observation");
  await look(page, "observe");
  await press(page, observe.locator('button[type="submit"]'));
  assert.match(await page.locator(".error-summary").innerText(), /Nothing was observed/);
  // A label belongs to the field of its own form.
  const happened = observe.getByLabel(/^Happened/);
  assert.equal(await happened.count(), 1);
  await happened.fill(local(2));
  await observe.getByLabel("Asked and examined: no symptoms").check();
  await press(page, observe.locator('button[type="submit"]'));
  assert.match(await page.locator(".lead").innerText(), /asymptomatic/);

  await unfold("Record an observation");
  await observe.getByLabel("cough").check();
  await observe.getByLabel(/oxygen saturation/).fill("91");
  await observe.getByLabel("diabetes").check();
  await press(page, observe.locator('button[type="submit"]'));
  const reasons = await page.locator(".panel", { hasText: "with the reasons" }).innerText();
  assert.match(reasons, /converted[\s\S]*case\.class[\s\S]*asymptomatic before[\s\S]*symptoms: cough/);
  assert.match(reasons, /severe[\s\S]*sev\.adult[\s\S]*oxygen saturation at rest \(%\): 91 \(limit 93\)/);
  assert.match(reasons, /risk\.high[\s\S]*diabetes/);
  await look(page, "case-converted");

  // In the clear with a purpose, on record.
  await unfold("Show in the clear");
  await press(page, page.locator('form[action$="/reveal"] button[type="submit"]'));
  assert.match(await main.innerText(), /欧阳小明[\s\S]*13900001111/);
  await page.goto(where);
  await unfold("End the case");
  await page.locator('form[action$="/close"] [name="ending"]').selectOption("released");
  await press(page, page.locator('form[action$="/close"] button[type="submit"]'));
  assert.match(await page.locator(".error-summary").innerText(), /does not end as released/);
  await look(page, "case-end-refused");
  assert.deepEqual(page.errors, []);
  await page.context().close();

  const small = await desk({ open: phone, locale: "zh-CN" });
  await small.goto(where);
  await look(small, "case-phone");
  await small.locator("summary", { hasText: "记录观察" }).click();
  await small.locator('form[action$="/observe"]').scrollIntoViewIfNeeded();
  await look(small, "observe-phone");
  await small.context().close();
});

test("two records that look alike are compared, merged, and parted again", async () => {
  const page = await desk();
  await page.goto(`${origin}/cases/duplicates`);
  await look(page, "pairs");
  assert.equal(await page.locator("tbody tr").count(), 1);
  assert.match(await page.locator("tbody tr").innerText(), /similar name[\s\S]*telephone/);
  await press(page, page.getByRole("link", { name: "compare" }));
  const lines = page.locator(".table--pair tbody tr");
  assert.match(await lines.filter({ hasText: "Name" }).innerText(), /differs/);
  assert.match(await lines.filter({ hasText: "Telephone" }).innerText(), /same/);
  assert.doesNotMatch(await page.locator("main").innerText(), new RegExp(String(row(5)[1])));
  await look(page, "compare");
  const small = await desk({ open: phone, locale: "zh-CN" });
  await small.goto(page.url());
  await look(small, "compare-phone");
  await small.context().close();

  const merge = page.locator('form[action*="/merge/"]');
  await press(page, merge.locator('button[type="submit"]'));
  assert.match(await page.locator(".error-summary").innerText(), /./);
  await merge.getByLabel("Why").fill("the same telephone, the name was mistyped");
  await press(page, merge.locator('button[type="submit"]'));
  const stands = page.url();
  assert.match(await page.locator(".notice").first().innerText(), /stands for/);
  await look(page, "merged");
  await press(page, page.locator(".notice a").first());
  assert.match(await page.locator(".notice").first().innerText(), /Another record stands for this one/);
  assert.equal(await page.locator("#acts").count(), 0, "nothing is recorded of it any more");
  await page.locator('form[action$="/unmerge"] [name="note"]').fill("two cousins");
  await press(page, page.locator('form[action$="/unmerge"] button[type="submit"]'));
  assert.match(await page.locator("main").innerText(), /Parted from[\s\S]*two cousins/);
  // They look alike again, until somebody says that they are two.
  await page.goto(`${origin}/cases/duplicates`);
  await press(page, page.getByRole("link", { name: "compare" }));
  await press(page, page.locator('form[action*="/differ/"] button[type="submit"]'));
  assert.match(await page.locator("main").innerText(), /No two records look alike/);
  await page.goto(stands);
  assert.equal(await page.locator(".notice").count(), 0);
  assert.deepEqual(page.errors, []);
  await page.context().close();
});

test("three hundred cases are edited in one act, and the act is taken back", async () => {
  const page = await desk();
  await page.goto(`${origin}/cases?source=import`);
  const show = page.getByRole("button", { name: "Show" });
  assert.ok(await show.isVisible(), "the filter that is used is open");
  await look(page, "list-filtered");
  await press(page, page.getByRole("button", { name: "Edit all that match" }));
  assert.match(await page.locator("h1").innerText(), new RegExp(`Edit ${CASES + 1} cases`));
  await look(page, "bulk");
  const apply = page.getByRole("button", { name: /^Change \d/ });
  await press(page, apply);
  assert.match(await page.locator(".error-summary").innerText(), /Nothing|nothing/);
  await page.getByLabel("Cluster", { exact: true }).first().check();
  await page.locator('[name="cluster"]').fill("Wholesale market");
  await press(page, apply);
  await page.locator(".notice--good").waitFor();
  await look(page, "bulk-done");
  await page.goto(`${origin}/cases?source=import`);
  await press(page, page.locator("tbody th a").first());
  assert.match(await page.locator("main").innerText(), /Wholesale market/);
  await page.goto(`${origin}/cases/edits`);
  await look(page, "edits");
  assert.match(await page.locator("tbody tr").first().innerText(), new RegExp(`Cluster: Wholesale market[\\s\\S]*${CASES + 1}`));
  await press(page, page.locator('form[action*="/undo"] button').first());
  await page.locator(".notice--good").waitFor();
  await page.goBack();
  await page.goto(`${origin}/cases?source=import`);
  await press(page, page.locator("tbody th a").first());
  assert.match(await page.locator("main").innerText(), /Cluster\s+—/);
  assert.match(await page.locator("main").innerText(), /An edit was taken back/);
  assert.deepEqual(page.errors, []);
  await page.context().close();
});

test("a list goes to a spreadsheet and comes back, as text and as a workbook", async () => {
  const page = await desk();
  const exported = async () => {
    await page.goto(`${origin}/cases?source=import&class=asymptomatic`);
    const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name: /Download for editing/ }).click()]);
    const text = await fs.readFile(await download.path(), "utf8");
    return text.replace(/^\ufeff/, "").trimEnd().split("\r\n").map((line) => line.split(","));
  };
  const bring = async (name, buffer) => {
    await page.goto(`${origin}/cases/revise`);
    await page.locator('input[type="file"]').setInputFiles({ name, mimeType: "application/octet-stream", buffer });
    await press(page, page.locator('main form button[type="submit"]'));
    return page.locator("main").innerText();
  };
  const rows = await exported();
  const [header = [], ...cases] = rows;
  assert.ok(cases.length > 100);
  const occupation = header.indexOf("occupation");
  for (const one of cases.slice(0, 7)) one[occupation] = "teacher";
  const found = header.indexOf("found_in");
  if (cases[7]) cases[7][found] = "somewhere";
  assert.match(await bring("cases.csv", csv(rows)), new RegExp(`${cases.length} rows: 7 changed, ${cases.length - 8} as they were, 1 left out`));
  await look(page, "revised");
  // The same file once more: those seven have changed since, and are not overwritten.
  assert.match(await bring("cases.csv", csv(rows)), /0 changed[\s\S]*has changed since/);

  const again = await exported();
  for (const one of again.slice(1, 4)) one[occupation] = "driver";
  assert.match(await bring("cases.xlsx", xlsx(again, "cases")), /3 changed/);
  await page.goto(`${origin}/cases/edits`);
  assert.match(await page.locator("tbody tr").first().innerText(), /driver[\s\S]*3/);
  assert.match(await bring("picture.png", Buffer.from("\x89PNG\r\n\x1a\n\0\0", "latin1")), /neither/);
  await look(page, "revise-refused");
  page.errors.length = 0; // The refusal's own status, as the browser logs it.
  await page.context().close();
});

test("a figure opens its list, is published, and a correction stands beside it", async () => {
  const page = await desk();
  await page.goto(`${origin}/cases/counts?day=${day(2)}`);
  const value = (name) => page.locator(".figure", { hasText: name }).locator(".figure__value");
  const confirmed = Number(await value("New confirmed").innerText());
  assert.ok(confirmed > 100);
  await look(page, "counts");
  await press(page, value("New confirmed").locator("a"));
  const rowsShown = async () => {
    let n = 0;
    for (;;) {
      n += await page.locator("tbody tr").count();
      const next = page.locator('a[rel="next"]');
      if ((await next.count()) === 0) return n;
      await press(page, next);
    }
  };
  assert.equal(await rowsShown(), confirmed, "a figure is the length of its list");
  // By the convention of WHO, too.
  await page.goto(`${origin}/cases/counts?day=${day(2)}&convention=who`);
  const all = Number(await value("New confirmed").innerText());
  assert.ok(all > confirmed);
  await press(page, value("New confirmed").locator("a"));
  assert.equal(await rowsShown(), all);

  await page.goto(`${origin}/cases/counts?day=${day(2)}`);
  await page.locator('[name="publisher"]').fill("Jilin City health commission");
  await press(page, page.getByRole("button", { name: "Publish these figures" }));
  const published = page.locator(".table-box", { hasText: "Published" }).locator("tbody tr");
  assert.match(await published.first().innerText(), new RegExp(`Jilin City health commission[\\s\\S]*${confirmed}[\\s\\S]*as published`));
  await look(page, "published");

  // One of them turns out to be none: the figure differs, and is corrected.
  await page.goto(`${origin}/cases?class=confirmed&source=import`);
  await press(page, page.locator("tbody th a").last());
  await page.locator("summary", { hasText: "End the case" }).click();
  await page.locator('form[action$="/close"] [name="ending"]').selectOption("no_case");
  await page.locator('form[action$="/close"] [name="note"]').fill("entered by mistake");
  await press(page, page.locator('form[action$="/close"] button[type="submit"]'));
  await page.goto(`${origin}/cases/counts?day=${day(2)}`);
  assert.match(await published.first().innerText(), new RegExp(`differs now[\\s\\S]*${confirmed - 1}`));
  await page.locator("summary", { hasText: "Publish a correction" }).click();
  await look(page, "differs");
  await page.locator('form:has([name="corrects"]) [name="note"]').fill("one was entered by mistake");
  await press(page, page.locator('form:has([name="corrects"]) button[type="submit"]'));
  assert.match(await published.first().innerText(), new RegExp(`${confirmed - 1}[\\s\\S]*as published`));
  assert.match(await published.nth(1).innerText(), new RegExp(`${confirmed}[\\s\\S]*corrected`));
  await look(page, "corrected");
  assert.deepEqual(page.errors, []);
  await page.context().close();
  const small = await desk({ open: phone, locale: "zh-CN" });
  for (const [path, name] of [["/", "home"], ["/cases", "list"], [`/cases/counts?day=${day(2)}`, "counts"], ["/cases/duplicates", "pairs"], ["/cases/open", "open"], ["/cases/edits", "edits"], ["/cases/uncovered", "uncovered"], ["/cases/revise", "revise"]]) {
    await small.goto(`${origin}${path}`);
    await look(small, `${name}-phone`);
  }
  assert.deepEqual(small.errors, []);
  await small.context().close();
});
