// The field app on phones, against the real server with a demo county: whole shifts without a
// network, broken batteries, refusals, and every screen in both languages.

import assert from "node:assert/strict";
import * as fs from "node:fs/promises";
import http from "node:http";
import { createRequire } from "node:module";
import os from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { film } from "./camera.mjs";
import {
  allSynced,
  cameraOff,
  demoServer,
  enrol,
  fillTube,
  longCode,
  queue,
  readQr,
  said,
  session,
  show,
  signInDesk,
  signInHere,
  type,
  unit,
  unlock,
  unsampled,
} from "./field-phone.mjs";
import { assertAccessible, assertAccessibleByDayAndNight, openBrowser, openPage, root, screenshot, wall } from "./harness.mjs";

const require = createRequire(path.join(root, "web", "package.json"));

/** @type {Awaited<ReturnType<typeof demoServer>>} */
let server;
/** @type {import("playwright-core").Browser} */
let browser;
let origin = "";

before(async () => {
  server = await demoServer();
  origin = server.origin;
  browser = await openBrowser();
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

test("a shift without network: ten persons, a box, a hand-over between two phones, then the server has it all", async () => {
  const sampler = await session(origin, "sampler");
  const persons = unsampled(await sampler.bundle(), 10);
  const [site, road] = [await enrol(browser, origin, "sampler"), await enrol(browser, origin, "courier")];
  const [tube, box] = [unit("T", 90_000_001), unit("B", 90_000_001)];
  await cameraOff(site.page);
  await cameraOff(road.page);
  await site.context.setOffline(true);
  await road.context.setOffline(true);

  await fillTube(site.page, tube, persons.slice(0, 5));
  // The app must open again without a network, in the middle of a tube.
  await site.page.reload();
  await site.page.locator(".members li").nth(4).waitFor();
  assert.match((await site.page.locator(".count").textContent()) ?? "", /^5\/10$/);
  for (const { id } of persons.slice(5)) {
    await type(site.page, longCode("P", id));
    await said(site.page, /第 \d+ 位/);
  }
  await site.page.locator(".count.full").waitFor();
  await type(site.page, longCode("P", persons[0].id));
  await said(site.page, "已在此管第 1 位");
  await site.page.getByRole("button", { name: "封管 10/10" }).click();
  await site.page.locator(".sealed").waitFor();

  await show(site.page, "box");
  await type(site.page, box);
  await site.page.locator(".tube-head").waitFor();
  await type(site.page, tube);
  await said(site.page, "第 1 管");
  await site.page.getByRole("button", { name: "封箱 · 1 管" }).click();

  // The courier shows who they are; the site scans it, records, and shows its offer in return.
  await show(road.page, "hand/take");
  const card = await readQr(road.page);
  assert.match(card, /^SH1\|C\|courier:/);
  // The site has more in hand than this box: only this one is given.
  const offered = site.page.locator(".tick-unit");
  await offered.first().waitFor();
  for (const line of await offered.all()) {
    await line.locator("input").setChecked((await line.textContent())?.includes(box.slice(7, 15)) ?? false);
  }
  await site.page.getByRole("button", { name: /^下一步：扫对方的码/ }).click();
  await type(site.page, card);
  await site.page.locator(".who-line").waitFor();
  await site.page.getByRole("button", { name: /^确认交出 1 件/ }).click();
  const offer = await readQr(site.page);
  assert.ok(offer.includes(`${box}*1`), offer);
  await type(road.page, offer);
  await road.page.getByRole("button", { name: "确认接收 1 件" }).click();
  await road.page.locator(".tasks").waitFor();
  // The first screen shows the most urgent three; all are on the list.
  await show(road.page, "held");
  await road.page.locator(".unit", { hasText: box.slice(7, 15) }).waitFor();
  await site.page.getByRole("button", { name: "完成" }).click();

  assert.equal((await queue(site.page)).every(({ state }) => state === "waiting"), true);
  assert.equal((await sampler.held()).some((held) => held.unit === tube), false, "the server knows nothing yet");

  await site.context.setOffline(false);
  await road.context.setOffline(false);
  await allSynced(site.page);
  await allSynced(road.page);
  for (const { page } of [site, road]) {
    const refused = (await queue(page)).filter(({ state }) => state !== "accepted");
    assert.deepEqual(refused, [], "nothing was refused");
  }
  const courier = await session(origin, "courier");
  const held = await courier.held();
  assert.equal(held.find((each) => each.unit === box)?.step, "in_transit");
  assert.equal(held.find((each) => each.unit === tube)?.within, box);
  const bundle = await sampler.bundle();
  const round = bundle.rounds[0].id;
  for (const { id } of persons) {
    assert.ok(bundle.persons.find((each) => each.id === id)?.sampled.includes(round), `${id} was sampled`);
  }
  assert.deepEqual([...site.page.errors, ...road.page.errors].filter((text) => !/ERR_INTERNET_DISCONNECTED/.test(text)), []);
  await site.context.close();
  await road.context.close();
});

/** Chromium with a profile that outlives it, as on a real phone. */
async function installedPhone(profile) {
  /** @type {typeof import("playwright-core")} */
  const { chromium } = require("playwright-core");
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.SONGHUA_CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"],
    locale: "zh-CN",
    timezoneId: "Asia/Shanghai",
    viewport: { width: 390, height: 844 },
  });
  // Chromium's lock on its profile names its process: HOST-PID.
  const lock = await fs.readlink(path.join(profile, "SingletonLock"));
  return { context, pid: Number(lock.slice(lock.lastIndexOf("-") + 1)) };
}

