// The photos that prove receipts, as rules: which go with which receipt, which is sent next, which may leave the device.
// A receipt does not wait for its photo; a photo waits until the server has its receipt, and stays here until the
// server has said that it keeps it.

import { entry, type Stamp } from "./actions";
import type { Micros } from "./clock";
import { acknowledge, type Entry } from "./queue";
import type { Change, State } from "./state";
import type { DeliveryOrder, Refusal } from "./wire";

/** The longest side of a photo, in pixels: a door and a parcel are plain to see. */
export const LONGEST_SIDE = 1280;
/** The largest photo that the server takes, in bytes. */
export const LARGEST = 300 * 1024;

/** A photo as it was taken, made small. */
export interface TakenPhoto {
  /** SHA-256 of the bytes, in hexadecimal. */
  readonly hash: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** A photo that the server does not have yet. Its bytes lie beside, under its order. */
export interface WaitingPhoto {
  readonly order: string;
  readonly hash: string;
  readonly size: number;
  /** The receipt that names it, by the id of its command, and who recorded that. */
  readonly receipt: string;
  readonly account: string;
  readonly takenAt: Micros;
  /** Why the server does not take it: a person has to read it. */
  readonly refusal?: Refusal;
}

const NONE: readonly WaitingPhoto[] = [];

/** The photos that wait. */
export function photosOf(state: State): readonly WaitingPhoto[] {
  return state.photos ?? NONE;
}

/** The household has its order, and a photo proves it: both are written at once. */
export function receiveWithPhoto(state: State, order: DeliveryOrder, photo: TakenPhoto, stamp: Stamp): Change {
  const receive = { household: order.household, order: order.id, proof: { photo: photo.hash } };
  const receipt = entry(state, { supply: { order: { receive } } }, stamp);
  const waiting: WaitingPhoto = {
    order: order.id,
    hash: photo.hash,
    size: photo.bytes.length,
    receipt: receipt.id,
    account: receipt.account,
    takenAt: stamp.now,
  };
  return {
    add: [receipt],
    keep: { photos: [...photosOf(state).filter((other) => other.order !== order.id), waiting] },
    bytes: [{ order: order.id, bytes: photo.bytes }],
  };
}

/** The next photo to send: the server has its receipt. What has left the queue was taken long ago. */
export function nextPhoto(state: State, account: string): WaitingPhoto | undefined {
  const stands = new Map(state.entries.map((entry) => [entry.id, entry.state]));
  return photosOf(state).find(
    ({ account: by, receipt, refusal }) => by === account && refusal === undefined && (stands.get(receipt) ?? "accepted") === "accepted",
  );
}

/** The photo of an order leaves the device. */
export function withoutPhoto(state: State, { order, hash }: WaitingPhoto): Change {
  const left = photosOf(state).filter((photo) => photo.order !== order || photo.hash !== hash);
  // Another photo of the same order was taken meanwhile: its bytes stay.
  const bytes = left.some((photo) => photo.order === order) ? [] : [{ order, bytes: undefined }];
  return { keep: { photos: left.length === 0 ? undefined : left }, bytes };
}

/** The server does not take a photo: it stays, with the reason, until somebody has read it. */
export function refusedPhoto(state: State, { order, hash }: WaitingPhoto, refusal: Refusal): Change {
  return { keep: { photos: photosOf(state).map((photo) => (photo.order === order && photo.hash === hash ? { ...photo, refusal } : photo)) } };
}

/** A refusal has been read. Of a receipt that does not stand no photo is sent. */
export function readRefusal(state: State, seq: number): Change {
  const read: Entry[] = state.entries.filter((entry) => entry.seq === seq).map(acknowledge);
  const photo = photosOf(state).find(({ receipt }) => read.some(({ id, state: stands }) => id === receipt && stands === "read"));
  return { put: read, ...(photo === undefined ? {} : withoutPhoto(state, photo)) };
}

/** How many photos wait, and how many are refused. */
export function countPhotos(state: State): { readonly waiting: number; readonly refused: number } {
  const refused = photosOf(state).filter(({ refusal }) => refusal !== undefined).length;
  return { waiting: photosOf(state).length - refused, refused };
}
