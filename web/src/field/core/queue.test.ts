import assert from "node:assert/strict";
import { test } from "node:test";
import { inHand, picture, sampledKey } from "./holdings";
import { cardDoubt, cardToSign, offerToSign, readHandCode, withSignature, badge } from "./handover";
import type { PersonId } from "./person";
import {
  acknowledge, BATCH_LIMIT, countQueue, type Entry, nextBatch, nextRetry, outdated, remedy, RETRY_UNRECORDED, routeOf,
  sendAgain, settle,
} from "./queue";
import type { UnitCode } from "./unit";
import type { HolderCode, RoundId, TestingCommand } from "./wire";

const SITE = "site:S1" as HolderCode;
const COURIER = "courier:C7" as HolderCode;
const LAB = "lab:L1" as HolderCode;
const BOX = "B22020200000001B" as UnitCode;
const tube = (n: number) => `T22020200000${n}` as UnitCode;

function entry(seq: number, testing: TestingCommand, more: Partial<Entry> = {}): Entry {
  return {
    seq,
    id: `id-${seq}`,
    account: "li",
    area: 220202,
    madeAt: seq * 1_000_000,
    command: { testing },
    state: "waiting",
    tries: 0,
    ...more,
  };
}
const seal = (seq: number, more: Partial<Entry> = {}) => entry(seq, { seal_box: { box: BOX } }, more);

test("a batch holds the waiting commands of one account, in order, up to the limit", () => {
  const entries = [
    seal(1, { state: "accepted" }),
    seal(2),
    seal(3, { account: "wang" }),
    seal(4, { state: "refused" }),
    seal(5),
  ];
  assert.deepEqual(nextBatch(entries, "li").map(({ seq }) => seq), [2, 5]);
  const many = Array.from({ length: 500 }, (_, n) => seal(n));
  assert.equal(nextBatch(many, "li").length, BATCH_LIMIT);
  assert.equal(nextBatch(many, "li", 3).length, 3);
  assert.deepEqual(nextBatch([], "li"), []);
});

test("what the server cannot record stays in sight, and is tried again by the hour or when asked", () => {
  const answer = { id: "id-1", status: "not_recorded" } as const;
  const [stuck] = settle([seal(1)], [answer], 50);
  assert.ok(stuck !== undefined);
  assert.deepEqual([stuck.state, stuck.tries, stuck.settledAt, stuck.refusal !== undefined], ["unrecorded", 1, 50, true]);
  assert.deepEqual(countQueue([stuck], "li"), { waiting: 0, others: 0, unrecorded: 1, refused: 0 });
  assert.deepEqual(outdated([stuck], Number.MAX_SAFE_INTEGER), []);
  assert.deepEqual(nextBatch([stuck], "li"), [], "it does not go round and round");
  const due = (now: number, account = "li") => nextRetry([stuck], account, now).length;
  assert.deepEqual([due(50), due(49 + RETRY_UNRECORDED), due(50 + RETRY_UNRECORDED)], [0, 0, 1]);
  assert.equal(due(50 + RETRY_UNRECORDED, "wang"), 0);
  assert.equal(due(10), 1, "the clock was set back");
  const again = sendAgain(stuck);
  assert.deepEqual([again.state, again.refusal, again.settledAt], ["waiting", undefined, undefined]);
  assert.equal(sendAgain(seal(2, { state: "refused" })).state, "refused");
});

test("a batch stays below the size that a server takes, but never empty", () => {
  const note = "x".repeat(300_000);
  const big = (seq: number) => entry(seq, { mark: { tube: tube(1), fault: "lost", note } });
  assert.deepEqual(nextBatch([big(1), big(2)], "li").map(({ seq }) => seq), [1]);
});

test("a batch is for one route, and the order is kept across routes", () => {
  const walkIn = { registry: { register_walk_in: { person: persons[0] as PersonId, sealed: "" } } };
  const entries = [seal(1), seal(2), { ...seal(3), command: walkIn }, seal(4)];
  const first = nextBatch(entries, "li");
  assert.deepEqual(first.map(({ seq }) => seq), [1, 2]);
  const second = nextBatch(entries.slice(2), "li");
  assert.deepEqual(second.map(({ seq }) => seq), [3]);
  assert.deepEqual([first, second].map(([entry]) => entry && routeOf(entry.command)), ["commands", "walk-ins"]);
});

