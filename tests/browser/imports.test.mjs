// Imports in a browser: from a file on somebody's desk to people in the registry, with what goes
// wrong on the way; on a wall and on a phone, in both languages; and through a killed server.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import * as fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { AREA, PASSWORD } from "./field-phone.mjs";
import { assertAccessible, openBrowser, openPage, phone, root, screenshot, signIn, startServer, wall } from "./harness.mjs";
import { HEADER, csv, person, residentNumber, xlsx } from "./lists.mjs";

const COMMUNITY = "220202001001";
const COMPOUND = `${COMMUNITY}-T1`;
const ENTRANCE = `${COMPOUND}-01-1`;
const SERVE = ["--demo", "--people", "3000", "--area", String(AREA)];

/** @type {Awaited<ReturnType<typeof startServer>>} */
let server;
/** @type {import("playwright-core").Browser} */
let browser;
let data = "";

before(async () => {
  data = await fs.mkdtemp(path.join(os.tmpdir(), "songhua-imports-"));
  server = await startServer({ demo: "", args: SERVE, data, readyWithin: 300_000 });
  browser = await openBrowser();
});

after(async () => {
  await browser?.close();
  await server?.stop();
  await fs.rm(data, { recursive: true, force: true });
});

/** A desk that is signed in. */
async function desk(open = wall, options = {}) {
  const context = await open(browser, { acceptDownloads: true, ...options });
  const page = await openPage(context, `${server.origin}/sign-in`);
  await signIn(page, "district", PASSWORD);
  return page;
}

/** Chooses what to bring and uploads a file. */
async function upload(page, kind, name, buffer) {
  await page.goto(`${server.origin}/registry/imports`);
  await page.locator(`a[href^="/registry/imports/new"]`).first().click();
  await page.locator(`a[href^="/registry/imports/new/${kind}"]`).click();
  await page.locator('input[type="file"]').setInputFiles({ name, mimeType: "application/octet-stream", buffer });
  await page.locator('form[enctype="multipart/form-data"] button[type="submit"]').click();
}

const checkButton = (page) => page.locator('form[action$="/columns"] button[type="submit"]');
const runButton = (page) => page.locator('form[action$="/run"] button[type="submit"]');

/** From the columns to the end of the import. */
async function importAll(page) {
  await checkButton(page).click();
  await runButton(page).click();
  await page.locator(".notice--good").waitFor();
}

test("places, then people from a CSV: checked, imported, and in the registry", async () => {
  const page = await desk();
  const places = [["编码", "名称"], [COMPOUND, "试验小区"], [`${COMPOUND}-01`, "1号楼"], [ENTRANCE, "1单元"]];
  await upload(page, "places", "地点.csv", csv(places));
  await importAll(page);
  assert.match(await page.locator(".account__sum").innerText(), /^3 行 = 导入 3 /);

  const people = Array.from({ length: 30 }, (_, n) => person(n, ENTRANCE));
  const wrong = person(40, ENTRANCE);
  wrong[2] = `${residentNumber(40).slice(0, 17)}${residentNumber(40).endsWith("1") ? "2" : "1"}`;
  const rows = [HEADER, ...people, wrong, person(0, ENTRANCE), person(41, "220202001001-NONE")];
  await upload(page, "persons", "东厂宅名册.csv", csv(rows));
  await page.locator("select[name=field]").first().waitFor();
  assert.doesNotMatch(await page.locator("main").innerText(), /6590011980/, "nobody is shown in the clear");
  assert.equal(await page.getByLabel("“身份证号”列的内容").inputValue(), "id_number");
  assert.equal(await page.getByLabel("“序号”列的内容").inputValue(), "");
  await assertAccessible(page);
  await screenshot(page, "imports-columns-wall");

  await checkButton(page).click();
  await runButton(page).waitFor();
  assert.match(await page.locator(".account__sum").innerText(), /^33 行 = 导入 30 \+ 已登记 1 \+ 未导入 2/);
  await page.getByRole("cell", { name: "身份证号校验码不对" }).first().waitFor();
  await assertAccessible(page);
  await screenshot(page, "imports-checked-wall");

  // The rejected rows come back in the shape of the file.
  await page.locator('select[name="purpose"]').selectOption("correction");
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.locator('button[name="status"][value="rejected"]').click(),
  ]);
  assert.equal(download.suggestedFilename(), "东厂宅名册-rejected.csv");
  const text = await fs.readFile(await download.path(), "utf8");
  const [header = "", first = "", second = "", ...others] = text.trimEnd().split("\r\n");
  assert.deepEqual(others, [], text);
  assert.equal(header, `\ufeff${HEADER.join(",")},工作表,行号,状态,字段,原因,原因(英文)`);
  assert.ok(first.startsWith(wrong.join(",")), first);
  assert.ok(second.includes(",34,未导入,place,"), second);

  await runButton(page).click();
  await page.locator(".notice--good").waitFor();
  await page.getByText("已导入 30 行").first().waitFor();
  await assertAccessible(page);
  await screenshot(page, "imports-done-wall");
  await page.goto(`${server.origin}/registry/places/${ENTRANCE}/households?purpose=correction`);
  assert.equal(await page.getByText("居**", { exact: false }).count(), 30);
  assert.deepEqual(page.errors, []);

  await page.goto(`${server.origin}/registry/imports`);
  await page.getByRole("link", { name: "东厂宅名册.csv" }).waitFor();
  await assertAccessible(page);
  await screenshot(page, "imports-history-wall");
  await page.context().close();
});

