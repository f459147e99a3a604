// Looking people up in what was downloaded. Built once for a list of persons, then only read.

import type { PersonId, PersonReading } from "./person";
import { shortCode } from "./person";
import { type Picture, sampledKey } from "./holdings";
import type { Door, State } from "./state";
import type { Known } from "./tube";
import type { Bundle, Household, Person, RoundId } from "./wire";

/** Downloaded persons and those registered on this device, found by every code they bear. */
export class Directory {
  readonly #persons = new Map<string, Person>();
  readonly #households = new Map<string, Household>();
  readonly #members = new Map<string, Person[]>();
  readonly #short = new Map<string, string[]>();
  readonly #compounds = new Map<string, Household[]>();

  constructor(bundle: Bundle | undefined, walkIns: readonly Person[]) {
    for (const household of bundle?.households ?? []) {
      this.#households.set(household.id, household);
      push(this.#short, shortCode("H", household.id), household.id);
      push(this.#compounds, household.compound, household);
    }
    for (const person of [...(bundle?.persons ?? []), ...walkIns]) {
      this.#persons.set(person.id, person);
      push(this.#short, shortCode("P", person.id), person.id);
      if (person.household !== null) push(this.#members, person.household, person);
    }
    for (const households of this.#compounds.values()) {
      households.sort((a, b) => a.door.localeCompare(b.door, "en", { numeric: true }));
    }
  }

  person(id: PersonId): Person | undefined {
    return this.#persons.get(id);
  }

  household(id: string | null | undefined): Household | undefined {
    return id == null ? undefined : this.#households.get(id);
  }

  /** The ids that a scanned or typed code may mean: none, one, or (very rarely) several. */
  idsFor(reading: Extract<PersonReading, { is: "id" | "short" }>): readonly string[] {
    return reading.is === "id" ? [reading.id] : (this.#short.get(reading.short) ?? []);
  }

  /** A household with its persons. */
  door(id: string): Door | undefined {
    const household = this.#households.get(id);
    if (household === undefined) return undefined;
    return { ...household, persons: this.#members.get(id) ?? [] };
  }

  /** The doors of a compound whose number contains `search`, in order. */
  doors(compound: string, search = ""): Door[] {
    const wanted = search.normalize("NFKC").replace(/\s+/g, "").toUpperCase();
    return (this.#compounds.get(compound) ?? [])
      .filter(({ door }) => door.toUpperCase().includes(wanted))
      .map((household) => ({ ...household, persons: this.#members.get(household.id) ?? [] }));
  }

  /** Everybody on the list. */
  get size(): number {
    return this.#persons.size;
  }

  /** What the rules of a tube ask about a person. */
  known(id: PersonId, round: RoundId, shown: Picture): Known {
    const person = this.#persons.get(id);
    const sampledIn = shown.sampled.get(sampledKey(round, id));
    return {
      listed: person !== undefined,
      ...(person === undefined ? {} : { household: person.household }),
      ...(sampledIn === undefined ? {} : { sampledIn }),
      sampledBefore: person?.sampled?.includes(round) ?? false,
      exempt: person?.exempt?.includes(round) ?? false,
      recall: person?.recall ?? false,
    };
  }

  /** Whether a person still needs a swab in the round, as far as this device knows. */
  isMissing(person: Person, round: RoundId, shown: Picture): boolean {
    const { sampledIn, sampledBefore, exempt, recall } = this.known(person.id, round, shown);
    if (sampledIn !== undefined) return false;
    return recall === true || (!sampledBefore && !exempt);
  }
}

function push<Key, Value>(map: Map<Key, Value[]>, key: Key, value: Value): void {
  const values = map.get(key);
  if (values === undefined) map.set(key, [value]);
  else values.push(value);
}

let last: { bundle: Bundle | undefined; walkIns: readonly Person[] | undefined; directory: Directory } | undefined;

/** The directory of a state; made anew only when its lists have changed. */
export function directoryOf(state: State): Directory {
  if (last === undefined || last.bundle !== state.bundle || last.walkIns !== state.walkIns) {
    const directory = new Directory(state.bundle, state.walkIns ?? []);
    last = { bundle: state.bundle, walkIns: state.walkIns, directory };
  }
  return last.directory;
}
