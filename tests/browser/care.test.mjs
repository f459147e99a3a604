// Care in a browser: from a positive to a bed to the way home, on a wall and on a phone, in both
// languages.

import assert from "node:assert/strict";
import { test } from "node:test";
import { browser, desk, go, openCity, server } from "./desk-page.mjs";
import { AREA, PASSWORD, commandId } from "./field-phone.mjs";
import { assertAccessible, openPage, phone, screenshot } from "./harness.mjs";

const HOUR = 3_600_000;

openCity("care");

const submit = (page, action) => page.locator(`form[action$="${action}"] button[type="submit"]`).first().click();

/** Opens a folded form of an episode and gives it. */
async function unfold(page, name) {
  const form = page.locator(`form[action$="/${name}"]`);
  if (!(await form.isVisible())) await page.locator(`details:has(form[action$="/${name}"]) > summary`).click();
  return form;
}

/** A case by hand; gives the address of the episode. */
async function openCase(page, name, { klass = "confirmed", severity = "moderate", birth = "1980-01-31" } = {}) {
  await go(page, "/cases/open");
  await page.locator("#field-name").fill(name);
  await page.locator("#field-id_type").selectOption("none");
  await page.locator("#field-birth").fill(birth);
  await page.locator("#field-sex").selectOption("female");
  await page.locator("#field-class").selectOption(klass);
  await page.locator("#field-severity").selectOption(severity);
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

/** A device of the district desk that sends commands of the care desk. */
async function pad() {
  const { token } = await post("/api/v1/sessions", { login: "district", password: PASSWORD, device: "ward pad" });
  return async (at, command, desk = "care") => {
    const commands = [{ id: commandId(), area: AREA, event_time: at * 1000, command: { [desk]: command } }];
    const { outcomes } = await post("/api/v1/commands", { device: "ward pad", device_time: Date.now() * 1000, commands }, token);
    assert.equal(outcomes[0].status, "accepted", JSON.stringify(outcomes));
  };
}

/** The episode of whoever waits alone in a condition. */
async function waiting(page, rank) {
  await go(page, `/care/queue?rank=${rank}`);
  const href = await page.locator('main a[href^="/care/episodes/"]').first().getAttribute("href");
  return href.split("/").pop();
}

test("a hospital is put up, with a ward, beds and staff", async () => {
  const page = await desk("district");
  await go(page, "/care/facilities/new");
  await page.locator("#field-code").fill("JL-H9");
  await page.locator("#field-kind").selectOption("hospital");
  await page.locator("#field-name_zh").fill("江北医院");
  await page.locator("#field-name_en").fill("North hospital");
  await page.locator("#field-turnaround").fill("120");
  await assertAccessible(page);
  await submit(page, `/care/facilities/new?area=${AREA}`);
  await page.waitForURL(/facilities\/ward:JL-H9/);
  await page.locator('form[action$="/wards"] #field-ward').fill("W1");
  await page.locator('form[action$="/wards"] #field-name_zh').fill("一病区");
  await page.locator('form[action$="/wards"] #field-name_en').fill("Ward 1");
  await page.locator('form[action$="/wards"] #field-level').selectOption("ward");
  await submit(page, "/wards");
  await page.locator("tbody tr", { hasText: "一病区" }).first().waitFor();
  const beds = await unfold(page, "beds");
  await beds.locator("#field-first").fill("1");
  await beds.locator("#field-count").fill("4");
  await submit(page, "/beds");
  const staff = await unfold(page, "staff");
  await staff.locator("#field-claimed").fill("10");
  await staff.locator("#field-nurses").fill("1");
  await staff.locator("#field-per_nurse").fill("3");
  await submit(page, "/staff");
  const row = page.locator("tbody tr", { hasText: "一病区" }).first();
  await row.waitFor();
  const text = await row.innerText();
  // Claimed 10, set up 4, staffed 3, usable 3.
  assert.match(text.replaceAll(/\s+/g, " "), /10 4 3 3/);
  await assertAccessible(page);
  await screenshot(page, "care-facility");
  await page.context().close();
});

test("from a positive to a bed, to the criteria, to the way home", async () => {
  const page = await desk("district");
  await openCase(page, "王小明");
  await openCase(page, "李雷", { klass: "asymptomatic", severity: "asymptomatic" });
  await go(page, "/care");
  await page.locator("tr", { hasText: "普通型" }).first().waitFor();
  await assertAccessible(page);
  await screenshot(page, "care-board");
  await go(page, "/care/queue");
  await assertAccessible(page);
  await screenshot(page, "care-queue");

  // The plan proposes the hospital for the moderate case, and says why.
  await go(page, "/care/plan");
  const line = page.locator("tr", { hasText: "普通型" });
  await line.waitFor();
  assert.match(await line.innerText(), /医院 .*病区/);
  assert.match(await line.innerText(), /没有更合适的/);
  await assertAccessible(page);
  await screenshot(page, "care-plan");
  await page.locator('form[action^="/care/plan"] button[type="submit"]').first().click();
  await page.locator(".notice--good").waitFor();
  // Moderate, without a factor of risk: nobody else is.
  await go(page, "/care/queue?stage=assigned&rank=6");
  await page.locator('main a[href^="/care/episodes/"]').first().click();
  await page.waitForURL(/\/care\/episodes\/E/);
  const episode = new URL(page.url()).pathname;

  await (await unfold(page, "depart")).locator("#field-depart-vehicle").fill("吉B-120");
  await submit(page, "/depart");
  await page.locator("main", { hasText: "转运中" }).waitFor();
  await submit(page, "/admit");
  await page.locator("main", { hasText: "未达标" }).waitFor();
  await assertAccessible(page);
  await screenshot(page, "care-episode");

  // Before the criteria are met somebody leaves only with a reason.
  await unfold(page, "release");
  await submit(page, "/release");
  await page.locator(".field__error, .notice--bad").first().waitFor();
  assert.match(await page.locator("main").innerText(), /未达解除标准/);

  // Rounds of four days and two tests, as the ward's devices send them.
  const id = episode.split("/").pop();
  const send = await pad();
  const now = Date.now();
  await send(now - 80 * HOUR, { round: { episode: id, observation: { temperature: 36.6 }, symptoms_better: true, imaging_improved: true } });
  for (const back of [50, 20]) {
    await send(now - HOUR, { test: { episode: id, sampled_at: (now - back * HOUR) * 1000, ct_n: 37.5, laboratory: `ward ${back}` } });
  }
  await page.goto(`${server.origin}${episode}`);
  const ward = await page.locator('main a[href*="/wards/"]').first().getAttribute("href");
  await page.goto(`${server.origin}${ward}`);
  await page.locator("td", { hasText: "可以出院" }).waitFor();
  await assertAccessible(page);
  await screenshot(page, "care-ward");
  await page.goto(`${server.origin}${episode}`);
  await unfold(page, "release");
  await submit(page, "/release");
  await page.locator("main", { hasText: "健康监测" }).waitFor();
  await page.goto(`${server.origin}${ward}`);
  await page.locator('input[name="bed"]').first().check();
  await submit(page, "/clean");
  await page.locator("td", { hasText: "空床" }).first().waitFor();
  assert.equal(await page.locator('input[name="bed"]').count(), 0);
  await go(page, "/care/home");
  await page.locator("td", { hasText: "健康监测" }).first().waitFor();
  await assertAccessible(page);
  await go(page, "/care/numbers");
  await assertAccessible(page);
  await screenshot(page, "care-numbers");
  await page.context().close();
});

/** Of the critical patient of the next tests. */
let critical = "";

test("one patient, one policy: plan, team, consultation, orders", async () => {
  const page = await desk("district");
  const send = await pad();
  await openCase(page, "赵大力", { severity: "critical", birth: "1971-02-03" });
  critical = await waiting(page, 10);
  const now = Date.now();
  await send(now - 30 * HOUR, { admit: { episode: critical, facility: "ward:JL-H1", ward: "ICU", reason: "came by ambulance" } });
  await go(page, "/care/critical");
  await page.locator(".notice--bad", { hasText: "无诊疗方案" }).waitFor();
  await assertAccessible(page);
  await page.goto(`${server.origin}/care/episodes/${critical}`);
  await page.locator(".notice--bad", { hasText: "请制定方案" }).waitFor();

  // Without somebody who leads it a plan is none; what was typed stays.
  const plan = page.locator('form[action$="/plan"]');
  await plan.locator("#field-plan-goals").fill("氧合指数稳定\n48小时内评估脱机");
  await plan.locator("#field-plan-team_nurse").fill("李护士、周护士");
  await submit(page, "/plan");
  await page.locator(".field__error, .error-summary").first().waitFor();
  assert.equal(await plan.locator("#field-plan-team_nurse").inputValue(), "李护士、周护士");
  await plan.locator("#field-plan-team_lead").fill("王主任");
  await submit(page, "/plan");
  await page.locator("main", { hasText: "第1版" }).waitFor();
  await page.locator("dd", { hasText: "李护士，周护士" }).or(page.locator("dd", { hasText: "李护士、周护士" })).first().waitFor();

  const question = await unfold(page, "consult");
  await question.locator("#field-consult-tier").selectOption("province");
  await question.locator("#field-consult-whom").fill("省级专家组");
  await question.locator("#field-consult-question").fill("是否俯卧位通气？");
  await submit(page, "/consult");
  await page.locator("article.consultation", { hasText: "待答复" }).waitFor();
  await go(page, "/care/consultations");
  await page.locator("td", { hasText: "是否俯卧位通气" }).waitFor();
  await assertAccessible(page);
  await screenshot(page, "care-consultations");
  await page.goto(`${server.origin}/care/episodes/${critical}`);
  const answer = await unfold(page, "answer");
  await answer.locator("textarea").fill("建议每日12小时。");
  await answer.locator('input[name="by"]').fill("赵教授");
  await submit(page, "/answer");
  await page.locator("article.consultation", { hasText: "已答复" }).waitFor();

  const order = await unfold(page, "order");
  await order.locator("#field-order-kind").selectOption("tcm");
  await order.locator("#field-order-what").fill("清肺排毒汤");
  await order.locator("#field-order-dose").fill("每日一剂，分两次");
  await order.locator("#field-order-by").fill("孙医师");
  await submit(page, "/order");
  await page.locator("tbody tr", { hasText: "清肺排毒汤" }).waitFor();
  const stop = await unfold(page, "stop");
  await stop.locator("#field-stop-by").fill("孙医师");
  await stop.locator("#field-stop-note").fill("症状缓解");
  await submit(page, "/stop");
  await page.locator("tbody tr", { hasText: "症状缓解" }).waitFor();
  await assertAccessible(page);
  await page.locator('form[action$="/plan"]').scrollIntoViewIfNeeded().catch(() => {});
  await screenshot(page, "care-bedside");
  await page.context().close();
});

test("a step down has a reason, the round has an order, and a name is shown after its look", async () => {
  const page = await desk("district");
  const send = await pad();
  await page.goto(`${server.origin}/care/episodes/${critical}`);
  const move = await unfold(page, "move");
  await move.locator("#field-move-to").selectOption("ward:JL-H1 A1");
  await submit(page, "/move");
  await page.locator("main", { hasText: "须说明理由" }).first().waitFor();
  await page.locator("#field-move-note").fill("已脱机，病情平稳");
  await submit(page, "/move");
  await page.locator('main a[href*="/wards/A1"]').first().waitFor();
  await go(page, "/care/steps");
  await page.locator("td", { hasText: "已脱机" }).waitFor();
  await assertAccessible(page);
  await screenshot(page, "care-steps");

  await page.goto(`${server.origin}/care/facilities/ward:JL-H1/rounds`);
  await page.locator("td", { hasText: "危重型" }).waitFor();
  await assertAccessible(page);
  await screenshot(page, "care-rounds");

  await page.goto(`${server.origin}/care/facilities/ward:JL-H1/wards/A1`);
  assert.doesNotMatch(await page.locator("main").innerText(), /赵/);
  await page.locator('form[action$="/names"] button').click();
  await page.locator("td", { hasText: "赵" }).waitFor();
  assert.doesNotMatch(await page.locator("main").innerText(), /赵大力/, "masked");
  await assertAccessible(page);
  await screenshot(page, "care-names");
  await page.goto(`${server.origin}/care/episodes/${critical}`);
  await page.locator('form[action$="/names"] button').click();
  await page.locator("dd", { hasText: "赵大力" }).waitFor();
  await assertAccessible(page);

  // A bed goes out of use with a reason, and comes back; the ward's staff is changed where it stands.
  await page.goto(`${server.origin}/care/facilities/ward:JL-H9/wards/W1/change`);
  await assertAccessible(page);
  await screenshot(page, "care-ward-change");
  await page.locator("details", { hasText: "停用床位" }).locator("summary").click();
  await page.locator('#field-out-bed').check();
  await page.locator("#field-out-note").fill("床架损坏");
  await page.locator('form[action$="/out"] button').first().click();
  await page.locator("td", { hasText: "停用" }).first().waitFor();
  await page.goto(`${server.origin}/care/facilities/ward:JL-H9/change`);
  await page.locator("#field-closes_at").fill("2030-01-01T00:00");
  await assertAccessible(page);
  await submit(page, "/change");
  await page.locator("dd", { hasText: "2030-01-01" }).waitFor();

  // A bed that nobody took is given up by one act.
  await openCase(page, "钱多多", { klass: "asymptomatic", severity: "asymptomatic" });
  const held = await waiting(page, 0);
  await send(Date.now() - 7 * HOUR, { assign: { episode: held, facility: "ward:JL-F1", ward: "H1" } });
  await go(page, "/care/held");
  await page.locator(".notice--warning", { hasText: "超时未用" }).waitFor();
  await assertAccessible(page);
  await screenshot(page, "care-held");
  await page.locator('form[action^="/care/held"] button').click();
  await page.locator(".notice--good", { hasText: "已释放" }).waitFor();
  await page.goto(`${server.origin}/care/episodes/${held}`);
  await page.locator("td", { hasText: "取消预留" }).waitFor();
  await page.context().close();
});

test("a household sees where its member is, and what is next", async () => {
  const send = await pad();
  const code = /resident\s+(\S+)/.exec(server.output.join("\n"))?.[1];
  assert.ok(code, "the demo prints a household's code");
  const context = await phone(browser, { locale: "zh-CN" });
  const page = await openPage(context, `${server.origin}/household`);
  await page.locator('input[name="code"]').fill(code);
  await page.locator('main form button[type="submit"]').click();
  await page.waitForURL("**/my");
  const link = await page.locator(".card__link").first().getAttribute("href") ?? "";
  const person = new URL(link, server.origin).pathname.split("/").pop();
  const open = { who: { registered: { area: AREA, person } }, class: "confirmed", severity: "severe", fields: { found_in: "community" } };
  await send(Date.now() - HOUR, { open }, "cases");
  const staff = await desk("district");
  // Alone in this condition: severe, with or without a factor of risk.
  await go(staff, "/care/queue?level=acute");
  const episode = (await staff.locator('main a[href^="/care/episodes/"]').first().getAttribute("href"))?.split("/").pop();
  await page.goto(`${server.origin}${link}`);
  await page.locator('li[aria-current="step"]', { hasText: "等待床位" }).waitFor();
  assert.match(await page.locator("main").innerText(), /重症监护/);
  await assertAccessible(page);
  await screenshot(page, "care-my-waiting");
  await send(Date.now(), { assign: { episode, facility: "ward:JL-H1", ward: "A1" } });
  await page.reload();
  await page.locator('li[aria-current="step"]', { hasText: "已预留床位" }).waitFor();
  await page.locator("main", { hasText: "市定点医院" }).waitFor();
  await send(Date.now(), { admit: { episode, facility: "ward:JL-H1" } });
  await page.reload();
  await page.locator('li[aria-current="step"]', { hasText: "在院" }).waitFor();
  await page.locator("li", { hasText: "两次核酸" }).waitFor();
  await page.locator('li[aria-current="step"]').scrollIntoViewIfNeeded();
  await assertAccessible(page);
  assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= 390);
  await screenshot(page, "care-my-in-care");
  await page.goto(`${server.origin}/my`);
  await page.locator("main", { hasText: "市定点医院" }).waitFor();
  await staff.context().close();
  await context.close();
});

