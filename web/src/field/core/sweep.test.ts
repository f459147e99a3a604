import assert from "node:assert/strict";
import { test } from "node:test";
import type { HouseholdId } from "./person";
import { countDoors, doorsOf, isOpen } from "./sweep";
import type { Knock, Sweep } from "./wire";

const home = (n: number) => `household-${n}` as HouseholdId;
const sweep: Sweep = {
  id: "S220202.00",
  place: "220202001001-03",
  name: { zh: "小区", en: "Compound" },
  doors: [
    { household: home(1), state: "todo" },
    { household: home(2), state: "absent", again_at: 1 },
    { household: home(3), state: "found" },
  ],
};
const knock = (n: number, outcome: Knock["outcome"]): [string, Knock] => [
  `${sweep.id} ${home(n)}`,
  { sweep: sweep.id, household: home(n), outcome, seen: 1, strangers: 0 },
];

test("no door disappears, whatever is recorded", () => {
  for (const knocks of [new Map(), new Map([knock(1, "refused")]), new Map([knock(1, "found"), knock(2, "found")])]) {
    const counts = countDoors(doorsOf(sweep, knocks));
    assert.equal(counts.todo + counts.found + counts.absent + counts.refused, sweep.doors.length);
    assert.equal(counts.all, sweep.doors.length);
  }
});

test("what was recorded here counts before what the server had said", () => {
  const doors = doorsOf(sweep, new Map([knock(2, "found"), knock(3, "absent")]));
  assert.deepEqual(doors.map(({ state }) => state), ["todo", "found", "absent"]);
  assert.deepEqual(doors.map(isOpen), [true, false, true]);
});
