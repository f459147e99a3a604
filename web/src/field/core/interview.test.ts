import assert from "node:assert/strict";
import { test } from "node:test";
import { draftOf, instant, interviewOf, isBlank, localInput, NO_INTERVIEW, NO_STAY } from "./interview";
import { type Entry, settle } from "./queue";
import type { Interview } from "./wire";

const ZONE = "Asia/Shanghai";
const CASE = "I22020200000001X";
const stay = { ...NO_STAY, from: "2022-03-14T08:00", until: "2022-03-14T17:30", name: " 机械厂 ", setting: "work" as const };

test("a time of the form is the instant that clocks there showed", () => {
  assert.equal(instant("2022-03-15T08:00", ZONE), Date.parse("2022-03-15T00:00:00Z") * 1000);
  // Where clocks are changed, both sides of the change.
  assert.equal(instant("2022-03-26T12:00", "Europe/Berlin"), Date.parse("2022-03-26T11:00:00Z") * 1000);
  assert.equal(instant("2022-03-27T12:00", "Europe/Berlin"), Date.parse("2022-03-27T10:00:00Z") * 1000);
  for (const wrong of ["", "2022-03-15", "2022-13-45T99:00"]) assert.equal(instant(wrong, ZONE), undefined);
  assert.equal(localInput(instant("2022-03-15T08:00", ZONE) ?? 0, ZONE), "2022-03-15T08:00");
});

test("what was typed becomes one command, and what is empty is not said", () => {
  assert.ok(isBlank(NO_INTERVIEW));
  const said = interviewOf(CASE, { core: { occupation: " 焊工 ", travel: "  " }, stays: [stay, NO_STAY], complete: true }, ZONE);
  assert.deepEqual(said, {
    investigation: CASE,
    core: { occupation: "焊工" },
    stays: [{ from: 1_647_216_000_000_000, until: 1_647_250_200_000_000, setting: "work", name: "机械厂" }],
    complete: true,
  });
  // And back again, to be mended.
  assert.deepEqual(interviewOf(CASE, draftOf(said as Interview, ZONE), ZONE), said);
});

test("a stay that says too little is named, and nothing is made of it", () => {
  const faults = interviewOf(CASE, {
    core: {},
    stays: [{ ...stay, until: "" }, { ...stay, from: stay.until, until: stay.from }, { ...stay, name: " " }, { ...stay, place: "二号楼" }],
    complete: false,
  }, ZONE);
  assert.deepEqual(faults, [{ stay: 1, why: "time" }, { stay: 2, why: "order" }, { stay: 3, why: "place" }, { stay: 4, why: "code" }]);
});

test("the answers leave the phone once the server has them, and stay while it has not", () => {
  const interview = interviewOf(CASE, { core: { occupation: "焊工" }, stays: [stay], complete: true }, ZONE) as Interview;
  const entry: Entry = {
    seq: 1, id: "a", account: "li", area: 220202, madeAt: 1, command: { tracing: { interview } }, state: "waiting", tries: 0,
  };
  const refusal = { code: "x", message: { zh: "", en: "" }, next: { zh: "", en: "" } };
  const [accepted] = settle([entry], [{ id: "a", status: "accepted" }], 2);
  const [refused] = settle([entry], [{ id: "a", status: "refused", refusal }], 2);
  const [unheard] = settle([entry], [], 2);
  assert.deepEqual(accepted?.command, { tracing: { interview: { investigation: CASE, complete: true } } });
  for (const kept of [refused, unheard]) assert.deepEqual(kept?.command, entry.command);
});
