// Orders in a browser: a household orders and cancels on its phone, a shop works its lists, a volunteer at a door, the
// desk's lists, passes and plans, in both languages.

import assert from "node:assert/strict";
import { test } from "node:test";
import { browser, desk, go, openCity, server } from "./desk-page.mjs";
import { AREA, allSynced, commandId, enrol, PASSWORD, queue, show } from "./field-phone.mjs";
import { assertAccessible, openPage, phone, screenshot, wall } from "./harness.mjs";

openCity("orders");

test("a shop accepts, packs and hands over on a phone", async () => {
  const page = await desk("shop", phone);
  await page.goto(`${server.origin}/supply/own/orders`);
  await assertAccessible(page);
  await screenshot(page, "orders-shop-phone");
  const waiting = await page.locator('input[name="order"]').count();
  assert.ok(waiting > 0, "orders wait for the shop");
  await page.locator("#orders button[type=submit]").click();
  await page.locator(".notice--good").waitFor();
  await page.goto(`${server.origin}/supply/sites/shop:JL-S01/orders?stage=accepted`);
  await screenshot(page, "orders-pick-phone");
  await assertAccessible(page);
  assert.ok((await page.locator('input[name="order"]').count()) >= waiting);
  await page.locator("#orders button[type=submit]").click();
  await page.locator(".notice--good").waitFor();
  await page.goto(`${server.origin}/supply/sites/shop:JL-S01/orders?stage=packed`);
  await page.locator('tbody a[href^="/supply/orders/"]').first().click();
  await page.waitForURL(/\/supply\/orders\/N/);
  await assertAccessible(page);
  await screenshot(page, "orders-order-phone");
  await page.context().close();
});

test("a volunteer hands over by the code that the household was told", async () => {
  const page = await desk("volunteer", phone);
  await page.goto(`${server.origin}/supply/round`);
  await assertAccessible(page);
  await screenshot(page, "orders-round-phone");
  const doors = await page.locator('form[action*="/received?"]').count();
  assert.ok(doors > 0, "the volunteer has orders");
  const form = page.locator('form[action*="/received?"]').first();
  const order = ((await form.getAttribute("action")) ?? "").split("/").at(-2) ?? "";
  await form.locator('input[name="code"]').fill("000000");
  await form.locator("button[type=submit]").click();
  await page.locator(".notice--bad").waitFor();
  // Whoever takes calls sees the code, and may tell it.
  const grid = await desk("grid", wall, { locale: "en" });
  await grid.goto(`${server.origin}/supply/orders/${order}`);
  await assertAccessible(grid);
  await screenshot(grid, "orders-order-en");
  const code = /\b\d{6}\b/.exec(await grid.locator("dl, .facts").first().innerText())?.[0] ?? "";
  assert.match(code, /^\d{6}$/);
  await grid.context().close();
  const again = page.locator(`form[action*="/${order}/received?"]`);
  await again.locator('input[name="code"]').fill(code);
  await again.locator("button[type=submit]").click();
  await page.waitForURL(/\/supply\/round$/);
  assert.equal(await page.locator('form[action*="/received?"]').count(), doors - 1);
  await page.context().close();
});

test("a volunteer goes from door to door without a network", async () => {
  const phone = await enrol(browser, server.origin, "volunteer", "zh", "volunteer:JL-V01");
  await phone.context.setOffline(true);
  await show(phone.page, "delivery");
  const doors = phone.page.locator(".door-list > li", { has: phone.page.locator("button") });
  await doors.first().waitFor();
  const open = await doors.count();
  await doors.first().getByLabel("签收人或未送达原因").fill("张先生签收");
  await doors.first().getByRole("button", { name: "已送达" }).click();
  await phone.page.getByText("已签收").first().waitFor();
  await screenshot(phone.page, "orders-delivery-field");
  assert.equal(await doors.count(), open - 1);
  assert.equal((await queue(phone.page)).filter(({ state }) => state === "waiting").length, 1);
  await phone.context.setOffline(false);
  await allSynced(phone.page);
  assert.deepEqual((await queue(phone.page)).filter(({ state }) => state !== "accepted"), []);
  await phone.context.close();
  const district = await desk("district");
  await go(district, "/api/v1/supply/orders?stage=out");
  const out = JSON.parse(await district.locator("body").innerText());
  assert.equal(out.orders.filter(({ carrier }) => carrier === "volunteer:JL-V01").length, open - 1);
  await district.context().close();
});

