// The state in IndexedDB. Every write is one transaction with strict durability: when it is
// complete, the browser has flushed it to the disk, and a dead battery loses nothing of it.

import { type DBSchema, type IDBPDatabase, openDB } from "idb";
import type { Entry } from "../core/queue";
import type { Change, Kept, State } from "../core/state";
import type { Backing, Bell } from "./store";

const NAME = "songhua-field";
/** The first had no photos. */
const VERSION = 2;

interface Tables extends DBSchema {
  kept: { key: string; value: unknown };
  entries: { key: number; value: Entry; indexes: { id: string } };
  photos: { key: string; value: Uint8Array<ArrayBuffer> };
}

/** IndexedDB as a {@link Backing}. */
export class IndexedBacking implements Backing {
  readonly #db: IDBPDatabase<Tables>;

  private constructor(db: IDBPDatabase<Tables>) {
    this.#db = db;
  }

  /** Opens the database, and makes it where there is none. */
  static async open(): Promise<IndexedBacking> {
    const db = await openDB<Tables>(NAME, VERSION, {
      upgrade(tables, before) {
        if (before < 1) {
          tables.createObjectStore("kept");
          tables.createObjectStore("entries", { keyPath: "seq", autoIncrement: true }).createIndex("id", "id", { unique: true });
        }
        if (before < 2) tables.createObjectStore("photos");
      },
      // A newer version of the app in another window waits for us: let it.
      blocking: (_current, _blocked, event) => (event.target as IDBDatabase).close(),
    });
    return new IndexedBacking(db);
  }

  async load(): Promise<State> {
    const read = this.#db.transaction(["kept", "entries"]);
    const [names, values, entries] = await Promise.all([
      read.objectStore("kept").getAllKeys(),
      read.objectStore("kept").getAll(),
      read.objectStore("entries").getAll(),
    ]);
    const kept = Object.fromEntries(names.map((name, at) => [name, values[at]]));
    return { revision: 0, ...kept, entries } as State;
  }

  async write(revision: number, change: Change): Promise<readonly number[] | null> {
    const write = this.#db.transaction(["kept", "entries", "photos"], "readwrite", { durability: "strict" });
    const kept = write.objectStore("kept");
    const entries = write.objectStore("entries");
    const stored = ((await kept.get("revision")) ?? 0) as number;
    if (stored !== revision) {
      await write.done;
      return null;
    }
    const work: Promise<unknown>[] = [kept.put(revision + 1, "revision")];
    for (const [name, value] of Object.entries(change.keep ?? {})) {
      work.push(value === undefined ? kept.delete(name) : kept.put(value, name));
    }
    for (const entry of change.put ?? []) work.push(entries.put(entry));
    for (const seq of change.remove ?? []) work.push(entries.delete(seq));
    const photos = write.objectStore("photos");
    for (const { order, bytes } of change.bytes ?? []) {
      work.push(bytes === undefined ? photos.delete(order) : photos.put(bytes, order));
    }
    // The store gives the entry its place (its key): it comes without one.
    const seqs = (change.add ?? []).map((entry) => entries.add(entry as Entry));
    const places = await Promise.all(seqs);
    await Promise.all(work);
    await write.done;
    return places;
  }

  photo(order: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
    return this.#db.get("photos", order);
  }
}

/** A {@link Bell} that every window and the service worker of this origin hear. */
export function channelBell(): Bell {
  const channel = new BroadcastChannel(NAME);
  return {
    ring: () => channel.postMessage("changed"),
    onRing: (hear) => channel.addEventListener("message", hear),
  };
}

/** Names of what holds or helps to find personal data, or opens the door to it. */
export const PERSONAL: readonly (keyof Kept)[] = ["bundle", "held", "walkIns", "lastChoice", "sealedTube", "handOver", "lock", "session"];
