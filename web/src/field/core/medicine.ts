// Daily medicines where a grid worker goes, as this device knows them: what the server said, and what was recorded here
// since.

import { entry, type Stamp } from "./actions";
import type { Micros } from "./clock";
import { instant } from "./interview";
import type { Change, State } from "./state";
import type { Medicine } from "./wire";

/** Days before the last dose from which the next is to be brought: the supply desk's. */
const BRING_BEFORE: Micros = 2 * 86_400_000_000;
/** Days before its end from which a prescription is to be renewed: the supply desk's. */
const RENEW_BEFORE: Micros = 3 * 86_400_000_000;

/** A medicine as it stands. */
export interface MedicineNow {
  readonly medicine: Medicine;
  readonly lastDose: Micros;
  /** Whether a renewal was asked for: a doctor answers by then, or it waits on this device. */
  readonly asked: "no" | "here" | "known";
}

/** All medicines, those first that end first: what was recorded here counts before what the server had said. */
export function medicinesNow(state: State): MedicineNow[] {
  const doses = new Map<string, Micros>();
  const asked = new Set<string>();
  const listed = state.bundle?.server_time ?? 0;
  for (const { command, state: stands, madeAt } of state.entries) {
    if (stands === "refused" || stands === "read" || !("supply" in command)) continue;
    const { supply } = command;
    if ("bring_medicine" in supply) {
      const key = keyOf(supply.bring_medicine);
      doses.set(key, Math.max(supply.bring_medicine.last_dose, doses.get(key) ?? 0));
    }
    // What the server had taken before it made this list, the list knows: a doctor may have answered since.
    if ("ask_renewal" in supply && !(stands === "accepted" && madeAt <= listed)) asked.add(keyOf(supply.ask_renewal));
  }
  const all = (state.bundle?.medicines ?? []).map((medicine): MedicineNow => ({
    medicine,
    lastDose: Math.max(medicine.last_dose, doses.get(keyOf(medicine)) ?? 0),
    asked: medicine.asked !== undefined ? "known" : asked.has(keyOf(medicine)) ? "here" : "no",
  }));
  return all.sort((a, b) => a.lastDose - b.lastDose || compare(keyOf(a.medicine), keyOf(b.medicine)));
}

/** What tells medicines apart. */
export function keyOf({ household, name }: { readonly household: string; readonly name: string }): string {
  return `${household} ${name}`;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

/** Whether it is to be brought by now. */
export function isDue({ lastDose }: MedicineNow, now: Micros): boolean {
  return lastDose - BRING_BEFORE <= now;
}

/** Whether its prescription ends soon and nobody has asked for a renewal. */
export function endsSoon({ medicine, asked }: MedicineNow, now: Micros): boolean {
  return asked === "no" && medicine.prescribed_until !== undefined && medicine.prescribed_until - RENEW_BEFORE <= now;
}

/** Why a last dose is not taken. */
export type DoseFault = "no-day" | "not-later";

/** The last dose of a day as it is typed: its noon, as on the server's pages. It is later than the one that was known. */
export function lastDoseOf(text: string, zone: string, before: Micros): Micros | DoseFault {
  const at = /^\d{4}-\d\d-\d\d$/.test(text) ? instant(`${text}T12:00`, zone) : undefined;
  if (at === undefined) return "no-day";
  return at > before ? at : "not-later";
}

/** A medicine was brought, or there is more of it than was known: it lasts until then. */
export function bringMedicine(state: State, { household, name }: Medicine, lastDose: Micros, proof: string, stamp: Stamp): Change {
  return { add: [entry(state, { supply: { bring_medicine: { household, name, last_dose: lastDose, proof } } }, stamp)] };
}

/** The household asks for its prescription to be renewed. */
export function askRenewal(state: State, { household, name }: Medicine, stamp: Stamp): Change {
  return { add: [entry(state, { supply: { ask_renewal: { household, name } } }, stamp)] };
}
