// The queue as a file, for the day when a phone breaks: exported from one device, imported on
// another. Ids stay the same, so it does no harm if both devices send. There are no names and no
// identity numbers in it: persons are ids, and walk-ins are sealed for the server. The answers of an interview that the
// server has not taken are in it as they were typed: nobody else has them.

import { type Micros } from "../core/clock";
import type { Entry, NewEntry } from "../core/queue";
import type { Change, Kept, State } from "../core/state";
import { toBase64Url, utf8 } from "./bytes";

const FORMAT = "songhua-field-backup";
const VERSION = 1;
/** Work in progress that goes along. */
const DRAFTS = ["tube", "box", "receipt", "plate", "interviews"] as const satisfies readonly (keyof Kept)[];

interface Content {
  readonly device: string;
  readonly account: string;
  readonly exported_at: Micros;
  readonly entries: readonly Entry[];
  readonly drafts: { readonly [Name in (typeof DRAFTS)[number]]?: Kept[Name] };
  readonly walk_ins: NonNullable<State["walkIns"]>;
}

/** What a file holds, for the user to confirm. */
export interface Backup extends Content {}

/** Why a file cannot be imported. */
export class BackupError extends Error {
  constructor(readonly code: "not-a-backup" | "newer-version" | "damaged") {
    super(code);
  }
}

async function digest(text: string): Promise<string> {
  return toBase64Url(new Uint8Array(await crypto.subtle.digest("SHA-256", utf8(text))));
}

/** The text of the file: what the server has not accepted, and work in progress. */
export async function exportBackup(state: State, now: Micros): Promise<string> {
  const drafts = Object.fromEntries(DRAFTS.flatMap((name) => (state[name] === undefined ? [] : [[name, state[name]]])));
  const content: Content = {
    device: state.settings?.deviceName || state.device?.id || "",
    account: state.session?.account ?? "",
    exported_at: now,
    entries: state.entries.filter((entry) => entry.state !== "accepted"),
    drafts,
    walk_ins: state.walkIns ?? [],
  };
  const text = JSON.stringify(content);
  return JSON.stringify({ format: FORMAT, version: VERSION, sha256: await digest(text), content: text });
}

/** Reads a file; the digest finds one that was cut short or changed by a messenger. */
export async function readBackup(text: string): Promise<Backup> {
  let outer: { format?: unknown; version?: unknown; sha256?: unknown; content?: unknown };
  try {
    outer = JSON.parse(text) as typeof outer;
  } catch {
    throw new BackupError("not-a-backup");
  }
  if (outer?.format !== FORMAT || typeof outer.content !== "string") throw new BackupError("not-a-backup");
  if (outer.version !== VERSION) throw new BackupError("newer-version");
  if ((await digest(outer.content)) !== outer.sha256) throw new BackupError("damaged");
  return JSON.parse(outer.content) as Content;
}

/** What importing a backup would bring. */
export interface Import {
  readonly change: Change;
  readonly added: number;
  /** Already on this device. */
  readonly known: number;
  /** Work in progress that was left out, because this device has its own of that kind. */
  readonly leftOut: readonly (typeof DRAFTS)[number][];
}

/** Puts a backup on top of what this device has. The importing account will send it. */
export function planImport(state: State, backup: Backup): Import {
  const account = state.session?.account;
  if (account === undefined) throw new Error("sign in before importing");
  const here = new Set(state.entries.map(({ id }) => id));
  const fresh = backup.entries.filter(({ id }) => !here.has(id));
  const add: NewEntry[] = fresh.map(({ seq: _place, ...entry }) => ({
    ...entry,
    account,
    importedFrom: `${backup.device} (${backup.account})`,
  }));
  const keep: Record<string, unknown> = {};
  const leftOut: (typeof DRAFTS)[number][] = [];
  for (const name of DRAFTS) {
    if (backup.drafts[name] === undefined) continue;
    if (state[name] === undefined) keep[name] = backup.drafts[name];
    else if (JSON.stringify(state[name]) !== JSON.stringify(backup.drafts[name])) leftOut.push(name);
  }
  const known = new Set(state.walkIns?.map(({ id }) => id));
  const walkIns = backup.walk_ins.filter(({ id }) => !known.has(id));
  if (walkIns.length > 0) keep.walkIns = [...(state.walkIns ?? []), ...walkIns];
  return { change: { add, keep }, added: fresh.length, known: backup.entries.length - fresh.length, leftOut };
}
