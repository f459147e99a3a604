// The codes that two phones show each other when a box changes hands without a network.
//
// The taker shows a *card*: who they are. The giver scans it and shows an *offer*: these units
// to you. The taker scans that. Each side now has, signed by the other's device, what it needs
// to prove the hand-over, and each records it; whoever syncs second confirms.
//
//   SH1|C|courier:C7|<device>|<time>|<signature>
//   SH1|O|site:S012|courier:C7|<device>|<time>|B22020200000001B*12,T…|<signature>
//   SH1|B|courier:C7                      a printed badge: says who, proves nothing
//
// Times are microseconds in base 36. `*12` is the number of tubes in a box. The signature
// (ECDSA P-256 over SHA-256, base64url) covers everything before its bar.

import type { Micros } from "./clock";
import { isUnitCode, type UnitCode } from "./unit";
import type { HolderCode } from "./wire";

const MARK = "SH1";
/** A QR code of more units than this is hard to read from a scratched screen. */
export const OFFER_LIMIT = 20;
/** A card older than this may be a photograph of yesterday's. Ten minutes. */
export const CARD_AGE: Micros = 600_000_000;

/** A unit that is offered. */
export interface OfferedUnit {
  readonly unit: UnitCode;
  /** Tubes in the box, when the giver knows. */
  readonly count?: number;
}

/** A code of another phone, or a badge. */
export type HandCode =
  | { readonly is: "badge"; readonly holder: HolderCode }
  | {
      readonly is: "card";
      readonly holder: HolderCode;
      readonly device: string;
      readonly time: Micros;
      readonly signed: string;
      readonly signature: string;
    }
  | {
      readonly is: "offer";
      readonly giver: HolderCode;
      readonly taker: HolderCode;
      readonly device: string;
      readonly time: Micros;
      readonly units: readonly OfferedUnit[];
      readonly signed: string;
      readonly signature: string;
    };

const HOLDER = /^[a-z]{2,12}:[A-Za-z0-9.-]{1,40}$/;
const DEVICE = /^[A-Za-z0-9-]{4,40}$/;
const SIGNATURE = /^[A-Za-z0-9_-]{86}$/;

/** Whether a text has the form of a holder's code. */
export function isHolder(text: string): text is HolderCode {
  return HOLDER.test(text);
}

/** The text of a badge. */
export function badge(holder: HolderCode): string {
  return [MARK, "B", holder].join("|");
}

/** The part of a card that is to be signed. */
export function cardToSign(holder: HolderCode, device: string, time: Micros): string {
  return [MARK, "C", holder, device, time.toString(36)].join("|");
}

/** The part of an offer that is to be signed. */
export function offerToSign(
  giver: HolderCode,
  taker: HolderCode,
  device: string,
  time: Micros,
  units: readonly OfferedUnit[],
): string {
  const list = units.map(({ unit, count }) => (count === undefined ? unit : `${unit}*${count}`)).join(",");
  return [MARK, "O", giver, taker, device, time.toString(36), list].join("|");
}

/** Puts the signature to what was signed. */
export function withSignature(signed: string, signature: string): string {
  return `${signed}|${signature}`;
}

/** Reads a scanned code; null when it is none of ours or has been damaged. */
export function readHandCode(text: string): HandCode | null {
  const parts = text.trim().split("|");
  if (parts[0] !== MARK) return null;
  const signature = parts.at(-1) ?? "";
  const signed = parts.slice(0, -1).join("|");
  if (parts[1] === "B" && parts.length === 3) {
    const holder = parts[2] ?? "";
    return isHolder(holder) ? { is: "badge", holder } : null;
  }
  if (!SIGNATURE.test(signature)) return null;
  if (parts[1] === "C" && parts.length === 6) {
    const [, , holder = "", device = "", time = ""] = parts;
    const at = readTime(time);
    if (!isHolder(holder) || !DEVICE.test(device) || at === null) return null;
    return { is: "card", holder, device, time: at, signed, signature };
  }
  if (parts[1] === "O" && parts.length === 8) {
    const [, , giver = "", taker = "", device = "", time = "", list = ""] = parts;
    const at = readTime(time);
    const units = readUnits(list);
    if (!isHolder(giver) || !isHolder(taker) || !DEVICE.test(device) || at === null || units === null) return null;
    return { is: "offer", giver, taker, device, time: at, units, signed, signature };
  }
  return null;
}

function readTime(text: string): Micros | null {
  return /^[0-9a-z]{1,11}$/.test(text) ? Number.parseInt(text, 36) : null;
}

function readUnits(list: string): OfferedUnit[] | null {
  const units: OfferedUnit[] = [];
  for (const item of list.split(",")) {
    const [unit = "", count] = item.split("*");
    if (!isUnitCode(unit)) return null;
    if (count === undefined) units.push({ unit });
    else if (/^\d{1,5}$/.test(count)) units.push({ unit, count: Number(count) });
    else return null;
  }
  return units;
}

/** Why a card cannot be relied on as a sign that the person stands here now. */
export function cardDoubt(time: Micros, now: Micros): "old" | "future" | null {
  if (now - time > CARD_AGE) return "old";
  return time - now > CARD_AGE ? "future" : null;
}
