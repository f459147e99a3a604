import assert from "node:assert/strict";
import { test } from "node:test";
import { compare } from "./box";
import { clockIsWrong, clockOffset, clockTime, dateTime, micros, minutesUntil } from "./clock";
import type { HouseholdId, PersonId } from "./person";
import { chooseWell, loadTube, newPlate, type OpenPlate, unloadLast, WELLS } from "./plate";
import { addPerson, isFull, type Known, type OpenTube, poolsMoreThan, proposedMode, undoLast } from "./tube";
import type { UnitCode } from "./unit";
import { madeAt, Uuid7 } from "./uuid7";
import type { HolderCode, Round, RoundId } from "./wire";

const person = (n: number) => `018f2e6c-0000-7000-8000-${String(n).padStart(12, "0")}` as PersonId;
const unit = (n: number) => `T2202020000000${n}` as UnitCode;

const empty: OpenTube = {
  tube: unit(1),
  round: "r" as RoundId,
  site: "site:S1" as HolderCode,
  community: "220202001001",
  mode: "ten",
  size: 10,
  zone: "other",
  startedAt: 0,
  members: [],
};
const listed = (): Known => ({ listed: true });

function filled(count: number, tube = empty): OpenTube {
  for (let n = 0; n < count; n++) {
    const added = addPerson(tube, person(n), listed, n);
    assert.ok(added.ok);
    tube = added.tube;
  }
  return tube;
}

test("persons go in by position until the tube is full, and not one more", () => {
  const nine = filled(9);
  assert.equal(isFull(nine), false);
  const tenth = addPerson(nine, person(9), listed, 9);
  assert.ok(tenth.ok);
  assert.deepEqual([tenth.position, tenth.full], [10, true]);
  assert.deepEqual(addPerson(tenth.tube, person(10), listed, 10, true), {
    ok: false,
    bar: { code: "tube-full", limit: 10 },
  });
  assert.deepEqual(undoLast(tenth.tube), nine);
  assert.deepEqual(undoLast(empty), empty);
});

test("nobody is in one tube twice, confirmed or not", () => {
  const three = filled(3);
  for (const confirmed of [false, true]) {
    assert.deepEqual(addPerson(three, person(1), listed, 9, confirmed), {
      ok: false,
      bar: { code: "in-this-tube", position: 2 },
    });
  }
});

test("every doubt is put to the user once, and a yes adds the person", () => {
  const cases: [Known, string][] = [
    [{ listed: true, sampledIn: unit(7) }, "sampled-here"],
    [{ listed: true, sampledBefore: true }, "sampled-before"],
    [{ listed: true, exempt: true }, "exempt"],
    [{ listed: false }, "not-listed"],
  ];
  for (const [known, code] of cases) {
    const added = addPerson(empty, person(1), () => known, 1);
    assert.ok(!added.ok && "doubts" in added);
    assert.deepEqual(added.doubts.map((doubt) => doubt.code), [code]);
    assert.ok(addPerson(empty, person(1), () => known, 1, true).ok);
  }
});

test("a household tube asks before it takes somebody from another door", () => {
  const home = (n: number) => `h${n}` as HouseholdId;
  const known = (who: PersonId): Known => ({ listed: true, household: home(who === person(2) ? 2 : 1) });
  const tube = { ...empty, mode: "household" as const };
  const first = addPerson(tube, person(1), known, 1);
  assert.ok(first.ok);
  assert.ok(addPerson(first.tube, person(3), known, 2).ok);
  const other = addPerson(first.tube, person(2), known, 2);
  assert.ok(!other.ok && "doubts" in other);
  assert.deepEqual(other.doubts, [{ code: "other-household" }]);
});

test("a recalled person goes into a tube of their own, and having been sampled is no doubt", () => {
  const recalled = (): Known => ({ listed: true, recall: true, sampledBefore: true, sampledIn: unit(7) });
  assert.deepEqual(addPerson(empty, person(1), recalled, 1, true), {
    ok: false,
    bar: { code: "recall-needs-single" },
  });
  assert.ok(addPerson({ ...empty, mode: "single", size: 1 }, person(1), recalled, 1).ok);
});

