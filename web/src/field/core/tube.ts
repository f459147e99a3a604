// The rules of filling one tube. Pure: what is known of persons comes in as a function.

import type { Micros } from "./clock";
import type { HouseholdId, PersonId } from "./person";
import type { UnitCode } from "./unit";
import type { HolderCode, Mode, ProposedMode, Round, RoundId, Zone } from "./wire";

/** Modes from the smallest pool to the largest. */
export const MODES: readonly Mode[] = ["single", "household", "five", "ten", "twenty"];

/** One swab. Its position is its place in the list, from 1. */
export interface Member {
  readonly person: PersonId;
  readonly at: Micros;
}

/** A tube that is being filled. Kept on the device at each scan. */
export interface OpenTube {
  readonly tube: UnitCode;
  /** The code on a tube of foreign manufacture. */
  readonly barcode?: string;
  readonly round: RoundId;
  readonly site: HolderCode;
  /** The community that the site stands in. */
  readonly community: string;
  readonly mode: Mode;
  readonly size: number;
  readonly zone: Zone;
  readonly startedAt: Micros;
  readonly members: readonly Member[];
}

/** What the device knows of a person for the tube's round. */
export interface Known {
  /** On the downloaded list, or registered on this device. */
  readonly listed: boolean;
  readonly household?: HouseholdId | null;
  /** The tube that holds their swab of this round, as this device knows. */
  readonly sampledIn?: UnitCode;
  /** They had been sampled in this round when the list was downloaded. */
  readonly sampledBefore?: boolean;
  readonly exempt?: boolean;
  readonly recall?: boolean;
}

/** Why a person cannot go into this tube at all. */
export type Bar =
  | { readonly code: "in-this-tube"; readonly position: number }
  | { readonly code: "tube-full"; readonly limit: number }
  | { readonly code: "recall-needs-single" };

/** What a person with a swab in hand must confirm first. */
export type Doubt =
  | { readonly code: "sampled-here"; readonly tube: UnitCode }
  | { readonly code: "sampled-before" }
  | { readonly code: "exempt" }
  | { readonly code: "other-household" }
  | { readonly code: "not-listed" };

/** What came of trying to add a person. */
export type Added =
  | { readonly ok: true; readonly tube: OpenTube; readonly position: number; readonly full: boolean }
  | { readonly ok: false; readonly bar: Bar }
  | { readonly ok: false; readonly doubts: readonly Doubt[] };

/** Adds a person; with `confirmed`, doubts have been put to the user and answered with yes. */
export function addPerson(
  tube: OpenTube,
  person: PersonId,
  known: (person: PersonId) => Known,
  at: Micros,
  confirmed = false,
): Added {
  const already = tube.members.findIndex((member) => member.person === person);
  if (already >= 0) return { ok: false, bar: { code: "in-this-tube", position: already + 1 } };
  if (isFull(tube)) return { ok: false, bar: { code: "tube-full", limit: tube.size } };
  const about = known(person);
  if (about.recall && tube.mode !== "single") return { ok: false, bar: { code: "recall-needs-single" } };
  if (!confirmed) {
    const doubts = doubtsAbout(tube, about, known);
    if (doubts.length > 0) return { ok: false, doubts };
  }
  const members = [...tube.members, { person, at }];
  const filled = { ...tube, members };
  return { ok: true, tube: filled, position: members.length, full: isFull(filled) };
}

function doubtsAbout(tube: OpenTube, about: Known, known: (person: PersonId) => Known): Doubt[] {
  const doubts: Doubt[] = [];
  // A recalled person is to be sampled again: that they have been is no surprise.
  if (about.sampledIn !== undefined && !about.recall) doubts.push({ code: "sampled-here", tube: about.sampledIn });
  else if (about.sampledBefore && !about.recall) doubts.push({ code: "sampled-before" });
  if (about.exempt) doubts.push({ code: "exempt" });
  if (!about.listed) doubts.push({ code: "not-listed" });
  const first = tube.members[0];
  if (tube.mode === "household" && first !== undefined) {
    const home = known(first.person).household;
    if (home != null && about.household !== home) doubts.push({ code: "other-household" });
  }
  return doubts;
}

/** Whether no further person may be added. */
export function isFull(tube: OpenTube): boolean {
  return tube.members.length >= tube.size;
}

/** Takes the last person out again. */
export function undoLast(tube: OpenTube): OpenTube {
  return { ...tube, members: tube.members.slice(0, -1) };
}

/** The mode that the round proposes for a zone; single tubes when it proposes none. */
export function proposedMode(round: Round, zone: Zone): ProposedMode {
  return (
    round.modes.find((proposal) => proposal.zone === zone) ?? {
      zone,
      mode: "single",
      reason: { zh: "本轮未对此类区域给出混采方式，按单采。", en: "This round names no pool for such a zone: single tubes." },
      rule: "test.pool",
    }
  );
}

/** Whether a mode pools more persons than the round proposes for the zone. */
export function poolsMoreThan(mode: Mode, proposed: Mode): boolean {
  return MODES.indexOf(mode) > MODES.indexOf(proposed);
}