/** The shop gives the volunteer so many of its packed orders: those of the gates that the volunteer is registered for. */
async function giveVolunteer(wanted) {
  const call = async (token, path, body) => {
    const headers = { "Content-Type": "application/json", ...(token === "" ? {} : { Authorization: `Bearer ${token}` }) };
    const response = await fetch(server.origin + path, { headers, ...(body === undefined ? {} : { method: "POST", body: JSON.stringify(body) }) });
    return response.json();
  };
  const shop = "shop:JL-S01";
  const { token } = await call("", "/api/v1/sessions", { login: "shop", password: PASSWORD, device: "test" });
  const orders = [];
  for (const stage of ["placed", "accepted", "packed"]) orders.push(...(await call(token, `/api/v1/supply/sites/${shop}/orders?stage=${stage}`)));
  const send = async (step) => {
    const now = Date.now() * 1000;
    const commands = [{ id: commandId(), area: AREA, event_time: now, command: { supply: { order: step } } }];
    const { outcomes } = await call(token, "/api/v1/commands", { device: "test", device_time: now, commands });
    return outcomes[0].status === "accepted";
  };
  let given = 0;
  for (const { id, stage } of orders) {
    if (given === wanted) return;
    const one = { shop, orders: [id] };
    if (stage === "placed" && !(await send({ accept: one }))) continue;
    if (stage === "placed" || stage === "accepted") await send({ pack: one });
    if (await send({ hand_over: { ...one, carrier: "volunteer:JL-V01" } })) given += 1;
  }
  assert.equal(given, wanted, `of ${orders.length} orders`);
}

/** A photo as a camera makes it, large and with a place in its file, and what must not be left of that. */
const PLACE = "GPS 43.8378N 126.5496E";
async function cameraPhoto(page, width, height) {
  const made = await page.evaluate(([across, down]) => {
    const canvas = Object.assign(document.createElement("canvas"), { width: across, height: down });
    const pen = canvas.getContext("2d");
    if (pen === null) throw new Error("this browser draws nothing");
    for (let y = 0; y < down; y += 10) {
      for (let x = 0; x < across; x += 10) {
        pen.fillStyle = `hsl(${(x * 7 + y * 13) % 360} 60% ${30 + ((x * y) % 40)}%)`;
        pen.fillRect(x, y, 10, 10);
      }
    }
    return canvas.toDataURL("image/jpeg", 0.95).split(",")[1];
  }, [width, height]);
  const plain = Buffer.from(made, "base64");
  const said = Buffer.from(`Exif\0\0${PLACE}`, "latin1");
  const segment = Buffer.concat([Buffer.from([0xff, 0xe1, 0, said.length + 2]), said]);
  return { name: "IMG_0001.jpg", mimeType: "image/jpeg", buffer: Buffer.concat([plain.subarray(0, 2), segment, plain.subarray(2)]) };
}

/** The bytes of the photos that wait on a phone. */
async function waitingPhotos(page) {
  const found = await page.evaluate(
    () =>
      new Promise((done, failed) => {
        const opening = indexedDB.open("songhua-field");
        opening.onerror = () => failed(opening.error);
        opening.onsuccess = () => {
          const all = opening.result.transaction("photos").objectStore("photos").getAll();
          all.onsuccess = () => {
            opening.result.close();
            done(all.result.map((bytes) => [...bytes]));
          };
        };
      }),
  );
  return found.map((bytes) => Buffer.from(bytes));
}

