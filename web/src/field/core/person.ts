// Codes of persons and households. The QR code on a household's sheet carries the whole id in
// base 36, so that a phone that never downloaded the person can still record them. Below it
// stands a short code to type: a remainder of the id, which a phone looks up in its own list.
// The server prints both by the same rule (crates/server/src/field/codes.rs).

import { checkCharacter, hasValidCheck, tidy } from "./check";

/** A person of the registry: a UUID in lower case with hyphens. */
export type PersonId = string & { readonly person: unique symbol };
/** A household: a UUID. */
export type HouseholdId = string & { readonly household: unique symbol };

/** `P` a person, `H` a household. */
export type Registered = "P" | "H";

/** What a scanned or typed text says about a person or a household. */
export type PersonReading =
  | { readonly is: "id"; readonly of: Registered; readonly id: string }
  | { readonly is: "short"; readonly of: Registered; readonly short: string }
  | { readonly is: "wrong-check" }
  | { readonly is: "other" };

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
/** 25 digits of base 36 hold 128 bits. */
const LONG_DIGITS = 25;
const SHORT_DIGITS = 8;
/**
 * The largest prime below 36^8. The remainder depends on every bit of the id, also where ids
 * share their start or their end; two of 10,000 persons share one in 1 of 56,000 lists.
 */
const SHORT_MODULUS = 2_821_109_907_437n;
const LONG = /^[PH][0-9A-Z]{26}$/;
const SHORT = /^[PH][0-9A-Z]{9}$/;

function base36(number: bigint, digits: number): string {
  return number.toString(36).toUpperCase().padStart(digits, "0");
}

function fromBase36(text: string): bigint {
  let number = 0n;
  for (const digit of text) number = number * 36n + BigInt(Number.parseInt(digit, 36));
  return number;
}

function withCheck(body: string): string {
  return body + (checkCharacter(body) ?? "");
}

/** Whether a text is a UUID as the server writes it. */
export function isUuid(text: string): boolean {
  return UUID.test(text);
}

/** What the QR code of a person or household says: kind, 25 digits, check character. */
export function longCode(of: Registered, id: string): string {
  return withCheck(of + base36(BigInt(`0x${id.replaceAll("-", "")}`), LONG_DIGITS));
}

/** What stands below the QR code, to be typed: kind, eight digits, check character. */
export function shortCode(of: Registered, id: string): string {
  const number = BigInt(`0x${id.replaceAll("-", "")}`);
  return withCheck(of + base36(number % SHORT_MODULUS, SHORT_DIGITS));
}

/** A short code in groups, as it is printed: `P 1A2B C3D4 E`. */
export function spacedShort(code: string): string {
  return `${code.slice(0, 1)} ${code.slice(1, 5)} ${code.slice(5, 9)} ${code.slice(9)}`;
}

/** Reads a person's or household's code, in either form, or a bare UUID of a person. */
export function readPerson(text: string): PersonReading {
  const bare = text.trim().toLowerCase();
  if (UUID.test(bare)) return { is: "id", of: "P", id: bare };
  const code = tidy(text);
  if (!LONG.test(code) && !SHORT.test(code)) return { is: "other" };
  if (!hasValidCheck(code)) return { is: "wrong-check" };
  const of = code.charAt(0) as Registered;
  if (SHORT.test(code)) return { is: "short", of, short: code };
  const number = fromBase36(code.slice(1, -1));
  if (number >= 1n << 128n) return { is: "wrong-check" };
  const hex = number.toString(16).padStart(32, "0");
  const parts = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)];
  return { is: "id", of, id: parts.join("-") };
}
