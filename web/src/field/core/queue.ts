// The queue of commands that the server has not yet answered, as rules: what to send next, what
// an answer changes, when to try again. Nothing leaves the queue unseen: an accepted command
// stays listed as done, a refused one until somebody has read why, and one that the server cannot
// record until it can.

import type { Micros } from "./clock";
import type { Command, Outcome, Refusal, SentCommand } from "./wire";

/** Where a command stands. */
export type EntryState =
  /** Written on this device, not yet answered by the server. */
  | "waiting"
  /** The server has it, durably. */
  | "accepted"
  /** The server cannot record it. It exists here alone, in sight, and is sent again now and then. */
  | "unrecorded"
  /** A rule said no; a person has to read why. */
  | "refused"
  /** Refused, and a person has read why. */
  | "read";

/** A command with its story on this device. */
export interface Entry {
  /** Place in the order of sending. */
  readonly seq: number;
  readonly id: string;
  /** The account that made it: another account's token must not send it. */
  readonly account: string;
  readonly area: number;
  readonly madeAt: Micros;
  readonly command: Command;
  readonly state: EntryState;
  readonly tries: number;
  readonly refusal?: Refusal;
  readonly notes?: readonly Refusal[];
  /** When the server last answered. */
  readonly settledAt?: Micros;
  /** The device that it came from, when it was imported from a backup. */
  readonly importedFrom?: string;
}

/** An entry before the store has given it its place. */
export type NewEntry = Omit<Entry, "seq">;

/** Commands in one request at most. */
export const BATCH_LIMIT = 200;
/** Characters of JSON in one request at most; the server's limit is well above. */
export const BATCH_CHARACTERS = 400_000;

/** What goes over the wire of an entry. */
export function sent(entry: Entry): SentCommand {
  return { id: entry.id, area: entry.area, event_time: entry.madeAt, command: entry.command };
}

/** Where commands are sent to: those with an envelope for the server have a route of their own. */
export type Route = "commands" | "walk-ins";

/** The route that takes a command. */
export function routeOf(command: Command): Route {
  return "registry" in command ? "walk-ins" : "commands";
}

/** The next commands to send, in the order in which they were made, all for one route. */
export function nextBatch(entries: readonly Entry[], account: string, limit = BATCH_LIMIT): Entry[] {
  return batchOf(entries, limit, (entry) => entry.state === "waiting" && entry.account === account);
}

/** How long after one answer the server is asked again about a command that it cannot record. */
export const RETRY_UNRECORDED: Micros = 3_600_000_000;

/** Commands that the server could not record and that are to be tried again now. */
export function nextRetry(entries: readonly Entry[], account: string, now: Micros, limit = BATCH_LIMIT): Entry[] {
  return batchOf(entries, limit, ({ state, account: by, settledAt = 0 }) => {
    if (state !== "unrecorded" || by !== account) return false;
    // A time in the future was written before somebody set the clock back.
    return now - settledAt >= RETRY_UNRECORDED || settledAt > now;
  });
}

function batchOf(entries: readonly Entry[], limit: number, wanted: (entry: Entry) => boolean): Entry[] {
  const batch: Entry[] = [];
  let characters = 0;
  for (const entry of entries) {
    if (!wanted(entry)) continue;
    const [first] = batch;
    if (first !== undefined && routeOf(first.command) !== routeOf(entry.command)) break;
    characters += JSON.stringify(sent(entry)).length;
    if (batch.length >= limit || (batch.length > 0 && characters > BATCH_CHARACTERS)) break;
    batch.push(entry);
  }
  return batch;
}

/**
 * Applies the server's outcomes to the batch that was sent. What the server did not mention
 * stays waiting, one try older; an outcome for anything else is ignored.
 */
export function settle(batch: readonly Entry[], outcomes: readonly Outcome[], at: Micros): Entry[] {
  const byId = new Map(outcomes.map((outcome) => [outcome.id, outcome]));
  return batch.map((entry) => {
    const outcome = byId.get(entry.id);
    const tries = entry.tries + 1;
    if (outcome === undefined) return { ...entry, tries };
    const notes = outcome.notes !== undefined && outcome.notes.length > 0 ? { notes: outcome.notes } : {};
    if (outcome.status === "accepted") {
      const command = withoutAnswers(entry.command);
      return { ...entry, command, tries, state: "accepted" as const, settledAt: at, ...notes };
    }
    const refusal = outcome.refusal ?? unexplained();
    const state = outcome.status === "not_recorded" ? ("unrecorded" as const) : ("refused" as const);
    return { ...entry, tries, state, settledAt: at, refusal, ...notes };
  });
}

