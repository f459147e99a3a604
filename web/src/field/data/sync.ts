// Sending the queue. One at a time over all windows and the service worker of a device; in the
// order of making; safe to break off anywhere, because sending again changes nothing.

import { type Micros, micros } from "../core/clock";
import { type Entry, type Failure, isUnsettled, nextBatch, nextRetry, remedy, type Route, routeOf, sent, settle } from "../core/queue";
import { nextPhoto, refusedPhoto, withoutPhoto } from "../core/photo";
import { type Change, NEVER_SYNCED, type State, type SyncState } from "../core/state";
import type { Batch, BatchAnswer, HeldAnswer, HolderCode, Refusal } from "../core/wire";
import { type Answer, ApiFailure, fetchHeld, sendBatch, sendPhoto } from "./api";
import type { Store } from "./store";

/** What syncing needs from outside. */
export interface Outside {
  /** The device's clock, in milliseconds. */
  now(): number;
  /** A random number from 0 to 1. */
  jitter(): number;
  send(token: string, route: Route, batch: Batch): Promise<Answer<BatchAnswer>>;
  held(token: string, holder: HolderCode): Promise<Answer<HeldAnswer>>;
  photo(token: string, order: string, bytes: Uint8Array<ArrayBuffer>): Promise<Answer<unknown>>;
  /** Runs `work` unless another window is syncing already. */
  alone(work: () => Promise<void>): Promise<void>;
}

/** The real outside. */
export const OUTSIDE: Outside = {
  now: () => Date.now(),
  jitter: () => Math.random(),
  send: sendBatch,
  held: fetchHeld,
  photo: sendPhoto,
  alone: (work) =>
    navigator.locks.request("songhua-field-sync", { ifAvailable: true }, async (lock) => {
      if (lock !== null) await work();
    }),
};

/** Nobody is asked to wait longer than this, in microseconds. */
const LONGEST_WAIT: Micros = 900_000_000;

/** Whether the time has come to try (again). */
export function isDue(state: State, now: Micros): boolean {
  const { session, sync } = state;
  if (session === undefined || session.token === null) return false;
  const next = sync?.nextTry ?? 0;
  // A time far ahead was written before somebody set the clock back.
  if (next > now && next <= now + LONGEST_WAIT) return false;
  if (nextPhoto(state, session.account) !== undefined) return true;
  return [nextBatch(state.entries, session.account, 1), nextRetry(state.entries, session.account, now, 1)].some(
    (batch) => batch.length > 0,
  );
}

/** The state of syncing without a planned attempt: somebody wants it now. */
export function withoutWaiting(sync: SyncState): SyncState {
  const { nextTry: _planned, ...rest } = sync;
  return rest;
}

/** The state of syncing after somebody signed in: a fresh start, with the clock as it was seen. */
export function afterSignIn(sync: SyncState | undefined, offset: Micros | null): SyncState {
  const { nextTry: _planned, problem: _solved, ...rest } = sync ?? NEVER_SYNCED;
  return { ...rest, failures: 0, clockOffset: offset ?? rest.clockOffset };
}

/** Sends all that waits, then asks what the holder answers for. Never throws. */
export async function syncNow(store: Store, outside: Outside = OUTSIDE): Promise<void> {
  await outside.alone(async () => {
    // Another window may have sent since this one last looked.
    await store.refresh();
    // Photos come last: no receipt waits for a picture.
    if ((await sendAll(store, outside)) && (await sendPhotos(store, outside))) await askHeld(store, outside);
  });
}

/** Whether all was sent. */
async function sendAll(store: Store, outside: Outside): Promise<boolean> {
  let limit: number | undefined;
  for (;;) {
    const { session, entries, device, settings } = store.state;
    if (session === undefined || session.token === null) return false;
    const waiting = nextBatch(entries, session.account, limit);
    // What the server could not record comes last: it must not hold up what waits.
    const batch = waiting.length > 0 ? waiting : nextRetry(entries, session.account, micros(outside.now()), limit);
    const [first] = batch;
    if (first === undefined) return true;
    const name = settings?.deviceName || device?.id || "";
    // Event times were corrected when they were made: the server must not correct them again.
    const deviceTime = micros(outside.now()) + (store.state.sync?.clockOffset ?? 0);
    const body = { device: name, device_time: deviceTime, commands: batch.map(sent) };
    try {
      const answer = await outside.send(session.token, routeOf(first.command), body);
      const outcomes = answer.body.outcomes;
      if (!outcomes.some(({ id }) => batch.some((entry) => entry.id === id))) {
        throw new ApiFailure({ kind: "status", status: 502 });
      }
      await settleBatch(store, batch, answer, micros(outside.now()));
      limit = undefined;
    } catch (failed) {
      const failure = failed instanceof ApiFailure ? failed : new ApiFailure({ kind: "no-network" });
      const done = await meet(store, outside, batch, session.token, failure);
      if (done === "stop") return false;
      limit = done;
    }
  }
}