test("people from a workbook, on a phone, in English", async () => {
  const page = await desk(phone, { locale: "en-GB" });
  const rows = [["Residents of spring"], ["name", "id number", "mobile", "place code", "door"]];
  for (let n = 0; n < 20; n += 1) rows.push(person(100 + n, ENTRANCE).slice(1, 6));
  await page.goto(`${server.origin}/registry/imports/new`);
  await assertAccessible(page);
  await screenshot(page, "imports-choose-phone");
  await page.goto(`${server.origin}/registry/imports/new/persons`);
  await assertAccessible(page);
  await screenshot(page, "imports-upload-phone");
  await upload(page, "persons", "list.xlsx", xlsx(rows));
  await checkButton(page).waitFor();
  await page.getByText("workbook with 1 sheet").waitFor();
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "nothing runs off the side");
  await assertAccessible(page);
  await screenshot(page, "imports-columns-phone");
  await checkButton(page).click();
  await runButton(page).waitFor();
  await page.getByText("20 rows = 20 taken in").waitFor();
  await assertAccessible(page);
  await screenshot(page, "imports-checked-phone");
  await runButton(page).click();
  await page.getByText("20 rows were taken in").waitFor();
  await screenshot(page, "imports-done-phone");
  await page.goto(`${server.origin}/registry/places/${ENTRANCE}`);
  await page.getByRole("link", { name: "50" }).first().waitFor();
  assert.deepEqual(page.errors, []);
  await page.context().close();
});

test("what is no list is told beside the file, and a file that comes twice is told", async () => {
  const page = await desk();
  await upload(page, "persons", "photo.xlsx", Buffer.from("\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "latin1"));
  await page.locator(".field__error").waitFor();
  assert.match(await page.locator(".field__error").innerText(), /既不是表格/);
  await assertAccessible(page);
  await screenshot(page, "imports-wrong-file-wall");
  page.errors.length = 0; // The refusal's own status, as the browser logs it.

  const list = csv([HEADER, person(200, ENTRANCE)]);
  await upload(page, "persons", "一.csv", list);
  await importAll(page);
  await upload(page, "persons", "二.csv", list);
  await page.getByText("这个文件以前上传过").waitFor();
  await assertAccessible(page);
  await checkButton(page).click();
  await page.getByText("没有可导入的行").waitFor();
  assert.equal(await runButton(page).count(), 0);
  await page.locator(".disclosure summary").click();
  await page.locator('form[action$="/forget"] button').click();
  await page.getByText("文件已丢弃").waitFor();
  assert.deepEqual(page.errors, []);
  await page.context().close();
});

test("without script the page of a running import comes back by itself", async () => {
  const page = await desk(wall, { javaScriptEnabled: false });
  const rows = [HEADER, ...Array.from({ length: 4_000 }, (_, n) => person(1_000 + n, ENTRANCE))];
  await upload(page, "persons", "长.csv", csv(rows));
  await checkButton(page).click();
  await runButton(page).waitFor({ timeout: 60_000 });
  await page.getByText("4,000 行 = 导入 4,000").waitFor();
  await page.context().close();
});

test("a killed server goes on with an import, loses nobody and registers nobody twice", async () => {
  const PEOPLE = 30_000;
  const page = await desk();
  const rows = [HEADER, ...Array.from({ length: PEOPLE }, (_, n) => person(20_000 + n, ENTRANCE))];
  await upload(page, "persons", "大名册.csv", csv(rows));
  await checkButton(page).click();
  await runButton(page).waitFor({ timeout: 120_000 });
  await runButton(page).click();
  // Rows are coming in, live, and not all are there yet.
  await page.locator(".progress__label", { hasText: /合格 [1-9]/ }).waitFor({ timeout: 60_000 });
  await screenshot(page, "imports-running-wall");
  const where = new URL(page.url()).pathname;
  await server.stop("SIGKILL");
  server = await startServer({ demo: "", args: SERVE, data, readyWithin: 300_000 });
  await page.goto(`${server.origin}${where}`);
  await page.getByText("已导入 30,000 行").first().waitFor({ timeout: 120_000 });
  await page.goto(`${server.origin}/registry/places/${ENTRANCE}`);
  const figure = page.locator(".figure__value").nth(1);
  assert.equal(await figure.innerText(), (PEOPLE + 30 + 20 + 1).toLocaleString("en"));
  await page.context().close();
  await server.stop();
  const bin = process.env.SONGHUA_BIN ?? path.join(root, "target", "debug", "songhua");
  const audit = spawnSync(bin, ["audit", "--data", data], { cwd: root, encoding: "utf8" });
  assert.equal(audit.status, 0, audit.stdout + audit.stderr);
});
