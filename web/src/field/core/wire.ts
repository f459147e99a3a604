// The words that the field app and the server share on the wire. Times are whole microseconds
// UTC. The server side is crates/server/src/field (bundle, held) and crates/desks/testing
// (commands).

import type { Micros } from "./clock";
import type { HouseholdId, PersonId } from "./person";
import type { UnitCode } from "./unit";

/** Who answers for a unit: `site:S012`, `courier:C7`, `lab:JL-03`, `grid:…`, `desk:220202`. */
export type HolderCode = string & { readonly holder: unique symbol };
/** One round of a testing campaign: a UUID. */
export type RoundId = string & { readonly round: unique symbol };

/** A text in the two languages of the project. */
export interface Bilingual {
  readonly zh: string;
  readonly en: string;
}

/** How many persons share a tube. */
export type Mode = "single" | "household" | "five" | "ten" | "twenty";
/** What restriction the place of sampling is under. */
export type Zone = "quarantine" | "locked" | "controlled" | "other";

/** Commands of the testing desk that a field device sends. */
export type TestingCommand =
  | { readonly collect: Collect }
  | { readonly pack: { readonly box: UnitCode; readonly tubes: readonly UnitCode[]; readonly holder: HolderCode } }
  | { readonly seal_box: { readonly box: UnitCode } }
  | { readonly hand_over: HandOver }
  | { readonly open_box: { readonly box: UnitCode; readonly lab: HolderCode; readonly found: readonly UnitCode[] } }
  | { readonly load_plate: { readonly plate: string; readonly lab: HolderCode; readonly wells: readonly Well[] } }
  | { readonly record_result: RecordResult }
  | { readonly mark: { readonly tube: UnitCode; readonly fault: Fault; readonly note: string } }
  | { readonly visit: Visit };

/** Persons' swabs in one tube, in order of position; sent when the tube is sealed. */
export interface Collect {
  readonly round: RoundId;
  readonly tube: UnitCode;
  /** The code on a tube of foreign manufacture. */
  readonly barcode?: string;
  readonly site: HolderCode;
  /** The community that the site stands in. */
  readonly community: string;
  readonly mode: Mode;
  readonly zone: Zone;
  readonly persons: readonly PersonId[];
  readonly started_at: Micros;
}

/** A box or a loose tube changes hands. Both sides may send it; the second confirms. */
export interface HandOver {
  readonly unit: UnitCode;
  readonly giver?: HolderCode;
  readonly taker: HolderCode;
  /** The other side's signed code, as it was scanned. */
  readonly countersign?: string;
  readonly note?: string;
}

/** A tube in a well of a plate, for example `A1`. */
export interface Well {
  readonly well: string;
  readonly tube: UnitCode;
}

/** One reading of one tube. A Ct that is missing means that nothing was detected. */
export interface RecordResult {
  readonly tube: UnitCode;
  readonly lab: HolderCode;
  readonly plate?: string;
  readonly well?: string;
  readonly ct_n?: number;
  readonly ct_orf1ab?: number;
  readonly ct_control?: number;
  readonly tested_at: Micros;
  readonly status: "preliminary" | "final";
}

/** Why a tube will have no result. */
export type Fault = "lost" | "leaked" | "invalid";

/** What came of going to see about somebody without a swab. */
export interface Visit {
  readonly round: RoundId;
  readonly person: PersonId;
  readonly outcome: VisitOutcome;
  readonly note?: string;
}

/** What was found at the door. */
export type VisitOutcome = "found" | "absent" | "refused" | "moved";

/** What was found behind a door. */
export type DoorState = "found" | "absent" | "refused";

/** Commands of the zones desk that a field device sends. */
export type ZonesCommand =
  | { readonly knock: Knock }
  | { readonly stray: Stray };

/** Somebody knocked at a door of a sweep. */
export interface Knock {
  readonly sweep: string;
  readonly household: HouseholdId;
  readonly outcome: DoorState;
  /** Persons of the list who were seen. */
  readonly seen: number;
  /** Persons who were there and are on no list. */
  readonly strangers: number;
  readonly note?: string;
}

/** A door that no list has. */
export interface Stray {
  readonly sweep: string;
  readonly place: string;
  readonly door: string;
  readonly persons: number;
  readonly note?: string;
}

/** A sweep that goes on where the holder works. */
export interface Sweep {
  readonly id: string;
  readonly place: string;
  readonly name: Bilingual;
  readonly due?: Micros;
  /** Its doors, as the server knew them. */
  readonly doors: readonly SweepDoor[];
}

/** A door of a sweep. */
export interface SweepDoor {
  readonly household: HouseholdId;
  readonly state: "todo" | DoorState;
  /** When to knock again. */
  readonly again_at?: Micros;
}

/** What is asked in an interview. */
export type Question = "occupation" | "workplace" | "symptoms" | "vaccination" | "travel" | "origin" | "needs" | "note";
/** What kind of place it was. */
export type Setting =
  | "household" | "work" | "school" | "building_site" | "market" | "meal" | "transport" | "care" | "sampling" | "building" | "other";

