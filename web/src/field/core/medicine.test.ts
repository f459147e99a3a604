import assert from "node:assert/strict";
import { test } from "node:test";
import { askRenewal, bringMedicine, endsSoon, isDue, lastDoseOf, medicinesNow } from "./medicine";
import type { HouseholdId } from "./person";
import type { Change, State } from "./state";
import type { Bundle, Medicine } from "./wire";

const DAY = 86_400_000_000;
const medicine = (n: number, lastDose: number, until?: number): Medicine => ({
  household: `household-${n}` as HouseholdId,
  place: "220202001001-03-01",
  door: `${n}01`,
  name: "metformin 0.5 g",
  last_dose: lastDose,
  ...(until === undefined ? {} : { prescribed_until: until }),
});
const bundle = {
  area: 220_202,
  server_time: 60,
  medicines: [medicine(1, 9 * DAY, 10 * DAY), medicine(2, DAY, 2 * DAY), { ...medicine(3, 5 * DAY, 6 * DAY), asked: DAY }],
} as unknown as Bundle;
const start = { session: { account: "grid" }, bundle, entries: [] } as unknown as State;
let id = 0;
const stamp = (now: number) => ({ now, id: () => `id-${(id += 1)}` });
const after = (state: State, change: Change, stands = "waiting"): State =>
  ({ ...state, entries: [...state.entries, ...(change.add ?? []).map((entry) => ({ ...entry, state: stands }))] }) as unknown as State;
const of = (state: State, n: number) => {
  const found = medicinesNow(state).find(({ medicine: { household } }) => household === `household-${n}`);
  assert.ok(found);
  return found;
};

test("what ends first comes first, and what was brought comes later", () => {
  assert.deepEqual(medicinesNow(start).map(({ medicine: { door } }) => door), ["201", "301", "101"]);
  assert.deepEqual([isDue(of(start, 2), 0), isDue(of(start, 1), 0)], [true, false]);
  const second = of(start, 2).medicine;
  const brought = after(start, bringMedicine(start, second, 20 * DAY, "daughter", stamp(70)));
  assert.deepEqual(medicinesNow(brought).map(({ medicine: { door } }) => door), ["301", "101", "201"]);
  assert.equal(isDue(of(brought, 2), 0), false);
  const refused = after(start, bringMedicine(start, second, 20 * DAY, "", stamp(70)), "refused");
  assert.equal(isDue(of(refused, 2), 0), true, "what was refused is still to be brought");
});

test("a renewal is asked for once, and again when a doctor has answered", () => {
  assert.deepEqual([of(start, 2).asked, of(start, 3).asked], ["no", "known"]);
  assert.deepEqual([endsSoon(of(start, 2), 0), endsSoon(of(start, 1), 0), endsSoon(of(start, 3), 4 * DAY)], [true, false, false]);
  const asked = after(start, askRenewal(start, of(start, 2).medicine, stamp(70)));
  assert.deepEqual([of(asked, 2).asked, endsSoon(of(asked, 2), 0)], ["here", false]);
  // A list that was made after the server had taken it says itself whether it still waits.
  const taken = after(start, askRenewal(start, of(start, 2).medicine, stamp(50)), "accepted");
  assert.equal(of(taken, 2).asked, "no");
  assert.equal(of(after(start, askRenewal(start, of(start, 2).medicine, stamp(50))), 2).asked, "here");
});

test("a last dose is a day that is later than the one that was known", () => {
  const known = Date.UTC(2022, 2, 20, 4) * 1_000;
  assert.equal(lastDoseOf("2022-03-21", "Asia/Shanghai", known), known + DAY);
  assert.equal(lastDoseOf("2022-03-20", "Asia/Shanghai", known), "not-later");
  assert.equal(lastDoseOf("", "Asia/Shanghai", known), "no-day");
});
