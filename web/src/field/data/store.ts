// The one way to change what the device remembers. A change is written durably first and shown
// after; changes wait for each other; another window (or the service worker) that was faster
// makes this one look again before it decides.

import { applyChange, type Change, EMPTY, type State } from "../core/state";

/** Where the state is kept. */
export interface Backing {
  /** Everything. */
  load(): Promise<State>;
  /**
   * Writes a change on top of the given revision, durably, in one transaction. Returns the
   * places of the added entries, or null when the stored revision is another one.
   */
  write(revision: number, change: Change): Promise<readonly number[] | null>;
  /** The bytes of the photo that waits for an order. */
  photo(order: string): Promise<Uint8Array<ArrayBuffer> | undefined>;
}

/** Tells the other windows of this origin that something changed. */
export interface Bell {
  ring(): void;
  onRing(hear: () => void): void;
}

const NO_BELL: Bell = { ring() {}, onRing() {} };
/** Another window cannot win for ever: people scan with one hand. */
const ATTEMPTS = 20;

/** The state and its changes. */
export class Store {
  #state: State = EMPTY;
  #line: Promise<unknown> = Promise.resolve();
  readonly #watchers = new Set<() => void>();
  readonly #backing: Backing;
  readonly #bell: Bell;

  private constructor(backing: Backing, bell: Bell) {
    this.#backing = backing;
    this.#bell = bell;
  }

  /** Reads what is kept. */
  static async open(backing: Backing, bell: Bell = NO_BELL): Promise<Store> {
    const store = new Store(backing, bell);
    store.#state = await backing.load();
    bell.onRing(() => void store.refresh());
    return store;
  }

  get state(): State {
    return this.#state;
  }

  /** Calls `watch` after every change; returns how to stop that. */
  subscribe(watch: () => void): () => void {
    this.#watchers.add(watch);
    return () => this.#watchers.delete(watch);
  }

  /**
   * Makes a change. `decide` sees the latest state and may be called again when another window
   * was faster; null means that there is nothing to do. When the promise is fulfilled, the
   * change is on the disk.
   */
  commit(decide: (state: State) => Change | null): Promise<State> {
    return this.#inLine(async () => {
      for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
        const change = decide(this.#state);
        if (change === null) return this.#state;
        const seqs = await this.#backing.write(this.#state.revision, change);
        if (seqs !== null) {
          this.#show(applyChange(this.#state, change, seqs));
          this.#bell.ring();
          return this.#state;
        }
        this.#show(await this.#backing.load());
      }
      throw new Error("another window keeps changing the same data");
    });
  }

  /** The bytes of the photo that waits for an order. */
  photo(order: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
    return this.#backing.photo(order);
  }

  /** Reads again what is kept: another window has changed it. */
  refresh(): Promise<void> {
    return this.#inLine(async () => {
      const stored = await this.#backing.load();
      if (stored.revision !== this.#state.revision) this.#show(stored);
    });
  }

  #show(state: State): void {
    this.#state = state;
    for (const watch of this.#watchers) watch();
  }

  #inLine<Result>(work: () => Promise<Result>): Promise<Result> {
    const done = this.#line.then(work, work);
    this.#line = done.catch(() => undefined);
    return done;
  }
}

/** Keeps the state in memory: for tests. */
export class MemoryBacking implements Backing {
  #state: State;
  readonly #photos = new Map<string, Uint8Array<ArrayBuffer>>();
  #nextSeq = 1;

  constructor(state: State = EMPTY) {
    this.#state = state;
    this.#nextSeq = Math.max(0, ...state.entries.map(({ seq }) => seq)) + 1;
  }

  load(): Promise<State> {
    return Promise.resolve(this.#state);
  }

  write(revision: number, change: Change): Promise<readonly number[] | null> {
    if (revision !== this.#state.revision) return Promise.resolve(null);
    const seqs = (change.add ?? []).map(() => this.#nextSeq++);
    this.#state = applyChange(this.#state, change, seqs);
    for (const { order, bytes } of change.bytes ?? []) {
      if (bytes === undefined) this.#photos.delete(order);
      else this.#photos.set(order, bytes);
    }
    return Promise.resolve(seqs);
  }

  photo(order: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
    return Promise.resolve(this.#photos.get(order));
  }
}