/** Where a case was. */
export interface Stay {
  readonly from: Micros;
  readonly until: Micros;
  readonly setting: Setting;
  readonly name?: string;
  readonly place?: string;
  readonly note?: string;
}

/** An interview, or a part of one. What was not asked is left out. */
export interface Interview {
  readonly investigation: string;
  readonly core?: Readonly<Partial<Record<Question, string>>>;
  readonly stays?: readonly Stay[];
  /** Whether the core information is complete with this. */
  readonly complete: boolean;
}

/** Commands of the tracing desk that a field device sends. */
export interface TracingCommand {
  readonly interview: Interview;
}

/** An investigation that is open where the holder works. */
export interface Investigation {
  readonly id: string;
  /** As people call it. */
  readonly number: string;
  /** Whose; the name is on the list, if the person is. */
  readonly person: PersonId;
  readonly place?: string;
  /** By when the core information is to be there. */
  readonly core_due?: Micros;
  /** Whether it is. */
  readonly core_done: boolean;
}

/** What proves that a household has its order. */
export type Proof = { readonly code: string } | { readonly said: string } | { readonly photo: string };

/** Commands of the supply desk that a field device sends. */
export type SupplyCommand =
  | { readonly order: OrderCommand }
  | { readonly deliver: DeliverCommand }
  | MedicineCommand;

/** What happens to a daily medicine at a door. */
export type MedicineCommand =
  | { readonly bring_medicine: { readonly household: HouseholdId; readonly name: string; readonly last_dose: Micros; readonly proof: string } }
  | { readonly ask_renewal: { readonly household: HouseholdId; readonly name: string } };

/** A medicine that somebody takes every day, as the server knew it. */
export interface Medicine {
  readonly household: HouseholdId;
  readonly place: string;
  /** The compound by name, building and entrance; lists of before do not have it. */
  readonly home?: Bilingual;
  readonly door: string;
  readonly name: string;
  readonly last_dose: Micros;
  /** Until when the prescription is good, if it needs one. */
  readonly prescribed_until?: Micros;
  /** By when a doctor answers, where a renewal was asked for. */
  readonly asked?: Micros;
}

/** What happens to one order at a door. */
export type OrderCommand =
  | { readonly receive: { readonly household: HouseholdId; readonly order: string; readonly proof: Proof } }
  | { readonly come_back: { readonly order: string; readonly reason: string } };

/** What happens on a batch's way. */
export type DeliverCommand =
  | { readonly depart: { readonly batch: string } }
  | { readonly arrive: { readonly batch: string; readonly place: string } }
  | { readonly pass_on: { readonly orders: readonly string[]; readonly carrier: HolderCode } };

/** What a driver or a volunteer brings. */
export interface Deliveries {
  readonly batches: readonly DeliveryBatch[];
  readonly orders: readonly DeliveryOrder[];
}

/** A batch of a vehicle, as the server knew it. */
export interface DeliveryBatch {
  readonly id: string;
  /** Whether it has left. */
  readonly out: boolean;
  /** Why it may not leave. */
  readonly stale?: string;
  readonly leaves_at: Micros;
  readonly stops: readonly DeliveryStop[];
}

/** A stop of a batch. */
export interface DeliveryStop {
  readonly place: string;
  /** As people say it; lists of before do not have it. */
  readonly name?: Bilingual;
  readonly at: Micros;
  readonly been: boolean;
  readonly orders: readonly string[];
}

/** An order that is to be brought, as the server knew it. */
export interface DeliveryOrder {
  readonly id: string;
  readonly household: HouseholdId;
  readonly place: string;
  /** The compound by name, building and entrance; lists of before do not have it. */
  readonly name?: Bilingual;
  readonly door: string;
  /** Whether it is gone to or called down. */
  readonly mode: "door" | "called" | "free";
  readonly stage: "accepted" | "packed" | "came_back" | "out";
  readonly what: Bilingual;
  readonly note?: string;
  /** By when it is to be at the door. */
  readonly due: Micros;
}

/** A person who was on no list. The server opens the envelope and registers them. */
export interface WalkIn {
  readonly person: PersonId;
  /** Name, number and phone, readable by the server alone (data/seal.ts). */
  readonly sealed: string;
  /** Where they live, when known. */
  readonly address?: { readonly place: string; readonly door: string };
}

/** The document that an identity number is on. */
export type IdType = "resident" | "passport" | "hong_kong_macau" | "taiwan" | "foreign_resident" | "other" | "none";

/** Any command, tagged by its desk. */
export type Command =
  | { readonly testing: TestingCommand }
  | { readonly zones: ZonesCommand }
  | { readonly tracing: TracingCommand }
  | { readonly supply: SupplyCommand }
  | { readonly registry: { readonly register_walk_in: WalkIn } };

