import assert from "node:assert/strict";
import { test } from "node:test";
import { arriveAt, batchesNow, byEntrance, countOrders, departBatch, orderCameBack, ordersNow, passOn, proofOf, receiveOrder } from "./delivery";
import type { HouseholdId } from "./person";
import type { Change, State } from "./state";
import type { Bundle, DeliveryOrder, HolderCode } from "./wire";

const order = (n: number, place: string, stage: DeliveryOrder["stage"] = "out"): DeliveryOrder => ({
  id: `N220202.${n}`,
  household: `household-${n}` as HouseholdId,
  place,
  door: `${n}01`,
  mode: "door",
  stage,
  what: { zh: "蔬菜包 × 1", en: "vegetables × 1" },
  due: 100 + n,
});
const bundle = {
  area: 220_202,
  deliveries: {
    batches: [{ id: "Y1", out: false, leaves_at: 50, stops: [{ place: "220202001001-03", at: 60, been: false, orders: ["N220202.4"] }] }],
    orders: [order(2, "220202001001-03-02"), order(1, "220202001001-03-01"), order(3, "220202001001-03-01"), order(4, "220202001001-03-01", "packed")],
  },
} as unknown as Bundle;
const start = { session: { account: "volunteer" }, bundle, entries: [] } as unknown as State;
let id = 0;
const stamp = { now: 70, id: () => `id-${(id += 1)}` };
const after = (state: State, change: Change, stands = "waiting"): State =>
  ({ ...state, entries: [...state.entries, ...(change.add ?? []).map((entry) => ({ ...entry, state: stands }))] }) as unknown as State;

test("no order disappears, whatever is recorded", () => {
  const [first, second, third] = bundle.deliveries?.orders ?? [];
  assert.ok(first && second && third);
  let state = start;
  for (const change of [
    receiveOrder(state, first, { code: "123456" }, stamp),
    orderCameBack(state, second, "nobody opened", stamp),
    passOn(state, [third.id], "volunteer:V2" as HolderCode, stamp),
  ]) {
    state = after(state, change);
    const counts = countOrders(ordersNow(state));
    assert.equal(counts.todo + counts.received + counts.back + counts.passed, counts.all);
    assert.equal(counts.all, 4);
  }
  assert.deepEqual(countOrders(ordersNow(state)), { all: 4, todo: 1, received: 1, back: 1, passed: 1 });
});

test("what was refused is still to be done", () => {
  const [first] = bundle.deliveries?.orders ?? [];
  assert.ok(first);
  const state = after(start, receiveOrder(start, first, { code: "000000" }, stamp), "refused");
  assert.equal(ordersNow(state)[0]?.state, "out");
});

test("a batch leaves and arrives without a network, and its orders are out", () => {
  let state = after(start, departBatch(start, "Y1", stamp));
  assert.equal(ordersNow(state)[3]?.state, "out");
  state = after(state, arriveAt(state, "Y1", "220202001001-03", stamp));
  const [batch] = batchesNow(state);
  assert.ok(batch?.out);
  assert.ok(batch.been.has("220202001001-03"));
  assert.equal(batchesNow(start)[0]?.out, false);
});

test("orders are called down entrance by entrance", () => {
  const entrances = byEntrance(ordersNow(start));
  assert.deepEqual([...entrances.keys()], ["220202001001-03-01", "220202001001-03-02"]);
  assert.deepEqual(entrances.get("220202001001-03-01")?.map(({ order: { door } }) => door), ["101", "301", "401"]);
});

test("six digits are a code, a word is a word, and nothing proves nothing", () => {
  assert.deepEqual(proofOf("123 456", ""), { code: "123456" });
  assert.deepEqual(proofOf("12345", "Mrs Zhang"), { said: "Mrs Zhang" });
  assert.equal(proofOf("", "  "), undefined);
});