test("a photo at the door: taken without a network, small and without its place, uploaded after the receipt", async () => {
  await giveVolunteer(2);
  const volunteer = await enrol(browser, server.origin, "volunteer", "zh", "volunteer:JL-V01");
  const taken = await cameraPhoto(volunteer.page, 3000, 2000);
  assert.ok(taken.buffer.length > 300 * 1024 && taken.buffer.includes(PLACE), "a photo of a camera is too large");
  await volunteer.context.setOffline(true);
  await show(volunteer.page, "delivery");
  const door = volunteer.page.locator(".door-list > li", { has: volunteer.page.locator('input[type="file"]') }).first();
  const handed = door.getByRole("button", { name: "已送达" });
  assert.ok(await handed.isDisabled(), "nothing proves it yet");
  await door.locator('input[type="file"]').setInputFiles({ ...taken, buffer: Buffer.from("no picture") });
  await volunteer.page.getByText("照片无法读取，请重拍。").waitFor();
  await door.locator('input[type="file"]').setInputFiles(taken);
  await door.locator(".photo img").waitFor();
  await volunteer.page.getByText("照片已就绪").waitFor();
  await assertAccessible(volunteer.page);
  await screenshot(volunteer.page, "orders-photo-taken-field");
  await handed.click();
  await volunteer.page.getByText("照片待上传").first().waitFor();
  await screenshot(volunteer.page, "orders-photo-waits-field");
  const [small, ...more] = await waitingPhotos(volunteer.page);
  assert.ok(small !== undefined && more.length === 0);
  assert.deepEqual([...small.subarray(0, 3)], [0xff, 0xd8, 0xff]);
  assert.ok(small.length <= 300 * 1024, `${small.length} bytes`);
  assert.ok(!small.includes(PLACE) && !small.includes("Exif"), "nothing of the camera's file is left");
  await show(volunteer.page, "queue");
  await volunteer.page.getByRole("heading", { name: "待上传的照片" }).waitFor();
  await assertAccessible(volunteer.page);
  await screenshot(volunteer.page, "orders-photo-queue-field");
  await volunteer.context.setOffline(false);
  await allSynced(volunteer.page);
  assert.deepEqual(await waitingPhotos(volunteer.page), [], "it is gone once the server keeps it");
  const receipt = (await queue(volunteer.page)).map(({ command }) => command.supply?.order?.receive).find((of) => of?.proof.photo !== undefined);
  assert.ok(receipt !== undefined);
  await volunteer.context.close();
  // The desk looks at it, on a phone.
  const district = await desk("district", phone);
  await go(district, `/supply/orders/${receipt.order}`);
  await assertAccessible(district);
  await screenshot(district, "orders-photo-order-phone");
  const link = await district.getByRole("link", { name: "查看照片" }).getAttribute("href");
  const seen = await district.context().request.get(server.origin + link);
  assert.equal(seen.headers()["content-type"], "image/jpeg");
  assert.deepEqual(await seen.body(), small, "what was taken is what is shown");
  await district.context().close();
});

test("a photo with the form of the round, made small before it is sent", async () => {
  const page = await desk("volunteer", phone);
  const taken = await cameraPhoto(page, 2400, 3200);
  await page.goto(`${server.origin}/supply/round`);
  const form = page.locator('form[action*="/received?"]').first();
  const order = ((await form.getAttribute("action")) ?? "").split("/").at(-2) ?? "";
  const field = form.locator('input[type="file"]');
  await field.setInputFiles(taken);
  await page.waitForFunction((input) => input instanceof HTMLInputElement && (input.files?.[0]?.size ?? Infinity) <= 300 * 1024, await field.elementHandle());
  await screenshot(page, "orders-photo-round-phone");
  await form.locator("button[type=submit]").click();
  await page.waitForURL(/\/supply\/round$/);
  assert.equal(await page.locator(`form[action*="/${order}/received?"]`).count(), 0);
  await page.context().close();
  const district = await desk("district", wall, { locale: "en" });
  await go(district, `/supply/orders/${order}`);
  const link = await district.getByRole("link", { name: "Look at the photo" }).getAttribute("href");
  const seen = await district.context().request.get(server.origin + link);
  assert.equal(seen.status(), 200);
  assert.ok(!(await seen.body()).includes(PLACE), "nothing of the camera's file is left");
  await screenshot(district, "orders-photo-order-en");
  await go(district, "/supply/deliveries/photos");
  await assertAccessible(district);
  await screenshot(district, "orders-photos-missing-en");
  await district.context().close();
});

test("a grid worker takes a call down", async () => {
  const page = await desk("grid", phone);
  await go(page, "/supply/households?what=all");
  await page.locator('tbody a[href^="/supply/households/"]').first().click();
  await page.locator('a[href$="/order"]').click();
  await assertAccessible(page);
  await screenshot(page, "orders-call-phone");
  const form = page.locator("form", { has: page.locator('input[name="shop"]') }).last();
  await form.locator('input[name="count-V1"]').fill("1");
  await form.locator('input[name="note"]').fill("王女士来电");
  await form.locator("button[type=submit]").click();
  await page.waitForURL(/\/supply\/households\/\d+\/[^/]+$/);
  assert.ok((await page.locator('a[href^="/supply/orders/N"]').count()) > 0);
  await page.context().close();
});

