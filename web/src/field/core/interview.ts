// An interview that is filled in at a door, without a network: what is typed is kept as a draft until it becomes a
// command for the queue. Pure.

import type { Micros } from "./clock";
import type { Entry } from "./queue";
import type { Interview, Question, Setting, Stay } from "./wire";

/** What is asked, in the order of the form. */
export const QUESTIONS: readonly Question[] = [
  "occupation", "workplace", "symptoms", "vaccination", "travel", "origin", "needs", "note",
];
/** Kinds of places. */
export const SETTINGS: readonly Setting[] = [
  "household", "work", "school", "building_site", "market", "meal", "transport", "care", "sampling", "building", "other",
];

/** A stay as it is typed: times as the device's field has them, `2022-03-15T08:00`. */
export interface StayDraft {
  readonly from: string;
  readonly until: string;
  readonly name: string;
  readonly place: string;
  readonly setting: Setting;
  readonly note: string;
}

/** An interview as it is typed. */
export interface InterviewDraft {
  readonly core: Readonly<Partial<Record<Question, string>>>;
  readonly stays: readonly StayDraft[];
  readonly complete: boolean;
}

/** A stay in which nothing stands. */
export const NO_STAY: StayDraft = { from: "", until: "", name: "", place: "", setting: "other", note: "" };
/** An interview in which nothing stands. */
export const NO_INTERVIEW: InterviewDraft = { core: {}, stays: [NO_STAY], complete: false };

/** What is wrong with a draft: the number of the stay, from 1, and what it lacks. */
export interface DraftFault {
  readonly stay: number;
  readonly why: "time" | "order" | "place" | "code";
}

/** The time zone's offset at an instant, in milliseconds. */
function offsetOf(zone: string, at: number): number {
  const parts = new Intl.DateTimeFormat("en-GB", {
    timeZone: zone, year: "numeric", month: "2-digit", day: "2-digit",
    hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23",
  }).formatToParts(at);
  const get = (type: string) => Number(parts.find((part) => part.type === type)?.value ?? 0);
  return Date.UTC(get("year"), get("month") - 1, get("day"), get("hour"), get("minute"), get("second")) - at;
}

/** A time of the form in a zone, as an instant; nothing when it is none. */
export function instant(text: string, zone: string): Micros | undefined {
  if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}$/.test(text)) return undefined;
  const utc = Date.parse(`${text}:00Z`);
  if (Number.isNaN(utc)) return undefined;
  // The offset that holds there then, not the one that holds in Greenwich's reading of it.
  const guess = utc - offsetOf(zone, utc);
  return (utc - offsetOf(zone, guess)) * 1000;
}

/** An instant as a time of the form. */
export function localInput(at: Micros, zone: string): string {
  const ms = at / 1000;
  return new Date(ms + offsetOf(zone, ms)).toISOString().slice(0, 16);
}

/** The form of a place's code. Another would make the server refuse to read the whole batch. */
const PLACE = /^[0-9][0-9A-Z-]{1,39}$/;

function isEmpty(stay: StayDraft): boolean {
  return [stay.from, stay.until, stay.name.trim(), stay.place.trim(), stay.note.trim()].every((text) => text === "");
}

/** Whether anything was typed. */
export function isBlank(draft: InterviewDraft): boolean {
  const said = Object.values(draft.core).some((text) => (text ?? "").trim() !== "");
  return !said && !draft.complete && draft.stays.every(isEmpty);
}

/** The interview of a draft, or what is wrong with it. */
export function interviewOf(investigation: string, draft: InterviewDraft, zone: string): Interview | readonly DraftFault[] {
  const faults: DraftFault[] = [];
  const stays: Stay[] = [];
  draft.stays.forEach((typed, at) => {
    if (isEmpty(typed)) return;
    const [from, until] = [instant(typed.from, zone), instant(typed.until, zone)];
    const [name, place, note] = [typed.name.trim(), typed.place.trim(), typed.note.trim()];
    if (from === undefined || until === undefined) faults.push({ stay: at + 1, why: "time" });
    else if (until < from) faults.push({ stay: at + 1, why: "order" });
    else if (name === "" && place === "") faults.push({ stay: at + 1, why: "place" });
    else if (place !== "" && !PLACE.test(place)) faults.push({ stay: at + 1, why: "code" });
    else {
      stays.push({
        from,
        until,
        setting: typed.setting,
        ...(name === "" ? {} : { name }),
        ...(place === "" ? {} : { place }),
        ...(note === "" ? {} : { note }),
      });
    }
  });
  if (faults.length > 0) return faults;
  const core: Partial<Record<Question, string>> = {};
  for (const question of QUESTIONS) {
    const text = (draft.core[question] ?? "").trim();
    if (text !== "") core[question] = text;
  }
  return {
    investigation,
    ...(Object.keys(core).length === 0 ? {} : { core }),
    ...(stays.length === 0 ? {} : { stays }),
    complete: draft.complete,
  };
}

/** A draft of what was sent, to be mended and sent again. */
export function draftOf(interview: Interview, zone: string): InterviewDraft {
  const stays = (interview.stays ?? []).map((stay) => ({
    from: localInput(stay.from, zone),
    until: localInput(stay.until, zone),
    name: stay.name ?? "",
    place: stay.place ?? "",
    setting: stay.setting,
    note: stay.note ?? "",
  }));
  return { core: interview.core ?? {}, stays: stays.length === 0 ? [NO_STAY] : stays, complete: interview.complete };
}

/** What this device has told of an investigation, the last first. */
export function toldOf(entries: readonly Entry[], investigation: string): Entry[] {
  const told = entries.filter(
    ({ command }) => "tracing" in command && command.tracing.interview.investigation === investigation,
  );
  return told.reverse();
}