/** What somebody said about their life does not stay on a phone once the server has it. */
function withoutAnswers(command: Command): Command {
  if (!("tracing" in command)) return command;
  const { investigation, complete } = command.tracing.interview;
  return { tracing: { interview: { investigation, complete } } };
}

function unexplained(): Refusal {
  return {
    code: "unexplained",
    message: { zh: "服务器拒绝了这条记录，但没有说明原因。", en: "The server refused this without a reason." },
    next: { zh: "请联系区县工作台。", en: "Ask the district desk." },
  };
}

/** Whether the server has not answered for good. */
export function isUnsettled({ state }: Entry): boolean {
  return state === "waiting" || state === "unrecorded";
}

/** Puts a command that the server could not record back among those that wait. */
export function sendAgain(entry: Entry): Entry {
  if (entry.state !== "unrecorded") return entry;
  const { refusal: _why, settledAt: _when, ...rest } = entry;
  return { ...rest, state: "waiting" };
}

/** Marks a refused command as read; any other stays as it is. */
export function acknowledge(entry: Entry): Entry {
  return entry.state === "refused" ? { ...entry, state: "read" } : entry;
}

/** How long a command stays listed after the server has it, or a refusal after it was read. */
const KEPT: Micros = 3 * 86_400_000_000;

/** Places of what may leave the list: long with the server, or long since read. Never what waits. */
export function outdated(entries: readonly Entry[], now: Micros): number[] {
  return entries
    .filter(({ state }) => state === "accepted" || state === "read")
    .filter(({ settledAt }) => settledAt !== undefined && now - settledAt > KEPT)
    .map(({ seq }) => seq);
}

/** How a request ended that brought no outcomes. */
export type Failure =
  | { readonly kind: "no-network" }
  | { readonly kind: "status"; readonly status: number; readonly retryAfterSeconds?: number };

/** What to do about it. */
export type Remedy =
  | { readonly do: "wait"; readonly milliseconds: number }
  /** The token is no longer good. The queue stays. */
  | { readonly do: "sign-in" }
  /** The batch is too big or one of its commands cannot be read: send fewer at once. */
  | { readonly do: "send-fewer"; readonly limit: number }
  /** A single command that the server cannot read: it will never be able to. */
  | { readonly do: "refuse" };

const FIRST_WAIT_MS = 2_000;
const LONGEST_WAIT_MS = 120_000;

/**
 * What a failed request calls for. `failures` counts those in a row, this one included;
 * `jitter` is a random number from 0 to 1, so that a thousand phones that lost the same server
 * do not all come back in the same second.
 */
export function remedy(failure: Failure, batchSize: number, failures: number, jitter: number): Remedy {
  if (failure.kind === "status") {
    if (failure.status === 401) return { do: "sign-in" };
    if (failure.status === 413 || failure.status === 422 || failure.status === 400) {
      return batchSize > 1 ? { do: "send-fewer", limit: Math.floor(batchSize / 2) } : { do: "refuse" };
    }
    if (failure.retryAfterSeconds !== undefined) {
      return { do: "wait", milliseconds: Math.min(failure.retryAfterSeconds * 1000, 600_000) * (1 + jitter / 2) };
    }
  }
  const wait = Math.min(FIRST_WAIT_MS * 2 ** Math.min(failures - 1, 10), LONGEST_WAIT_MS);
  return { do: "wait", milliseconds: Math.round(wait * (0.5 + jitter / 2)) };
}

/** Counts for the badge and the home screen. */
export interface QueueCount {
  /** Not yet answered by the server. */
  readonly waiting: number;
  /** Waiting, but made by another account than the one that is signed in. */
  readonly others: number;
  /** Answered, but not recorded: the server cannot. */
  readonly unrecorded: number;
  /** Refused and not yet read. */
  readonly refused: number;
}

/** Counts the queue for an account. */
export function countQueue(entries: readonly Entry[], account: string | undefined): QueueCount {
  let [waiting, others, unrecorded, refused] = [0, 0, 0, 0];
  for (const entry of entries) {
    if (entry.state === "waiting") {
      waiting += 1;
      if (entry.account !== account) others += 1;
    }
    if (entry.state === "unrecorded") unrecorded += 1;
    if (entry.state === "refused") refused += 1;
  }
  return { waiting, others, unrecorded, refused };
}