test("a household orders and cancels on its phone", async () => {
  const code = /resident\s+(\S+)/.exec(server.output.join("\n"))?.[1];
  assert.ok(code, "the demo prints a household's code");
  const page = await openPage(await phone(browser, { locale: "en-GB" }), `${server.origin}/household`);
  await page.locator('input[name="code"]').fill(code);
  await page.locator('main form button[type="submit"]').click();
  await page.waitForURL("**/my");
  await page.goto(`${server.origin}/my/orders`);
  await assertAccessible(page);
  await screenshot(page, "orders-my-phone");
  const form = page.locator('form[action="/my/orders"]', { has: page.locator('input[name="count-V1"]') }).last();
  if ((await form.count()) > 0) {
    await form.locator('input[name="count-V1"]').fill("2");
    await form.locator("button[type=submit]").click();
    await page.locator('form[action$="/cancel"]').first().waitFor();
    await assertAccessible(page);
    await screenshot(page, "orders-my-placed-phone");
    const before = await page.locator('form[action$="/cancel"]').count();
    await page.locator('form[action$="/cancel"] button').first().click();
    await page.waitForURL("**/my/orders");
    assert.equal(await page.locator('form[action$="/cancel"]').count(), before - 1);
  }
  await page.context().close();
});

test("from what a household lacks to what is done about it, in three presses", async () => {
  const post = await desk("commander", wall, { locale: "en" });
  await go(post, "/board");
  const alarm = post.locator('.figure a[href^="/supply/unmet"]').first();
  const counted = Number(/[\d,]+/.exec(await alarm.innerText())?.[0].replace(",", "") ?? "0");
  assert.ok(counted > 0, "somebody in the demo lacks something");
  await screenshot(post, "orders-board-en");
  await alarm.click();
  await post.waitForURL(/\/supply\/unmet\?over=1/);
  await assertAccessible(post);
  await screenshot(post, "orders-unmet-en");
  const rows = await post.locator("table").first().locator("tbody tr").count();
  assert.equal(rows, Math.min(counted, 50), "a figure is the length of its list");
  await post.context().close();
  const page = await desk("district", phone);
  await go(page, "/supply/unmet");
  await assertAccessible(page);
  await screenshot(page, "orders-unmet-phone");
  await page.locator('table a[href^="/supply/households/"]').first().click();
  await assertAccessible(page);
  await screenshot(page, "orders-unmet-household-phone");
  await page.context().close();
});

test("packs for all who are owed one in one act, and each who gets none is named", async () => {
  const page = await desk("district");
  await go(page, "/supply/packs");
  await assertAccessible(page);
  await screenshot(page, "orders-packs");
  const owed = await page.locator('input[name="household"]').count();
  assert.ok(owed > 0, "somebody is owed a pack");
  await page.locator("#packs button[type=submit]").click();
  await page.locator(".notice--good").waitFor();
  await assertAccessible(page);
  await screenshot(page, "orders-packs-ordered");
  await go(page, "/supply/packs");
  assert.ok((await page.locator('input[name="household"]').count()) < owed, "who has a pack coming is owed none");
  await go(page, "/supply/packs?all=1");
  await page.locator('tbody a[href^="/supply/orders/N"]').first().waitFor();
  await page.context().close();
});

test("a plan at once, and a volunteer who is registered, withdrawn and named", async () => {
  const page = await desk("district");
  await go(page, "/supply/deliveries/plan");
  await page.locator('form[action*="/plan/start"] button[type=submit]').click();
  // The demo's vehicles have passes: what lies packed goes into their batches at once.
  await page.locator("main tbody tr", { hasText: "JL-B0" }).first().waitFor();
  await assertAccessible(page);
  await screenshot(page, "orders-plan-made");
  await page.locator('form:has(input[name="as-of"]) button[type=submit]').click();
  await page.waitForURL(/\/supply\/deliveries(\?|$)/);
  // On the map each batch is a way that leads to its page; there its stops have the numbers of the panels above it.
  const ways = page.locator("figure.routes a");
  await ways.first().waitFor();
  await assertAccessible(page);
  await screenshot(page, "orders-batches-map");
  const batch = page.locator("main tbody tr", { hasText: "JL-B0" }).locator("a").first();
  const where = await batch.getAttribute("href");
  await page.locator(`figure.routes a[href="${where}"] circle`).first().click();
  await page.waitForURL((url) => url.pathname === where);
  await assertAccessible(page);
  await screenshot(page, "orders-batch-map");
  const numbers = await page.locator("figure.routes .route__n").allTextContents();
  assert.ok(numbers.length > 0, "its stops are drawn");
  for (const n of numbers) {
    assert.equal(await page.getByRole("heading", { name: new RegExp(`^${n}\\. `) }).count(), 1, `stop ${n}`);
  }
  await go(page, "/supply/volunteers");
  await assertAccessible(page);
  const known = await page.locator('tbody a[href^="/supply/volunteers/P"]').count();
  assert.ok(known > 0, "the demo has a volunteer");
  const form = page.locator("form", { has: page.locator('input[name="vouched"]') });
  const gate = (await page.locator("tbody tr td").nth(1).innerText()).match(/\d{12}(-\d+)*/)?.[0] ?? "";
  await form.locator('input[name="volunteer"]').fill("volunteer:NEW-1");
  await form.locator('input[name="name"]').fill("王五");
  await form.locator('input[name="phone"]').fill("13800000000");
  await form.locator('input[name="home"]').fill(gate);
  await form.locator('input[name="places"]').fill(gate);
  await form.locator('input[name="vouched"]').fill("李主任");
  await form.locator("button[type=submit]").click();
  await page.getByRole("link", { name: "volunteer:NEW-1" }).click();
  await page.waitForURL(/\/supply\/volunteers\/P/);
  await assertAccessible(page);
  const text = await page.locator("main").innerText();
  assert.ok(text.includes("王*") && !text.includes("王五") && !text.includes("13800000000"), "masked");
  await screenshot(page, "orders-volunteer");
  await page.locator('form[action$="/withdraw"] input[name="note"]').fill("生病");
  await page.locator('form[action$="/withdraw"] button[type=submit]').click();
  await page.locator(".tag--bad").first().waitFor();
  await page.context().close();
  const grid = await desk("grid", phone, { locale: "en" });
  await go(grid, "/supply/volunteers");
  await assertAccessible(grid);
  await screenshot(grid, "orders-volunteers-phone-en");
  await grid.context().close();
});

