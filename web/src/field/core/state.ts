// Everything that the device remembers, as one value. Screens read it, actions make changes to
// it, and data/store.ts writes each change durably before anybody sees it.

import type { OpenBox, OpenReceipt } from "./box";
import type { Micros } from "./clock";
import type { HouseholdId, PersonId } from "./person";
import type { InterviewDraft } from "./interview";
import type { WaitingPhoto } from "./photo";
import type { OpenPlate } from "./plate";
import type { Entry, NewEntry } from "./queue";
import type { OpenTube } from "./tube";
import type { UnitCode } from "./unit";
import type { Bundle, Held, HolderCode, Mode, Person, RoundId, Zone } from "./wire";

/** The two languages. */
export type Language = "zh" | "en";

/** A signed-in account. */
export interface Session {
  readonly account: string;
  readonly name: string;
  /** Null once the server no longer takes it: the queue stays, somebody has to sign in again. */
  readonly token: string | null;
}

/** How bright the app is: as the phone says, or dark on light for the sun, or light on dark. */
export type Screen = "phone" | "light" | "dark";

/** Choices of the person who carries the device. */
export interface Settings {
  readonly language: Language;
  /** What the device is called in the queue and in the ledger. */
  readonly deviceName: string;
  readonly camera: boolean;
  readonly sound: boolean;
  readonly vibration: boolean;
  /** As the phone when nobody has chosen. */
  readonly screen?: Screen;
}

/** The signing key of this device. The private half cannot be read out, by us neither. */
export interface DeviceIdentity {
  readonly id: string;
  readonly privateKey: CryptoKey;
  /** Uncompressed P-256 point, base64url. */
  readonly publicKey: string;
}

/** The personal number that opens the app without a network. */
export interface Lock {
  readonly salt: string;
  readonly hash: string;
  readonly rounds: number;
  readonly wrong: number;
}

/** What the last attempts to sync brought. */
export interface SyncState {
  readonly lastSuccess?: Micros;
  /** Failures in a row. */
  readonly failures: number;
  /** Not before this, by the device's clock. */
  readonly nextTry?: Micros;
  readonly problem?: "no-network" | "busy" | "server" | "sign-in";
  /** How far the device's clock is behind the server's, in microseconds. */
  readonly clockOffset: Micros;
}

/** What the server knew of the holder's units, and when it was asked. */
export interface BaseHeld {
  readonly held: readonly Held[];
  readonly settledUpTo: Micros;
}

/** A sealed tube, shown until the next one is begun. */
export interface SealedTube {
  readonly tube: UnitCode;
  readonly barcode?: string;
  readonly mode: Mode;
  readonly persons: readonly PersonId[];
  readonly sealedAt: Micros;
}

/** The hand-over that is being prepared: who takes, and what. */
export interface OpenHandOver {
  readonly units: readonly UnitCode[];
  readonly taker?: HolderCode;
  /** The taker's card, as it was scanned. */
  readonly card?: string;
  /** The signed offer, once the giver has recorded the hand-over. */
  readonly offer?: string;
}

/** What was chosen for the last tube, proposed for the next. */
export interface LastChoice {
  readonly round: RoundId;
  readonly compound?: string;
  readonly zone: Zone;
  readonly mode: Mode;
}

/** Values kept by name. Absent means that there is none. */
export interface Kept {
  readonly session: Session;
  /** Whom the account works for on this device. */
  readonly workplace: HolderCode;
  readonly settings: Settings;
  readonly bundle: Bundle;
  readonly held: BaseHeld;
  readonly device: DeviceIdentity;
  readonly lock: Lock;
  readonly sync: SyncState;
  /** Persons registered on this device, masked. */
  readonly walkIns: readonly Person[];
  readonly lastChoice: LastChoice;
  readonly tube: OpenTube;
  readonly sealedTube: SealedTube;
  readonly box: OpenBox;
  readonly receipt: OpenReceipt;
  readonly plate: OpenPlate;
  readonly handOver: OpenHandOver;
  /** Interviews that are being filled in, by investigation. */
  readonly interviews: Readonly<Record<string, InterviewDraft>>;
  /** Photos that prove receipts and that the server does not have yet. */
  readonly photos: readonly WaitingPhoto[];
}

/** All that the device remembers. */
export interface State extends Partial<Kept> {
  /** Counts every change, so that two windows notice each other's. */
  readonly revision: number;
  readonly entries: readonly Entry[];
}

/** What is to change. `undefined` removes a value. */
export interface Change {
  readonly keep?: { readonly [Name in keyof Kept]?: Kept[Name] | undefined };
  readonly add?: readonly NewEntry[];
  readonly put?: readonly Entry[];
  readonly remove?: readonly number[];
  /** Bytes of photos, by order; `undefined` removes them. They are no part of the state: it is read as a whole. */
  readonly bytes?: readonly { readonly order: string; readonly bytes: Uint8Array<ArrayBuffer> | undefined }[];
}

/** A state with nothing in it. */
export const EMPTY: State = { revision: 0, entries: [] };

/** Settings before anybody has changed them. */
export const DEFAULT_SETTINGS: Settings = {
  language: "zh",
  deviceName: "",
  camera: true,
  sound: true,
  vibration: true,
};

/** Sync before the first attempt. */
export const NEVER_SYNCED: SyncState = { failures: 0, clockOffset: 0 };

/** Applies a change; `seqs` are the places that the new entries were given. */
export function applyChange(state: State, change: Change, seqs: readonly number[]): State {
  const put = new Map((change.put ?? []).map((entry) => [entry.seq, entry]));
  const removed = new Set(change.remove ?? []);
  const entries = state.entries
    .filter(({ seq }) => !removed.has(seq))
    .map((entry) => put.get(entry.seq) ?? entry);
  const added = (change.add ?? []).map((entry, at) => ({ ...entry, seq: seqs[at] ?? 0 }));
  const next: Record<string, unknown> = {
    ...state,
    revision: state.revision + 1,
    entries: [...entries, ...added],
  };
  for (const [name, value] of Object.entries(change.keep ?? {})) {
    if (value === undefined) delete next[name];
    else next[name] = value;
  }
  return next as unknown as State;
}

/** A tube, box, receipt or plate is in work: no moment for a new version or a sign-out. */
export function isBusy(state: State): boolean {
  return state.tube !== undefined || state.box !== undefined || state.receipt !== undefined || state.plate !== undefined;
}

/** A household as a phone shows it. */
export interface Door {
  readonly id: HouseholdId;
  readonly door: string;
  readonly compound: string;
  readonly persons: readonly Person[];
}