test("a battery that dies in the middle of a tube loses nothing", async () => {
  const sampler = await session(origin, "sampler");
  const persons = unsampled(await sampler.bundle(), 4);
  const tube = unit("T", 90_000_002);
  const profile = await fs.mkdtemp(path.join(os.tmpdir(), "songhua-phone-"));
  try {
    const first = await installedPhone(profile);
    const page = await openPage(first.context, `${origin}/field/`);
    await signInHere(page, "sampler");
    await cameraOff(page);
    await first.context.setOffline(true);
    await fillTube(page, tube, persons.slice(0, 3));
    // No warning, no chance to tidy up: the process is gone.
    process.kill(first.pid, "SIGKILL");
    await first.context.close().catch(() => undefined);

    const second = await installedPhone(profile);
    await second.context.setOffline(true);
    const again = await openPage(second.context, `${origin}/field/`);
    await unlock(again);
    await again.locator(".unfinished").click();
    await again.locator(".members li").nth(2).waitFor();
    assert.match((await again.locator(".count").textContent()) ?? "", /^3\/10$/);
    await type(again, longCode("P", persons[3].id));
    await said(again, "第 4 位");
    await again.locator(".sticky button").click();
    await again.getByRole("button", { name: "封管", exact: true }).click();
    await again.locator(".sealed").waitFor();
    await second.context.setOffline(false);
    await allSynced(again);
    assert.ok((await sampler.held()).some((held) => held.unit === tube));
    await second.context.close();
  } finally {
    await fs.rm(profile, { recursive: true, force: true });
  }
});

test("a refused command says why in words, stays over a reload, and goes only when it has been read", async () => {
  const sampler = await session(origin, "sampler");
  const bundle = await sampler.bundle();
  const [person] = unsampled(bundle, 1);
  const tube = unit("T", 90_000_003);
  const { page, context } = await enrol(browser, origin, "sampler");
  await cameraOff(page);
  await context.setOffline(true);
  await fillTube(page, tube, [person]);
  await page.locator(".sticky button").click();
  await page.getByRole("button", { name: "封管", exact: true }).click();
  await page.locator(".sealed").waitFor();
  // Meanwhile the same filling was entered from paper.
  await sampler.send({
    collect: {
      round: bundle.rounds[0].id, tube, site: sampler.holder, community: bundle.community,
      mode: "ten", zone: "other", persons: [person.id], started_at: Date.now() * 1000,
    },
  });
  await context.setOffline(false);
  await page.locator(".pill.refused").waitFor({ timeout: 30_000 });
  await show(page, "queue");
  const entry = page.locator(".entry.refused");
  await entry.getByText("原因").waitFor();
  assert.match((await entry.locator(".refusal").textContent()) ?? "", /怎么办./);
  await page.reload();
  await page.locator(".entry.refused").waitFor();
  await assertAccessible(page);
  await screenshot(page, "field-refused");
  await page.getByRole("button", { name: "我知道了" }).click();
  await page.locator(".pill.all").waitFor();
  await page.locator(".entry.read").waitFor();
  await context.close();
});

