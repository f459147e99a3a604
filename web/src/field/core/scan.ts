// What did the camera, the scanner or the keyboard just give us? One answer for every screen,
// so that a box scanned where a person is wanted says so instead of failing.

import { type HandCode, readHandCode } from "./handover";
import { type PersonReading, readPerson } from "./person";
import { readUnit, type UnitCode } from "./unit";

/** A text, recognised. */
export type Scan =
  | { readonly is: "tube"; readonly unit: UnitCode }
  | { readonly is: "box"; readonly unit: UnitCode }
  | { readonly is: "person"; readonly reading: Extract<PersonReading, { is: "id" | "short" }> }
  | { readonly is: "household"; readonly reading: Extract<PersonReading, { is: "id" | "short" }> }
  | { readonly is: "hand"; readonly code: HandCode }
  /** Nearly ours: a slip of the finger, or a damaged print. */
  | { readonly is: "mistyped"; readonly nearly: "unit" | "person" | "hand"; readonly text: string }
  | { readonly is: "empty" }
  /** None of ours: a foreign tube's barcode, a plate's label, or something else altogether. */
  | { readonly is: "foreign"; readonly text: string };

/** Recognises a text. */
export function readScan(text: string): Scan {
  const plain = text.trim();
  if (plain === "") return { is: "empty" };
  if (plain.startsWith("SH1|")) {
    const code = readHandCode(plain);
    return code === null ? { is: "mistyped", nearly: "hand", text: plain } : { is: "hand", code };
  }
  const person = readPerson(plain);
  if (person.is === "id" || person.is === "short") {
    return { is: person.of === "P" ? "person" : "household", reading: person };
  }
  if (person.is === "wrong-check") return { is: "mistyped", nearly: "person", text: plain };
  const tube = readUnit("T", plain);
  if (tube.ok) return { is: "tube", unit: tube.unit };
  if (tube.why === "other-kind") {
    const box = readUnit("B", plain);
    return box.ok ? { is: "box", unit: box.unit } : { is: "foreign", text: plain };
  }
  if (tube.why === "foreign") return { is: "foreign", text: tube.text };
  return { is: "mistyped", nearly: "unit", text: plain };
}