test("outcomes settle what they name; the rest waits; strangers change nothing", () => {
  const refusal = { code: "tube-sealed", message: { zh: "", en: "" }, next: { zh: "", en: "" } };
  const settled = settle(
    [seal(1), seal(2), seal(3), seal(4)],
    [
      { id: "id-3", status: "refused", refusal },
      { id: "id-1", status: "accepted", duplicate: true },
      { id: "id-4", status: "refused" },
      { id: "someone-else", status: "accepted" },
    ],
    99,
  );
  assert.deepEqual(settled.map(({ state, tries }) => [state, tries]), [
    ["accepted", 1],
    ["waiting", 1],
    ["refused", 1],
    ["refused", 1],
  ]);
  assert.equal(settled[2]?.refusal, refusal);
  assert.equal(settled[3]?.refusal?.code, "unexplained");
  assert.equal(settled[0]?.settledAt, 99);
});

test("a refused command stays until it has been read, and nothing else can be", () => {
  const refused = seal(1, { state: "refused" });
  assert.equal(acknowledge(refused).state, "read");
  assert.equal(acknowledge(seal(2)).state, "waiting");
  const counts = countQueue([refused, seal(2), seal(3, { account: "wang" }), seal(4, { state: "read" })], "li");
  assert.deepEqual(counts, { waiting: 2, others: 1, unrecorded: 0, refused: 1 });
});

test("only what the server has had for days, or a person has read, leaves the list", () => {
  const day = 86_400_000_000;
  const states = ["waiting", "accepted", "unrecorded", "refused", "read"] as const;
  const old = states.map((state, seq) => seal(seq, { state, settledAt: day }));
  assert.deepEqual(outdated(old, 4 * day), []);
  assert.deepEqual(outdated(old, 4 * day + 1), [1, 4]);
  assert.deepEqual(outdated([seal(9, { state: "accepted" })], 99 * day), []);
});

test("failures are met by waiting, signing in, or sending fewer; never by dropping", () => {
  assert.deepEqual(remedy({ kind: "status", status: 401 }, 9, 1, 0), { do: "sign-in" });
  assert.deepEqual(remedy({ kind: "status", status: 413 }, 200, 1, 0), { do: "send-fewer", limit: 100 });
  assert.deepEqual(remedy({ kind: "status", status: 422 }, 1, 1, 0), { do: "refuse" });
  assert.deepEqual(remedy({ kind: "status", status: 503, retryAfterSeconds: 7 }, 9, 1, 0), {
    do: "wait",
    milliseconds: 7_000,
  });
  const waits = [1, 2, 3, 4, 20].map((failures) => {
    const remedied = remedy({ kind: "no-network" }, 9, failures, 1);
    return remedied.do === "wait" ? remedied.milliseconds : null;
  });
  assert.deepEqual(waits, [2_000, 4_000, 8_000, 16_000, 120_000]);
  const early = remedy({ kind: "status", status: 500 }, 9, 1, 0);
  assert.deepEqual(early, { do: "wait", milliseconds: 1_000 });
});

const ROUND = "r1" as RoundId;
const persons = ["p1", "p2"] as PersonId[];
const collect = (n: number): TestingCommand => ({
  collect: { round: ROUND, tube: tube(n), site: SITE, community: "220202001001", mode: "ten", zone: "other", persons, started_at: 0 },
});
const nothing = { held: [], settledUpTo: 0 };
const deliver = () => 240;

test("a day at a site adds up to what is in hand", () => {
  const day = [
    entry(1, collect(1)),
    entry(2, collect(2)),
    entry(3, collect(3)),
    entry(4, { pack: { box: BOX, tubes: [tube(1), tube(2)], holder: SITE } }),
    entry(5, { seal_box: { box: BOX } }),
  ];
  const shown = picture(SITE, nothing, day, deliver);
  assert.deepEqual(
    inHand(shown).map(({ unit, step, count, deadline }) => [unit, step, count, deadline]),
    [
      [BOX, "ready", 2, 1_000_000 + 240 * 60_000_000],
      [tube(3), "sealed", 2, 3_000_000 + 240 * 60_000_000],
    ],
  );
  assert.equal(shown.sampled.get(sampledKey(ROUND, persons[0] as PersonId)), tube(3));
  const gone = picture(
    SITE,
    nothing,
    [...day, entry(6, { hand_over: { unit: BOX, giver: SITE, taker: COURIER } })],
    deliver,
  );
  assert.deepEqual(inHand(gone).map(({ unit }) => unit), [tube(3)], "the tubes went with their box");
});