test("what the server cannot record stays in sight, and goes when it can", async () => {
  const sampler = await session(origin, "sampler");
  const [person] = unsampled(await sampler.bundle(), 1);
  const tube = unit("T", 90_000_013);
  const { page, context } = await enrol(browser, origin, "sampler");
  await cameraOff(page);
  await context.setOffline(true);
  await fillTube(page, tube, [person]);
  await page.locator(".sticky button").click();
  await page.getByRole("button", { name: "封管", exact: true }).click();
  await page.locator(".sealed").waitFor();
  // A server with a bug in one of its rules.
  const refusal = {
    code: "not-recorded", args: { reason: "rule" },
    message: { zh: "服务器无法记录这一条：程序中的一条规则出错。没有产生任何效果。", en: "A rule failed." },
    next: { zh: "请保留这条记录并告知管理员。", en: "Keep it." },
  };
  let asked = 0;
  await context.route("**/api/v1/commands*", async (route) => {
    asked += 1;
    const { commands } = route.request().postDataJSON();
    const outcomes = commands.map(({ id }) => ({ id, status: "not_recorded", duplicate: false, refusal }));
    await route.fulfill({ json: { outcomes } });
  });
  await context.setOffline(false);
  await page.locator(".pill.refused").waitFor({ timeout: 30_000 });
  await show(page, "queue");
  const entry = page.locator(".entry.unrecorded");
  await entry.getByText("怎么办").waitFor();
  await page.reload();
  await entry.waitFor();
  await assertAccessible(page);
  await screenshot(page, "field-unrecorded");
  // Syncing again does not send it round and round.
  const before = asked;
  await page.getByRole("button", { name: "立即同步" }).click();
  await page.locator(".sync-state").waitFor();
  assert.equal(asked, before);
  await context.unroute("**/api/v1/commands*");
  await page.getByRole("button", { name: "重新发送" }).click();
  await page.locator(".pill.all").waitFor({ timeout: 30_000 });
  assert.ok((await sampler.held()).some((held) => held.unit === tube), "the server has the tube now");
  await context.close();
});

test("a session that ended asks for a sign-in and keeps the queue", async () => {
  const sampler = await session(origin, "sampler");
  const [person] = unsampled(await sampler.bundle(), 1);
  const { page, context } = await enrol(browser, origin, "sampler");
  await cameraOff(page);
  await page.evaluate(
    () =>
      new Promise((done) => {
        const opening = indexedDB.open("songhua-field");
        opening.onsuccess = () => {
          const read = opening.result.transaction("kept").objectStore("kept").get("session");
          read.onsuccess = async () => {
            opening.result.close();
            await fetch("/api/v1/sessions", { method: "DELETE", headers: { Authorization: `Bearer ${read.result.token}` } });
            done(undefined);
          };
        };
      }),
  );
  const tube = unit("T", 90_000_004);
  await fillTube(page, tube, [person]);
  await page.locator(".sticky button").click();
  await page.getByRole("button", { name: "封管", exact: true }).click();
  await show(page, "queue");
  await page.getByRole("link", { name: "重新登录" }).click();
  await page.locator('input[name="password"]').fill("songhua-demo");
  await page.locator('form button[type="submit"]').click();
  await allSynced(page);
  assert.ok((await sampler.held()).some((held) => held.unit === tube));
  await context.close();
});