/** Whether all photos whose receipts the server has were sent. One leaves the device once the server says that it keeps it. */
async function sendPhotos(store: Store, outside: Outside): Promise<boolean> {
  for (;;) {
    const { session } = store.state;
    if (session === undefined || session.token === null) return false;
    const photo = nextPhoto(store.state, session.account);
    if (photo === undefined) return true;
    const bytes = await store.photo(photo.order);
    if (bytes === undefined) {
      // The browser has thrown it away. That is said; the receipt stands.
      await store.commit((state) => refusedPhoto(state, photo, gone()));
      continue;
    }
    try {
      const { clockOffset } = await outside.photo(session.token, photo.order, bytes);
      const at = micros(outside.now());
      await store.commit((state) => {
        const change = withoutPhoto(state, photo);
        return { ...change, keep: { ...change.keep, sync: success(state.sync, at, clockOffset) } };
      });
    } catch (failed) {
      const failure = failed instanceof ApiFailure ? failed : new ApiFailure({ kind: "no-network" });
      if (failure.said !== undefined && isFinal(failure.failure)) {
        const refusal = failure.said;
        await store.commit((state) => refusedPhoto(state, photo, refusal));
        continue;
      }
      await meet(store, outside, [], session.token, failure);
      return false;
    }
  }
}

/** Whether sending the same photo again would bring the same answer. */
function isFinal(failure: Failure): boolean {
  return failure.kind === "status" && [403, 404, 413, 415, 422].includes(failure.status);
}

function gone(): Refusal {
  return {
    code: "photo-gone",
    message: { zh: "照片已不在本机。", en: "The photo is no longer on this phone." },
    next: { zh: "请告知区县工作台：签收仍然有效。", en: "Tell the district desk. The receipt stands." },
  };
}

async function settleBatch(store: Store, batch: readonly Entry[], answer: Answer<BatchAnswer>, at: Micros): Promise<void> {
  const settled = new Map(settle(batch, answer.body.outcomes, at).map((entry) => [entry.seq, entry]));
  await store.commit((state) => ({
    put: state.entries.flatMap((entry) => (isUnsettled(entry) ? (settled.get(entry.seq) ?? []) : [])),
    keep: { sync: success(state.sync, at, answer.clockOffset) },
  }));
}

function success(before: SyncState | undefined, at: Micros, offset: Micros | null): SyncState {
  return { lastSuccess: at, failures: 0, clockOffset: offset ?? before?.clockOffset ?? 0 };
}

/** Does what a failure calls for: the size of the next batch, or that there is none for now. */
async function meet(
  store: Store,
  outside: Outside,
  batch: readonly Entry[],
  token: string,
  { failure, said }: ApiFailure,
): Promise<"stop" | number | undefined> {
  const failures = (store.state.sync?.failures ?? 0) + 1;
  const cure = remedy(failure, batch.length, failures, outside.jitter());
  if (cure.do === "send-fewer") return cure.limit;
  if (cure.do === "refuse") {
    const [only] = batch;
    const refusal: Refusal = said ?? unreadable();
    await store.commit((state) => ({
      put: state.entries
        .filter((entry) => entry.seq === only?.seq && isUnsettled(entry))
        .map((entry) => ({ ...entry, state: "refused", tries: entry.tries + 1, settledAt: micros(outside.now()), refusal })),
    }));
    return undefined;
  }
  const now = micros(outside.now());
  await store.commit((state) => {
    const before = state.sync ?? NEVER_SYNCED;
    return {
      put: state.entries.filter((stands) => isUnsettled(stands) && batch.some((entry) => entry.seq === stands.seq))
        .map((entry) => ({ ...entry, tries: entry.tries + 1 })),
      keep: {
        sync: {
          ...before,
          failures,
          problem: problem(failure),
          ...(cure.do === "wait" ? { nextTry: now + cure.milliseconds * 1000 } : {}),
        },
        ...(cure.do === "sign-in" ? forgetToken(state, token)?.keep : {}),
      },
    };
  });
  return "stop";
}

function problem(failure: Failure): NonNullable<SyncState["problem"]> {
  if (failure.kind === "no-network") return "no-network";
  if (failure.status === 401) return "sign-in";
  return failure.status === 503 || failure.status === 429 ? "busy" : "server";
}

function unreadable(): Refusal {
  return {
    code: "unreadable",
    message: {
      zh: "服务器无法读取这条记录。",
      en: "The server could not read this record.",
    },
    next: {
      zh: "请导出备份并交给区县工作台，由其补录。",
      en: "Export a backup and give it to the district desk, who can enter it.",
    },
  };
}

async function askHeld(store: Store, outside: Outside): Promise<void> {
  const { session, bundle } = store.state;
  if (session === undefined || session.token === null || bundle === undefined) return;
  // What was settled before the question is in the answer; later things may not be.
  const asked = micros(outside.now());
  try {
    const { body } = await outside.held(session.token, bundle.holder.code);
    await store.commit(() => ({ keep: { held: { held: body.held, settledUpTo: asked } } }));
  } catch (failed) {
    // The queue is sent, which is what counts; the list will be renewed next time.
    if (failed instanceof ApiFailure && failed.failure.kind === "status" && failed.failure.status === 401) {
      await store.commit((state) => forgetToken(state, session.token));
    }
  }
}

/** The server no longer takes the token. Somebody may have signed in anew meanwhile: then it stays. */
function forgetToken(state: State, token: string | null): Change | null {
  if (state.session === undefined || state.session.token !== token) return null;
  return { keep: { session: { ...state.session, token: null } } };
}
