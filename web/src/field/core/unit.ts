// Codes of tubes and boxes. A printed code is the unit's id: kind letter, six digits of the
// area, eight of serial, a check character (crates/types/src/ids.rs). A foreign barcode hashes
// into an id, so that every device and the server derive the same one without a table.

import { hasValidCheck, tidy } from "./check";

/** The id of a tube or box, as the server writes it. */
export type UnitCode = string & { readonly unit: unique symbol };

/** `T` tube, `B` box. */
export type UnitKind = "T" | "B";

/** What a scanned or typed text says about a unit. */
export type UnitReading =
  | { readonly ok: true; readonly unit: UnitCode }
  /** Not ours: usable after {@link foreignUnit}, once a person has said that it is on a tube. */
  | { readonly ok: false; readonly why: "foreign"; readonly text: string }
  | { readonly ok: false; readonly why: "empty" | "too-long" | "wrong-check" | "other-kind" };

const OURS = /^[A-Z]\d{14}[0-9A-Z]$/;
/** Almost ours: what a slip of the finger makes of a printed code. */
const NEARLY_OURS = /^[TB][0-9A-Z]{11,18}$/;
const DERIVED = /^[A-Z]\d{6}\.[89a-f][0-9a-f]{17}$/;
const LONGEST = 64;

/**
 * Reads the code of a unit of the given kind. A text that is nearly one of our codes is a
 * typing mistake and not a foreign barcode, whoever typed it.
 */
export function readUnit(kind: UnitKind, text: string): UnitReading {
  const plain = text.trim();
  const code = tidy(text);
  if (code === "") return { ok: false, why: "empty" };
  if (new TextEncoder().encode(plain).length > LONGEST) return { ok: false, why: "too-long" };
  if (OURS.test(code)) {
    if (!hasValidCheck(code)) return { ok: false, why: "wrong-check" };
    return code.startsWith(kind) ? { ok: true, unit: code as UnitCode } : { ok: false, why: "other-kind" };
  }
  if (NEARLY_OURS.test(code) && (code.match(/\d/g)?.length ?? 0) >= 10) return { ok: false, why: "wrong-check" };
  return { ok: false, why: "foreign", text: plain };
}

/** The id of a unit that bears somebody else's barcode: area 000000 and nine bytes of SHA-256. */
export async function foreignUnit(kind: UnitKind, text: string): Promise<UnitCode> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text.trim()));
  const tail = new Uint8Array(digest).slice(0, 9);
  tail[0] = (tail[0] ?? 0) | 0x80;
  const hex = [...tail].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return `${kind}000000.${hex}` as UnitCode;
}

/** Whether a text is a unit's id in the form that the server writes. */
export function isUnitCode(text: string): text is UnitCode {
  return (OURS.test(text) && hasValidCheck(text)) || DERIVED.test(text);
}

/** The kind letter of a unit. */
export function kindOf(unit: UnitCode): string {
  return unit.charAt(0);
}

/** The county that a unit's code names; 0 for a foreign barcode. */
export function areaOf(unit: UnitCode): number {
  return Number(unit.slice(1, 7));
}

/** A unit's code in groups, for eyes: `T 220202 00012345 9`; foreign ones show their hash's end. */
export function spaced(unit: UnitCode): string {
  return DERIVED.test(unit)
    ? `${unit.charAt(0)} …${unit.slice(-6)}`
    : `${unit.charAt(0)} ${unit.slice(1, 7)} ${unit.slice(7, 15)} ${unit.slice(15)}`;
}
