// Boxes: packing at the site, and comparing at the laboratory what was sent with what is there.

import type { UnitCode } from "./unit";
import type { HolderCode } from "./wire";

/** A box that is being packed. Kept on the device at each scan. */
export interface OpenBox {
  readonly box: UnitCode;
  readonly tubes: readonly UnitCode[];
}

/** A box on a laboratory's bench, being checked. Kept on the device at each scan. */
export interface OpenReceipt {
  readonly box: UnitCode;
  readonly giver?: HolderCode;
  /** Tubes that should be inside, when this device knows their codes. */
  readonly expected?: readonly UnitCode[];
  /** How many should be inside, when only the number is known. */
  readonly expectedCount?: number;
  readonly received: boolean;
  readonly found: readonly UnitCode[];
}

/** How what was found compares with what was sent. */
export interface Comparison {
  /** Sent, but not found so far. Null when the content is not known on this device. */
  readonly missing: readonly UnitCode[] | null;
  /** Found, but not sent in this box. Null when the content is not known. */
  readonly surplus: readonly UnitCode[] | null;
  /** Found less sent, when at least the number is known. */
  readonly difference: number | null;
}

/** Compares; what this device does not know, the server will after the sync. */
export function compare(receipt: OpenReceipt): Comparison {
  const { expected, found } = receipt;
  if (expected === undefined) {
    const count = receipt.expectedCount;
    return { missing: null, surplus: null, difference: count === undefined ? null : found.length - count };
  }
  const there = new Set(found);
  const sent = new Set(expected);
  return {
    missing: expected.filter((tube) => !there.has(tube)),
    surplus: found.filter((tube) => !sent.has(tube)),
    difference: found.length - expected.length,
  };
}
