// A 96-well plate: rows A to H, columns 1 to 12, filled column by column as pipettes do.

import type { UnitCode } from "./unit";
import type { Well } from "./wire";

/** Row letters, top to bottom. */
export const ROWS = ["A", "B", "C", "D", "E", "F", "G", "H"] as const;
/** Columns, left to right. */
export const COLUMNS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12] as const;
/** All wells in the order of filling: A1, B1 … H1, A2 … H12. */
export const WELLS: readonly string[] = COLUMNS.flatMap((column) => ROWS.map((row) => `${row}${column}`));
/** Wells for the negative and the positive control, unless the laboratory uses others. */
export const CONTROLS: readonly string[] = ["G12", "H12"];

/** A plate that is being loaded. Kept on the device at each scan. */
export interface OpenPlate {
  readonly plate: string;
  readonly wells: readonly Well[];
  readonly controls: readonly string[];
  /** The well that the next tube goes into. */
  readonly next: string | null;
}

/** What came of putting a tube into a well. */
export type Loaded =
  | { readonly ok: true; readonly plate: OpenPlate; readonly well: string }
  | { readonly ok: false; readonly code: "on-this-plate"; readonly well: string }
  | { readonly ok: false; readonly code: "plate-full" };

/** A new plate. */
export function newPlate(plate: string): OpenPlate {
  return { plate, wells: [], controls: CONTROLS, next: "A1" };
}

/** The first free well in the order of filling, from `after` on, then from the start. */
export function freeWell(plate: OpenPlate, after?: string): string | null {
  const start = after === undefined ? 0 : WELLS.indexOf(after) + 1;
  const taken = new Set([...plate.wells.map(({ well }) => well), ...plate.controls]);
  const order = [...WELLS.slice(start), ...WELLS.slice(0, start)];
  return order.find((well) => !taken.has(well)) ?? null;
}

/** Puts a tube into the next well. */
export function loadTube(plate: OpenPlate, tube: UnitCode): Loaded {
  const already = plate.wells.find((well) => well.tube === tube);
  if (already !== undefined) return { ok: false, code: "on-this-plate", well: already.well };
  const well = plate.next;
  if (well === null) return { ok: false, code: "plate-full" };
  const filled = { ...plate, wells: [...plate.wells, { well, tube }] };
  return { ok: true, plate: { ...filled, next: freeWell(filled, well) }, well };
}

/** Chooses the well that the next tube goes into; a taken well or a control stays as it is. */
export function chooseWell(plate: OpenPlate, well: string): OpenPlate {
  const taken = plate.controls.includes(well) || plate.wells.some((filled) => filled.well === well);
  return taken || !WELLS.includes(well) ? plate : { ...plate, next: well };
}

/** Takes the last tube off again. */
export function unloadLast(plate: OpenPlate): OpenPlate {
  const last = plate.wells.at(-1);
  return last === undefined ? plate : { ...plate, wells: plate.wells.slice(0, -1), next: last.well };
}