test("a backup carries the queue to another phone, and sending from both does no harm", async () => {
  const sampler = await session(origin, "sampler");
  const persons = unsampled(await sampler.bundle(), 2);
  const broken = await enrol(browser, origin, "sampler");
  await cameraOff(broken.page);
  await broken.context.setOffline(true);
  const [sealed, open] = [unit("T", 90_000_005), unit("T", 90_000_006)];
  await fillTube(broken.page, sealed, [persons[0]]);
  await broken.page.locator(".sticky button").click();
  await broken.page.getByRole("button", { name: "封管", exact: true }).click();
  await broken.page.locator(".sealed").waitFor();
  await fillTube(broken.page, open, [persons[1]]);
  await show(broken.page, "settings");
  const downloading = broken.page.waitForEvent("download");
  await broken.page.getByRole("button", { name: /^导出备份/ }).click();
  const file = await (await downloading).path();
  const text = await fs.readFile(file, "utf8");
  assert.doesNotMatch(text, /\*\*|"last4":"\d/, "no names, not even masked ones");

  const spare = await enrol(browser, origin, "sampler");
  await cameraOff(spare.page);
  await show(spare.page, "settings");
  await spare.page.locator('input[type="file"]').setInputFiles(file);
  await spare.page.getByRole("dialog").getByRole("button", { name: "导入" }).click();
  await spare.page.getByText("已导入 1 条").waitFor();
  await allSynced(spare.page);
  assert.ok((await sampler.held()).some((held) => held.unit === sealed));
  await show(spare.page, "collect");
  await spare.page.locator(".members li").waitFor();
  // The broken phone comes back to life.
  await broken.context.setOffline(false);
  await allSynced(broken.page);
  const entries = await queue(broken.page);
  assert.deepEqual(entries.map(({ state }) => state), ["accepted"]);
  await broken.context.close();
  await spare.context.close();
});

test("a phone without room says so, keeps what it has, and goes on when there is room again", async () => {
  const [person] = unsampled(await (await session(origin, "sampler")).bundle(), 1);
  const { page, context } = await enrol(browser, origin, "sampler");
  await cameraOff(page);
  await fillTube(page, unit("T", 90_000_040), []);
  await page.evaluate(() => {
    const put = IDBObjectStore.prototype.put;
    Object.assign(globalThis, { room: () => (IDBObjectStore.prototype.put = put) });
    IDBObjectStore.prototype.put = () => {
      throw new DOMException("The quota has been exceeded.", "QuotaExceededError");
    };
  });
  await type(page, longCode("P", person.id));
  const told = page.locator(".notice.bad");
  await told.waitFor();
  assert.match((await told.textContent()) ?? "", /存储空间已满.*用纸记录/);
  assert.equal(await page.locator(".members li").count(), 0, "what was not kept is not shown as kept");
  await page.evaluate(() => /** @type {any} */ (globalThis).room());
  await type(page, longCode("P", person.id));
  await page.locator(".members li").waitFor();
  await context.close();
});

test("the screen follows the phone into the night, and the settings overrule it in the sun", async () => {
  const { page, context } = await enrol(browser, origin, "courier");
  const ground = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  const light = await ground();
  await page.emulateMedia({ colorScheme: "dark" });
  assert.notEqual(await ground(), light);
  await show(page, "settings");
  await page.getByText("亮（户外）").click();
  await page.locator("html[data-screen=light]").waitFor();
  assert.equal(await ground(), light);
  await page.reload();
  await page.locator("html[data-screen=light]").waitFor();
  assert.equal(await ground(), light, "the choice is kept");
  await context.close();
});

test("a walk-in is registered with the network gone, and known to the server by the number", async () => {
  const { page, context } = await enrol(browser, origin, "sampler");
  await cameraOff(page);
  await context.setOffline(true);
  await fillTube(page, unit("T", 90_000_007), []);
  await page.getByRole("button", { name: "名单外登记" }).click();
  const form = page.getByRole("dialog").locator("form");
  await form.locator("input").nth(0).fill("欧阳锋");
  await form.locator("input").nth(1).fill("110105194912310021");
  await form.getByRole("button", { name: "登记并加入此管" }).click();
  await form.getByText("校验位不符").waitFor();
  // The example of the standard GB 11643.
  await form.locator("input").nth(1).fill("11010519491231002X");
  await form.getByRole("button", { name: "登记并加入此管" }).click();
  await page.locator(".members li", { hasText: "欧** 002X" }).waitFor();
  const kept = JSON.stringify(await queue(page));
  assert.doesNotMatch(kept, /11010519491231002X|欧阳锋/, "the phone does not keep the number");
  await page.locator(".sticky button").click();
  await page.getByRole("button", { name: "封管", exact: true }).click();
  await page.locator(".sealed").waitFor();
  await context.setOffline(false);
  await allSynced(page);
  assert.deepEqual((await queue(page)).map(({ state }) => state), ["accepted", "accepted"]);
  await context.close();
});

test("a laboratory receives a box, finds a tube missing, loads a plate and enters a result", async () => {
  const sampler = await session(origin, "sampler");
  const bundle = await sampler.bundle();
  const persons = unsampled(bundle, 3);
  const tubes = [1, 2, 3].map((n) => unit("T", 90_000_010 + n));
  const box = unit("B", 90_000_010);
  const courier = await session(origin, "courier");
  const now = Date.now() * 1000;
  await sampler.send(
    ...tubes.map((tube, at) => ({
      collect: {
        round: bundle.rounds[0].id, tube, site: sampler.holder, community: bundle.community,
        mode: "single", zone: "other", persons: [persons[at].id], started_at: now,
      },
    })),
    { pack: { box, tubes, holder: sampler.holder } },
    { seal_box: { box } },
    { hand_over: { unit: box, giver: sampler.holder, taker: courier.holder } },
  );
  const { page, context } = await enrol(browser, origin, "laboratory");
  await cameraOff(page);
  await show(page, "receive");
  await type(page, box);
  await page.getByLabel("由谁送来").selectOption(courier.holder);
  await page.getByLabel("不开箱清点的管数").fill("2");
  await page.getByRole("button", { name: "接收此箱" }).click();
  await page.locator(".tube-head").waitFor();
  for (const tube of tubes.slice(0, 2)) {
    await type(page, tube);
    await said(page, tube.slice(7, 15));
  }
  await page.getByRole("heading", { name: "缺 1 管" }).waitFor();
  await type(page, tubes[0]);
  await said(page, "此管已清点");
  await page.locator(".sticky button").click();
  // By now the server has told this phone what was packed: it asks before it records the gap.
  await page.getByRole("dialog").getByText("缺 1 管").waitFor();
  await page.getByRole("dialog").getByRole("button", { name: "如实记录" }).click();
  await page.getByText("已清点，2 管").waitFor();
  await allSynced(page);
  const opened = (await queue(page)).find(({ command }) => command.testing.open_box);
  assert.deepEqual(opened.notes.map(({ code }) => code), ["box-tubes-missing"], "the server says what is missing");

  await show(page, "plate");
  await type(page, "TEST-PLATE-1");
  await page.locator(".plate").waitFor();
  await type(page, tubes[0]);
  await said(page, "A1");
  await page.getByRole("button", { name: "D5 空" }).click();
  await type(page, tubes[1]);
  await said(page, "D5");
  await assertAccessible(page);
  await screenshot(page, "field-plate");
  await page.getByRole("button", { name: "完成上板 · 2 管" }).click();

  await show(page, "result");
  await type(page, tubes[0]);
  await page.getByLabel("N 基因 Ct").fill("99");
  await page.getByRole("button", { name: "录入", exact: true }).last().click();
  await page.getByText("应为 5 到 50 之间的数").waitFor();
  await page.getByLabel("N 基因 Ct").fill("");
  await page.getByLabel("内参 Ct").fill("28.5");
  await page.getByRole("button", { name: "录入", exact: true }).last().click();
  await page.getByText("最近录入").waitFor();
  await allSynced(page);
  const states = (await queue(page)).map(({ state }) => state);
  assert.ok(states.every((state) => state === "accepted"), states.join(" "));
  const laboratory = await session(origin, "laboratory");
  const held = await laboratory.held();
  assert.equal(held.find((each) => each.unit === tubes[1])?.step, "loaded");
  await context.close();
});

test("the camera reads a tube, and a hardware scanner works wherever the focus is", async () => {
  const sampler = await session(origin, "sampler");
  const [person] = unsampled(await sampler.bundle(), 1);
  const dir = await fs.mkdtemp(path.join(os.tmpdir(), "songhua-film-"));
  const camera = await film(unit("T", 90_000_020), path.join(dir, "tube.y4m"));
  const seeing = await openBrowser({ camera });
  try {
    const { page } = await enrol(seeing, origin, "sampler");
    await show(page, "collect");
    await page.locator(".tube-head .code", { hasText: "90000020" }).waitFor({ timeout: 60_000 });
    // The code is still in view: that must not disturb.
    await page.getByRole("button", { name: "从名单选" }).focus();
    await page.keyboard.type(longCode("P", person.id), { delay: 3 });
    await page.keyboard.press("Enter");
    await page.locator(".members li").waitFor();
    assert.equal(await page.getByRole("dialog").count(), 0, "Enter did not press the button");
    await screenshot(page, "field-camera");
  } finally {
    await seeing.close();
    await fs.rm(dir, { recursive: true });
  }
});

test("the app locks, opens by its number without a network, and forgets the list after five wrong ones", async () => {
  const { page, context } = await enrol(browser, origin, "sampler");
  await context.setOffline(true);
  await show(page, "settings");
  await page.getByRole("button", { name: "立即锁定" }).click();
  await page.reload();
  await unlock(page);
  await page.locator("header .pill").waitFor();
  await show(page, "settings");
  await page.getByRole("button", { name: "立即锁定" }).click();
  for (let left = 4; left > 0; left--) {
    await unlock(page, "0000");
    await page.getByText(`还可以试 ${left} 次`).first().waitFor();
  }
  await unlock(page, "0000");
  await page.locator('input[name="password"]').waitFor();
  const kept = await page.evaluate(
    () =>
      new Promise((done) => {
        const opening = indexedDB.open("songhua-field");
        opening.onsuccess = () => {
          const keys = opening.result.transaction("kept").objectStore("kept").getAllKeys();
          keys.onsuccess = () => done(keys.result);
        };
      }),
  );
  assert.deepEqual(/** @type {string[]} */ (kept).filter((key) => ["bundle", "session", "lock", "walkIns", "held"].includes(key)), []);
  await context.close();
});

/** Stands before the server as another origin, and can hand out a newer service worker. */
async function withNewerVersion() {
  let newer = false;
  const proxy = http.createServer((request, response) => {
    const to = new URL(request.url ?? "/", origin);
    // Whole answers only: "not modified" and compressed ones could not be changed on the way.
    const { "if-none-match": _tag, "accept-encoding": _coding, ...headers } = request.headers;
    const passed = http.request(to, { method: request.method, headers: { ...headers, host: to.host } }, (answer) => {
      const parts = [];
      answer.on("data", (part) => parts.push(part));
      answer.on("end", () => {
        const headers = { ...answer.headers };
        delete headers["transfer-encoding"];
        delete headers["content-length"];
        const worker = newer && to.pathname === "/field/sw.js";
        if (worker) delete headers["etag"];
        response.writeHead(answer.statusCode ?? 502, headers);
        response.end(worker ? Buffer.concat([...parts, Buffer.from("\n// newer")]) : Buffer.concat(parts));
      });
    });
    passed.on("error", () => response.writeHead(502).end());
    request.pipe(passed);
  });
  await new Promise((ready) => proxy.listen(0, "127.0.0.1", () => ready(undefined)));
  const address = proxy.address();
  return {
    origin: `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`,
    release: () => (newer = true),
    stop: () => {
      proxy.closeAllConnections();
      proxy.close();
    },
  };
}

test("a new version waits for the open tube, and then for a tap", async () => {
  const [person] = unsampled(await (await session(origin, "sampler")).bundle(), 1);
  const front = await withNewerVersion();
  try {
    const { page, context } = await enrol(browser, front.origin, "sampler");
    await cameraOff(page);
    await fillTube(page, unit("T", 90_000_030), [person]);
    front.release();
    await page.evaluate(async () => void (await (await navigator.serviceWorker.ready).update()));
    await page.waitForFunction(async () => (await navigator.serviceWorker.ready).waiting !== null);
    assert.equal(await page.locator(".update").count(), 0, "not while a tube is open");
    await page.locator(".sticky button").click();
    await page.getByRole("button", { name: "封管", exact: true }).click();
    await page.locator(".update").waitFor();
    await Promise.all([page.waitForEvent("load"), page.getByRole("button", { name: "更新" }).click()]);
    await page.locator(".sealed").waitFor();
    assert.equal(await page.locator(".update").count(), 0);
    assert.equal(await page.evaluate(async () => (await navigator.serviceWorker.ready).waiting), null);
    await context.close();
  } finally {
    front.stop();
  }
});

/** Everything that can be touched is at least 44 pixels high. */
async function assertTargets(page) {
  const small = await page.evaluate(() =>
    [...document.querySelectorAll("button, a[href], select, input:not([type=hidden]), label.option")]
      .filter((element) => !element.closest(".visually-hidden") && !element.matches('label.option input, label.unit input, .file input'))
      .map((element) => ({ box: element.getBoundingClientRect(), text: element.textContent || element.outerHTML.slice(0, 80) }))
      .filter(({ box }) => box.width > 0 && (box.height < 43.5 || box.width < 36))
      .map(({ box, text }) => `${text.trim()} ${Math.round(box.width)}×${Math.round(box.height)}`),
  );
  assert.deepEqual(small, [], page.url());
}

const SCREENS = {
  sampler: ["home", "collect", "box", "hand/give", "hand/take", "doors", "paper", "held", "queue", "settings"],
  laboratory: ["home", "receive", "plate", "result", "held"],
  courier: ["home", "hand", "receive", "held"],
  grid: ["home", "doors", "paper"],
};

for (const language of /** @type {const} */ (["zh", "en"])) {
  for (const [login, screens] of Object.entries(SCREENS)) {
    test(`every screen of the ${login} is accessible and fits a phone (${language})`, async () => {
      const { page, context } = await enrol(browser, origin, login, language);
      await cameraOff(page);
      for (const screen of screens) {
        await show(page, screen);
        await assertAccessibleByDayAndNight(page);
        await assertTargets(page);
        const { wide, lang, text } = await page.evaluate(() => ({
          wide: document.documentElement.scrollWidth - innerWidth,
          lang: document.documentElement.lang,
          text: document.body.innerText,
        }));
        assert.ok(wide <= 0, `${screen} is ${wide} pixels too wide`);
        assert.equal(lang, language === "zh" ? "zh-CN" : "en");
        assert.doesNotMatch(text, /\{\w+[|}]/, `${screen} shows a text without its value`);
        await screenshot(page, `field-${language}-${login}-${screen.replace("/", "-")}`);
      }
      assert.deepEqual(page.errors, []);
      await context.close();
    });
  }
}

test("sheets and labels for printing open, and a phone reads what is on them", async () => {
  const context = await wall(browser);
  const page = await openPage(context, `${origin}/sign-in`);
  await signInDesk(page, origin, "district");
  const sampler = await session(origin, "sampler");
  const { compounds } = await sampler.bundle();
  await page.goto(`${origin}/paper?q=${compounds[0].code}`);
  await assertAccessible(page);
  await screenshot(page, "field-paper");
  await page.goto(`${origin}/paper/households/${compounds[0].code}`);
  await assertAccessible(page);
  assert.match(await readQr(page), /^H[0-9A-Z]{26}$/);
  await screenshot(page, "field-paper-households");
  await page.goto(`${origin}/paper`);
  await page.locator('input[name="count"]').fill("12");
  await page.locator('form:has(input[name="count"]) button').click();
  await page.locator(".labels li").nth(11).waitFor();
  await assertAccessible(page);
  assert.match(await readQr(page), /^T220202\d{8}[0-9A-Z]$/);
  await screenshot(page, "field-paper-labels");
  assert.deepEqual(page.errors, []);
  await context.close();
});
