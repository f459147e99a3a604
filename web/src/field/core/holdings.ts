// What the user's holder has in hand: what the server knew, and on top of it what was done on
// this device since. A pure fold, as the ledger's own custody is one.

import type { Micros } from "./clock";
import type { PersonId } from "./person";
import type { Entry } from "./queue";
import type { UnitCode } from "./unit";
import { kindOf } from "./unit";
import type { Held, HolderCode, RoundId, TestingCommand } from "./wire";

/** A unit in somebody's hands, as far as this device can tell. */
export interface Holding {
  readonly unit: UnitCode;
  readonly step: string;
  readonly since: Micros;
  readonly deadline?: Micros;
  readonly count?: number;
  readonly within?: UnitCode;
}

/** A sealed tube that this device knows the content of. */
export interface KnownTube {
  readonly tube: UnitCode;
  readonly round: RoundId;
  readonly persons: readonly PersonId[];
  readonly sealedAt: Micros;
}

/** All that the commands on this device add up to. */
export interface Picture {
  /** By unit, what the holder answers for. */
  readonly holdings: ReadonlyMap<UnitCode, Holding>;
  /** By box, what was packed into it on this device or was there when the server was asked. */
  readonly boxes: ReadonlyMap<UnitCode, readonly UnitCode[]>;
  /** By tube, those sealed on this device. */
  readonly tubes: ReadonlyMap<UnitCode, KnownTube>;
  /** By round and person, the tube that holds their swab. */
  readonly sampled: ReadonlyMap<string, UnitCode>;
}

/** The key of {@link Picture.sampled}. */
export function sampledKey(round: RoundId, person: PersonId): string {
  return `${round} ${person}`;
}

/** What the server knew, and which entries that already includes. */
export interface Base {
  readonly held: readonly Held[];
  /** Entries settled up to this place of the queue are in `held`. */
  readonly settledUpTo: Micros;
}

/**
 * Folds the queue over what the server knew. Refused commands have no effect. Commands that
 * were accepted before the server was asked change no holdings any more, but still tell which
 * persons are in which tube.
 */
export function picture(
  me: HolderCode,
  base: Base,
  entries: readonly Entry[],
  deliverMinutes: (round: RoundId) => number | undefined,
): Picture {
  const holdings = new Map<UnitCode, Holding>();
  const boxes = new Map<UnitCode, UnitCode[]>();
  const tubes = new Map<UnitCode, KnownTube>();
  const sampled = new Map<string, UnitCode>();
  for (const held of base.held) {
    holdings.set(held.unit, held);
    if (held.within !== undefined) addTo(boxes, held.within, held.unit);
  }
  for (const entry of entries) {
    if (entry.state === "refused" || entry.state === "read" || !("testing" in entry.command)) continue;
    const command = entry.command.testing;
    if ("collect" in command) {
      const { tube, round, persons } = command.collect;
      tubes.set(tube, { tube, round, persons, sealedAt: entry.madeAt });
      for (const person of persons) sampled.set(sampledKey(round, person), tube);
    }
    if ("pack" in command) for (const tube of command.pack.tubes) addTo(boxes, command.pack.box, tube);
    const inBase = entry.state === "accepted" && (entry.settledAt ?? Infinity) <= base.settledUpTo;
    if (!inBase) move(holdings, boxes, me, command, entry.madeAt, deliverMinutes);
  }
  return { holdings, boxes, tubes, sampled };
}

function addTo(boxes: Map<UnitCode, UnitCode[]>, box: UnitCode, tube: UnitCode): void {
  const tubes = boxes.get(box) ?? [];
  if (!tubes.includes(tube)) tubes.push(tube);
  boxes.set(box, tubes);
}

function move(
  holdings: Map<UnitCode, Holding>,
  boxes: ReadonlyMap<UnitCode, readonly UnitCode[]>,
  me: HolderCode,
  command: TestingCommand,
  at: Micros,
  deliverMinutes: (round: RoundId) => number | undefined,
): void {
  const change = (unit: UnitCode, to: Partial<Holding>) => {
    const now = holdings.get(unit);
    if (now !== undefined) holdings.set(unit, { ...now, ...to });
  };
  const drop = (unit: UnitCode) => {
    holdings.delete(unit);
    for (const [inner, holding] of holdings) if (holding.within === unit) holdings.delete(inner);
  };
  if ("collect" in command) {
    const { tube, round, persons } = command.collect;
    const minutes = deliverMinutes(round);
    const deadline = minutes === undefined ? {} : { deadline: at + minutes * 60_000_000 };
    holdings.set(tube, { unit: tube, step: "sealed", since: at, count: persons.length, ...deadline });
  } else if ("pack" in command) {
    const { box, tubes } = command.pack;
    for (const tube of tubes) change(tube, { within: box });
    const deadlines = tubes.flatMap((tube) => holdings.get(tube)?.deadline ?? []);
    const known = holdings.get(box);
    if (known?.deadline !== undefined) deadlines.push(known.deadline);
    const deadline = deadlines.length === 0 ? {} : { deadline: Math.min(...deadlines) };
    holdings.set(box, {
      unit: box,
      step: known?.step ?? "packing",
      since: known?.since ?? at,
      count: boxes.get(box)?.length ?? tubes.length,
      ...deadline,
    });
  } else if ("seal_box" in command) {
    change(command.seal_box.box, { step: "ready", since: at });
  } else if ("hand_over" in command) {
    const { unit, taker } = command.hand_over;
    if (taker === me) take(holdings, boxes, unit, arrival(me, unit), at);
    else drop(unit);
  } else if ("open_box" in command) {
    const { box, lab, found } = command.open_box;
    drop(box);
    if (lab === me) for (const tube of found) holdings.set(tube, { unit: tube, step: "received", since: at });
  } else if ("load_plate" in command) {
    for (const { tube } of command.load_plate.wells) change(tube, { step: "loaded", since: at });
  } else if ("record_result" in command) {
    change(command.record_result.tube, { step: "tested", since: at });
  } else if ("mark" in command) {
    drop(command.mark.tube);
  }
}

/** The step that a unit begins with its taker: a laboratory's is another than a courier's. */
function arrival(taker: HolderCode, unit: UnitCode): string {
  if (!taker.startsWith("lab:")) return "in_transit";
  return kindOf(unit) === "B" ? "at_lab" : "received";
}

function take(
  holdings: Map<UnitCode, Holding>,
  boxes: ReadonlyMap<UnitCode, readonly UnitCode[]>,
  unit: UnitCode,
  step: string,
  at: Micros,
): void {
  const known = holdings.get(unit);
  const inside = boxes.get(unit)?.length ?? known?.count;
  holdings.set(unit, {
    unit,
    step,
    since: at,
    ...(inside === undefined ? {} : { count: inside }),
    ...(known?.deadline === undefined ? {} : { deadline: known.deadline }),
  });
}

/** What is held, outermost units first, most urgent first: what a person carries. */
export function inHand(shown: Picture): Holding[] {
  return [...shown.holdings.values()]
    .filter((holding) => holding.within === undefined)
    .sort((a, b) => (a.deadline ?? Infinity) - (b.deadline ?? Infinity) || a.since - b.since);
}