test("the round proposes a mode for each zone, and single tubes where it is silent", () => {
  const round = {
    modes: [{ zone: "other", mode: "ten", reason: { zh: "", en: "" }, rule: "test.pool.other" }],
  } as unknown as Round;
  assert.equal(proposedMode(round, "other").mode, "ten");
  assert.equal(proposedMode(round, "quarantine").mode, "single");
  assert.ok(poolsMoreThan("twenty", "ten"));
  assert.equal(poolsMoreThan("household", "ten"), false);
});

test("ids are version 7, carry the time, and ascend whatever the clock does", () => {
  const ids = new Uuid7();
  const random = new Uint8Array(10).fill(0xff);
  const start = Date.UTC(2022, 2, 15);
  const made = [start, start, start, start - 60_000, start + 1].map((now) => ids.next(now, random));
  for (const id of made) {
    assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  }
  assert.deepEqual([...made].sort(), made);
  assert.equal(madeAt(made[0] ?? ""), start);
  // More in one millisecond than the counter has room for.
  const many = Array.from({ length: 10_000 }, () => ids.next(start + 5, random));
  assert.deepEqual([...many].sort(), many);
  assert.equal(new Set(many).size, many.length);
  assert.equal(madeAt("018f2e6c-3b7a-4c10-9d5e-0123456789ab"), null);
});

test("the clock's error is the server's time less the middle of the round trip", () => {
  assert.equal(clockOffset(1_000_000, 400_000, 600_000), 500_000);
  assert.equal(clockIsWrong(-121_000_000), true);
  assert.equal(clockIsWrong(119_000_000), false);
  assert.equal(minutesUntil(micros(600_000), micros(0)), 10);
  assert.equal(minutesUntil(0, micros(1)), -1);
});

test("times are shown in the one format, in the area's zone", () => {
  const time = micros(Date.UTC(2022, 2, 14, 16, 5));
  assert.equal(dateTime(time, "Asia/Shanghai"), "2022-03-15 00:05");
  assert.equal(clockTime(time, "Asia/Shanghai"), "00:05");
});

test("a plate fills column by column around its controls, and not a tube twice", () => {
  assert.equal(WELLS.length, 96);
  assert.deepEqual(WELLS.slice(7, 9), ["H1", "A2"]);
  let plate: OpenPlate = newPlate("P1");
  for (let n = 0; n < 94; n++) {
    const loaded = loadTube(plate, `T${n}` as UnitCode);
    assert.ok(loaded.ok);
    plate = loaded.plate;
  }
  assert.deepEqual(plate.wells.at(-1), { well: "F12", tube: "T93" });
  assert.deepEqual(loadTube(plate, "T94" as UnitCode), { ok: false, code: "plate-full" });
  assert.deepEqual(loadTube(plate, "T0" as UnitCode), { ok: false, code: "on-this-plate", well: "A1" });
  assert.equal(unloadLast(plate).next, "F12");
  const chosen = chooseWell(newPlate("P2"), "C3");
  const loaded = loadTube(chosen, "T1" as UnitCode);
  assert.ok(loaded.ok);
  assert.deepEqual([loaded.well, loaded.plate.next], ["C3", "D3"]);
  assert.equal(chooseWell(loaded.plate, "C3").next, "D3");
  assert.equal(chooseWell(loaded.plate, "H12").next, "D3");
});

test("a box is compared with what was sent, as far as that is known", () => {
  const tubes = [unit(1), unit(2), unit(3)];
  const box = "B1" as UnitCode;
  const known = compare({ box, expected: tubes, received: true, found: [unit(1), unit(3), unit(9)] });
  assert.deepEqual(known, { missing: [unit(2)], surplus: [unit(9)], difference: 0 });
  const counted = compare({ box, expectedCount: 3, received: true, found: [unit(1)] });
  assert.deepEqual(counted, { missing: null, surplus: null, difference: -2 });
  assert.equal(compare({ box, received: true, found: [] }).difference, null);
});