test("every number opens its list, and the days ahead say how they are computed", async () => {
  const page = await desk("commander");
  await go(page, "/care/numbers");
  await page.locator("#days td a").first().waitFor();
  const link = page.locator('#days a[href*="what=admitted"]').first();
  const n = Number(await link.innerText());
  await link.click();
  await page.waitForURL(/\/care\/happened/);
  assert.equal(await page.locator("tbody tr").count(), n);
  await assertAccessible(page);
  await screenshot(page, "care-happened");
  await go(page, "/care/outlook");
  await page.locator("h1").waitFor();
  await page.locator("main", { hasText: "Kaplan" }).first().waitFor();
  await assertAccessible(page);
  await screenshot(page, "care-outlook");
  const over = page.locator('a[href*="which=over"]').first();
  const ended = Number(await over.innerText());
  await over.click();
  await page.waitForURL(/\/care\/stays/);
  assert.equal(await page.locator("tbody tr").count(), ended);
  await assertAccessible(page);
  await page.context().close();
});

test("on a phone, in English", async () => {
  const page = await desk("district", phone, { locale: "en-GB" });
  for (const [where, name] of [["/care", "care-board-phone"], ["/care/queue", "care-queue-phone"], ["/care/plan", "care-plan-phone"], ["/care/facilities/ward:JL-H9/wards/W1", "care-ward-phone"], ["/care/critical", "care-critical-phone"], [`/care/episodes/${critical}`, "care-bedside-phone"], ["/care/facilities/ward:JL-H1/rounds?all=1", "care-rounds-phone"], ["/care/consultations", "care-consultations-phone"], ["/care/steps", "care-steps-phone"], ["/care/held", "care-held-phone"], ["/care/numbers", "care-numbers-phone"], ["/care/outlook", "care-outlook-phone"], ["/care/facilities/ward:JL-H9/wards/W1/change", "care-ward-change-phone"]]) {
    await go(page, where);
    await page.locator("h1").waitFor();
    await assertAccessible(page);
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(width <= 390, `${where} is ${width} px wide`);
    await screenshot(page, name ?? "care-phone");
  }
  await page.context().close();
});
