// How far a sweep has come, as this device knows it: what the server said, and what was recorded here since.

import type { Micros } from "./clock";
import type { HouseholdId } from "./person";
import type { DoorState, Knock, Sweep } from "./wire";

/** A door as it stands. */
export interface DoorNow {
  readonly household: HouseholdId;
  readonly state: "todo" | DoorState;
  readonly again_at?: Micros;
  /** What this device has recorded. */
  readonly knock?: Knock;
}

/** Households by what was found: their sum is the number of doors, always. */
export interface DoorCounts {
  readonly all: number;
  readonly todo: number;
  readonly found: number;
  readonly absent: number;
  readonly refused: number;
}

/** The doors of a sweep: what was recorded here counts before what the server had said. */
export function doorsOf(sweep: Sweep, knocks: ReadonlyMap<string, Knock>): DoorNow[] {
  return sweep.doors.map((door) => {
    const knock = knocks.get(`${sweep.id} ${door.household}`);
    return knock === undefined ? door : { household: door.household, state: knock.outcome, knock };
  });
}

/** How many stand where. */
export function countDoors(doors: readonly DoorNow[]): DoorCounts {
  const of = (state: DoorNow["state"]) => doors.filter((door) => door.state === state).length;
  return { all: doors.length, todo: of("todo"), found: of("found"), absent: of("absent"), refused: of("refused") };
}

/** Whether somebody still has to go there. */
export function isOpen(door: DoorNow): boolean {
  return door.state === "todo" || door.state === "absent";
}
