// What the screens do, as pure changes of the state. `stamp` brings in the clock and the ids.

import type { Micros } from "./clock";
import { picture, type Picture } from "./holdings";
import type { InterviewDraft } from "./interview";
import type { PersonId } from "./person";
import type { NewEntry } from "./queue";
import type { Change, State } from "./state";
import type { OpenTube } from "./tube";
import type { UnitCode } from "./unit";
import type { Command, Fault, HandOver, HolderCode, Interview, Knock, Person, RecordResult, Stray, Visit, WalkIn } from "./wire";

/** The moment of an action, and ids for the commands that it makes. */
export interface Stamp {
  readonly now: Micros;
  readonly id: () => string;
}

/** Somebody works on a device that has been set up: signed in, with a list. */
export class NotReady extends Error {}

/** A command for the queue, in the name of the account that is signed in. */
export function entry(state: State, command: Command, stamp: Stamp): NewEntry {
  if (state.session === undefined || state.bundle === undefined) throw new NotReady("sign in and download first");
  return {
    id: stamp.id(),
    account: state.session.account,
    area: state.bundle.area,
    madeAt: stamp.now,
    command,
    state: "waiting",
    tries: 0,
  };
}

let last: { state: State; shown: Picture } | undefined;

/** What the state adds up to; reckoned once for each state. */
export function pictureOf(state: State): Picture {
  const { bundle } = state;
  if (last?.state.entries === state.entries && last.state.bundle === bundle && last.state.held === state.held) {
    return last.shown;
  }
  const me = bundle?.holder.code ?? ("desk:0" as HolderCode);
  const base = state.held ?? { held: [], settledUpTo: 0 };
  const minutes = (round: string) => bundle?.rounds.find(({ id }) => id === round)?.deliver_minutes;
  const shown = picture(me, base, state.entries, minutes);
  last = { state, shown };
  return shown;
}

/** Seals the open tube: from here on it is a command. */
export function sealTube(state: State, tube: OpenTube, stamp: Stamp): Change {
  const persons = tube.members.map(({ person }) => person);
  const { barcode, round, site, community, mode, zone, startedAt } = tube;
  const collect = {
    round,
    tube: tube.tube,
    ...(barcode === undefined ? {} : { barcode }),
    site,
    community,
    mode,
    zone,
    persons,
    started_at: startedAt,
  };
  return {
    add: [entry(state, { testing: { collect } }, stamp)],
    keep: {
      tube: undefined,
      sealedTube: {
        tube: tube.tube,
        ...(barcode === undefined ? {} : { barcode }),
        mode,
        persons,
        sealedAt: stamp.now,
      },
    },
  };
}

/** Puts a tube into the box that is being packed. Said at once: a dead phone must not lose it. */
export function packTube(state: State, box: UnitCode, tube: UnitCode, stamp: Stamp): Change {
  const holder = state.bundle?.holder.code;
  if (holder === undefined) throw new NotReady("no holder");
  const before = state.box?.box === box ? state.box.tubes : [];
  return {
    add: [entry(state, { testing: { pack: { box, tubes: [tube], holder } } }, stamp)],
    keep: { box: { box, tubes: [...before, tube] } },
  };
}

/** Closes the box. */
export function sealBox(state: State, box: UnitCode, stamp: Stamp): Change {
  return { add: [entry(state, { testing: { seal_box: { box } } }, stamp)], keep: { box: undefined } };
}

/** Records that units changed hands, each by a command of its own. */
export function handOver(
  state: State,
  units: readonly UnitCode[],
  sides: Omit<HandOver, "unit">,
  stamp: Stamp,
): readonly NewEntry[] {
  return units.map((unit) => entry(state, { testing: { hand_over: { unit, ...sides } } }, stamp));
}

/** Ends the check of a box on the bench: these tubes were in it. */
export function openBox(state: State, box: UnitCode, lab: HolderCode, found: readonly UnitCode[], stamp: Stamp): Change {
  return {
    add: [entry(state, { testing: { open_box: { box, lab, found } } }, stamp)],
    keep: { receipt: undefined },
  };
}

/** Records a plate as it is loaded. */
export function finishPlate(state: State, stamp: Stamp): Change {
  const { plate, bundle } = state;
  if (plate === undefined || bundle === undefined) throw new NotReady("no plate");
  const load = { plate: plate.plate, lab: bundle.holder.code, wells: plate.wells };
  return { add: [entry(state, { testing: { load_plate: load } }, stamp)], keep: { plate: undefined } };
}

/** Records one reading. */
export function recordResult(state: State, result: RecordResult, stamp: Stamp): Change {
  return { add: [entry(state, { testing: { record_result: result } }, stamp)] };
}

/** Says that a tube will have no result. */
export function markTube(state: State, tube: UnitCode, fault: Fault, note: string, stamp: Stamp): Change {
  return { add: [entry(state, { testing: { mark: { tube, fault, note } } }, stamp)] };
}

/** Records what was found at a door. */
export function visit(state: State, seen: Visit, stamp: Stamp): Change {
  return { add: [entry(state, { testing: { visit: seen } }, stamp)] };
}

/** Records what was found behind a door of a sweep. */
export function knock(state: State, seen: Knock, stamp: Stamp): Change {
  return { add: [entry(state, { zones: { knock: seen } }, stamp)] };
}

/** Tells of a door that no list has. */
export function tellStray(state: State, stray: Stray, stamp: Stamp): Change {
  return { add: [entry(state, { zones: { stray } }, stamp)] };
}

/** Keeps what is typed into an interview; nothing when it is empty again. */
export function keepInterview(state: State, investigation: string, draft: InterviewDraft | undefined): Change {
  const { [investigation]: _before, ...others } = state.interviews ?? {};
  const interviews = draft === undefined ? others : { ...others, [investigation]: draft };
  return { keep: { interviews: Object.keys(interviews).length === 0 ? undefined : interviews } };
}

/** Records an interview, or a part of one. Its draft is gone with that. */
export function tellInterview(state: State, interview: Interview, stamp: Stamp): Change {
  return {
    ...keepInterview(state, interview.investigation, undefined),
    add: [entry(state, { tracing: { interview } }, stamp)],
  };
}

/** The last knock recorded on this device, by sweep and household. */
export function knocksOf(state: State): ReadonlyMap<string, Knock> {
  const knocks = new Map<string, Knock>();
  for (const { command, state: stands } of state.entries) {
    if (stands !== "refused" && stands !== "read" && "zones" in command && "knock" in command.zones) {
      knocks.set(`${command.zones.knock.sweep} ${command.zones.knock.household}`, command.zones.knock);
    }
  }
  return knocks;
}

/** Registers somebody who is on no list. `person` is the masked form for this device. */
export function registerWalkIn(state: State, walkIn: WalkIn, person: Person, stamp: Stamp): Change {
  return {
    add: [entry(state, { registry: { register_walk_in: walkIn } }, stamp)],
    keep: { walkIns: [...(state.walkIns ?? []), person] },
  };
}

/** The last visit recorded on this device, by person. */
export function visitsOf(state: State): ReadonlyMap<PersonId, Visit> {
  const visits = new Map<PersonId, Visit>();
  for (const { command, state: stands } of state.entries) {
    if (stands !== "refused" && stands !== "read" && "testing" in command && "visit" in command.testing) {
      visits.set(command.testing.visit.person, command.testing.visit);
    }
  }
  return visits;
}