/** A command on its way: the id makes sending it twice harmless. */
export interface SentCommand {
  readonly id: string;
  readonly area: number;
  readonly event_time: Micros;
  readonly command: Command;
}

/** Body of `POST /api/v1/commands`. */
export interface Batch {
  readonly device: string;
  readonly device_time: Micros;
  readonly commands: readonly SentCommand[];
}

/** Why a rule said no, with its sentences. */
export interface Refusal {
  readonly code: string;
  readonly args?: unknown;
  readonly rule?: string;
  readonly message: Bilingual;
  readonly next: Bilingual;
}

/** What became of one command. */
export interface Outcome {
  readonly id: string;
  readonly status: "accepted" | "refused" | "not_recorded";
  readonly duplicate?: boolean;
  readonly refusal?: Refusal;
  readonly notes?: readonly Refusal[];
}

/** Answer of `POST /api/v1/commands`. */
export interface BatchAnswer {
  readonly outcomes: readonly Outcome[];
}

/** The mode that a round proposes for a zone, and why. */
export interface ProposedMode {
  readonly zone: Zone;
  readonly mode: Mode;
  readonly reason: Bilingual;
  /** The protocol parameter, for example `test.pool.other`. */
  readonly rule: string;
}

/** A round that is open for the actor's area. */
export interface Round {
  readonly id: RoundId;
  readonly number: number;
  readonly name: Bilingual;
  readonly starts_at: Micros;
  readonly ends_at: Micros;
  readonly modes: readonly ProposedMode[];
  /** Most persons in a tube of each mode. */
  readonly sizes: Readonly<Record<Mode, number>>;
  /** Minutes from the sealing of a tube until it must be in a laboratory. */
  readonly deliver_minutes: number;
}

/** Somebody who can hold units. */
export interface Holder {
  readonly code: HolderCode;
  readonly name: Bilingual;
}

/** A compound that is served, with the zone it lies in today. */
export interface Compound {
  readonly code: string;
  readonly name: Bilingual;
  readonly zone: Zone;
}

/** Persons behind one door. */
export interface Household {
  readonly id: HouseholdId;
  readonly compound: string;
  /** Building, entrance, door, as people say it, for example `3-2-501`. */
  readonly door: string;
}

/** A person as a field device may know them. */
export interface Person {
  readonly id: PersonId;
  readonly household: HouseholdId | null;
  /** Masked: `张**`. */
  readonly name: string;
  /** The last four characters of the identity number. */
  readonly last4: string;
  /** Rounds in which they had been sampled when the bundle was made. */
  readonly sampled?: readonly RoundId[];
  /** They are excused from these rounds. */
  readonly exempt?: readonly RoundId[];
  /** Held after a positive or doubtful pool: to be sampled alone. */
  readonly recall?: boolean;
}

/** A unit that the actor's holder answers for, as the server knew it. */
export interface Held {
  readonly unit: UnitCode;
  readonly step: string;
  readonly since: Micros;
  readonly deadline?: Micros;
  /** Tubes in a box, or persons in a tube, where known. */
  readonly count?: number;
  /** The box that it is in. */
  readonly within?: UnitCode;
}

/** A device whose signature can be checked without a network. */
export interface DeviceKey {
  readonly device: string;
  readonly holder: HolderCode;
  /** The public key: 65 bytes, uncompressed P-256 point, base64url. */
  readonly key: string;
}

/** Answer of `GET /api/v1/field/held`. */
export interface HeldAnswer {
  readonly server_time: Micros;
  readonly held: readonly Held[];
}

/** Answer of `GET /api/v1/field/bundle`: all that a shift without network needs. */
export interface Bundle extends HeldAnswer {
  readonly format: 1;
  /** IANA time zone of the area, for example `Asia/Shanghai`. */
  readonly time_zone: string;
  readonly area: number;
  readonly holder: Holder;
  /** The community where the holder works: a sampling site's, a grid worker's. */
  readonly community?: string;
  readonly rounds: readonly Round[];
  /** Couriers, laboratories and sites to hand over to. */
  readonly holders: readonly Holder[];
  readonly compounds: readonly Compound[];
  /** Compounds that did not fit into one list. */
  readonly left_out?: readonly string[];
  readonly households: readonly Household[];
  readonly persons: readonly Person[];
  /** Sweeps that go on there; missing in lists of older servers. */
  readonly sweeps?: readonly Sweep[];
  /** Investigations that are open there; missing in lists of older servers. */
  readonly investigations?: readonly Investigation[];
  /** Medicines that are taken every day, for a grid worker; missing in lists of older servers. */
  readonly medicines?: readonly Medicine[];
  /** What a vehicle or a volunteer brings; missing in lists of older servers. */
  readonly deliveries?: Deliveries;
  readonly devices: readonly DeviceKey[];
  /** The server's public key for walk-ins: uncompressed P-256 point, base64url. */
  readonly seal_key: string;
}