test("a refused command has no effect, and one that the server counted none twice", () => {
  const handed = { hand_over: { unit: BOX, giver: SITE, taker: COURIER } } as const;
  const base = { held: [{ unit: BOX, step: "ready", since: 0, count: 5 }], settledUpTo: 50 };
  for (const state of ["refused", "read"] as const) {
    const shown = picture(SITE, base, [entry(1, handed, { state })], deliver);
    assert.equal(shown.holdings.has(BOX), true);
  }
  assert.equal(picture(SITE, base, [entry(1, handed)], deliver).holdings.has(BOX), false);
  const later = picture(SITE, base, [entry(1, handed, { state: "accepted", settledAt: 60 })], deliver);
  assert.equal(later.holdings.has(BOX), false, "accepted after the server was asked");
  const counted = picture(SITE, base, [entry(1, handed, { state: "accepted", settledAt: 40 })], deliver);
  assert.equal(counted.holdings.has(BOX), true, "the box came back since: the server knows");
});

test("a courier and a laboratory see what reaches them", () => {
  const taken = picture(COURIER, nothing, [entry(1, { hand_over: { unit: BOX, taker: COURIER } })], deliver);
  assert.deepEqual(inHand(taken).map(({ unit, step }) => [unit, step]), [[BOX, "in_transit"]]);
  const lab = picture(
    LAB,
    nothing,
    [
      entry(1, { hand_over: { unit: BOX, giver: COURIER, taker: LAB } }),
      entry(2, { open_box: { box: BOX, lab: LAB, found: [tube(1), tube(2)] } }),
      entry(3, { load_plate: { plate: "P1", lab: LAB, wells: [{ well: "A1", tube: tube(1) }] } }),
      entry(4, { mark: { tube: tube(2), fault: "leaked", note: "" } }),
    ],
    deliver,
  );
  assert.deepEqual(inHand(lab).map(({ unit, step }) => [unit, step]), [[tube(1), "loaded"]]);
});

const SIGNATURE = "A".repeat(86);

test("cards, offers and badges survive the way through a QR code", () => {
  const time = 1_647_302_400_000_000;
  const card = withSignature(cardToSign(COURIER, "d-0001", time), SIGNATURE);
  const read = readHandCode(` ${card}\n`);
  assert.ok(read?.is === "card");
  assert.deepEqual([read.holder, read.device, read.time, read.signature], [COURIER, "d-0001", time, SIGNATURE]);
  assert.equal(withSignature(read.signed, read.signature), card);

  const units = [{ unit: "B22020200000001" as UnitCode, count: 12 }];
  assert.equal(readHandCode(withSignature(offerToSign(SITE, COURIER, "d-0001", time, units), SIGNATURE)), null);
  const good = [{ unit: "T220202000123459" as UnitCode }, { unit: "T220202000123459" as UnitCode, count: 12 }];
  const offer = readHandCode(withSignature(offerToSign(SITE, COURIER, "d-0001", time, good), SIGNATURE));
  assert.ok(offer?.is === "offer");
  assert.deepEqual([offer.giver, offer.taker, offer.units], [SITE, COURIER, good]);

  assert.deepEqual(readHandCode(badge(COURIER)), { is: "badge", holder: COURIER });
  for (const broken of ["", "SH1", "SH1|C|courier:C7", card.slice(0, -1), card.replace("courier", "COURIER"), "SH2|B|courier:C7"]) {
    assert.equal(readHandCode(broken), null, broken);
  }
});

test("an old card, or one from the future, is doubted", () => {
  assert.equal(cardDoubt(0, 599_000_000), null);
  assert.equal(cardDoubt(0, 601_000_000), "old");
  assert.equal(cardDoubt(601_000_000, 0), "future");
});