test("the desk's lists", async () => {
  const page = await desk("district");
  for (const where of ["/supply", "/supply/orders", "/supply/orders?stage=came_back", "/supply/groups", "/supply/deliveries", "/supply/deliveries/plan", "/supply/passes"]) {
    await go(page, where);
    await assertAccessible(page);
    await screenshot(page, `orders-${where.split("/").pop()?.replace(/\W/g, "-")}`);
  }
  await go(page, "/supply/groups");
  await page.locator('tbody a[href^="/supply/groups/"]').first().click();
  await assertAccessible(page);
  await screenshot(page, "orders-group");
  await page.context().close();
  const grid = await desk("grid", phone, { locale: "en" });
  await go(grid, "/supply/groups/new?shop=shop:JL-S01");
  await assertAccessible(grid);
  await screenshot(grid, "orders-group-new-en");
  await grid.goto(`${server.origin}/supply/gate?vehicle=vehicle:X&code=123456`);
  await assertAccessible(grid);
  assert.ok((await grid.locator(".notice--bad").count()) > 0, "no such pass");
  await grid.context().close();
});

test("a pass is given by the names of places and withdrawn, and codes are there to choose from", async () => {
  const page = await desk("district");
  await go(page, "/supply/passes");
  const form = page.locator("form", { has: page.locator('input[name="driver"]') });
  // The demo's vehicles are offered by their plates.
  const vehicles = await page.locator("datalist").first().locator("option").count();
  assert.ok(vehicles > 0, "vehicles to choose from");
  const places = (await page.locator("tbody tr td").nth(2).innerText()).split(/[、,，]/)[0]?.replace(/ ?\d{6,}[\d-]*$/, "").trim() ?? "";
  await form.locator('input[name="vehicle"]').fill("vehicle:JL-NEW");
  await form.locator('input[name="plate"]').fill("吉B·N0001");
  await form.locator('input[name="driver"]').fill("13900000000");
  await form.locator('input[name="places"]').fill(places);
  await form.locator("button[type=submit]").click();
  // Nobody has this telephone: what was typed is still there.
  await page.locator(".notice--bad").first().waitFor();
  assert.equal(await form.locator('input[name="places"]').inputValue(), places);
  assert.equal(await form.locator('input[name="plate"]').inputValue(), "吉B·N0001");
  await assertAccessible(page);
  await screenshot(page, "orders-pass-refused");
  const row = page.locator("main tbody tr", { has: page.locator("summary") }).last();
  const plate = (await row.locator("code").first().innerText()).trim();
  await row.locator("summary").click();
  await row.locator('input[name="note"]').fill("轮胎损坏");
  await row.locator("button[type=submit]").click();
  await page.locator("main tbody tr", { hasText: "轮胎损坏" }).waitFor();
  await assertAccessible(page);
  await screenshot(page, "orders-pass-withdrawn");
  assert.ok((await page.locator("main tbody tr", { hasText: "轮胎损坏" }).innerText()).includes(plate));
  await page.context().close();
  const small = await desk("district", phone, { locale: "en" });
  await go(small, "/supply/passes");
  await assertAccessible(small);
  await screenshot(small, "orders-passes-phone-en");
  await small.context().close();
});
