// Times. The wire has whole microseconds UTC; the device's clock may be wrong, so we learn how
// far it is off whenever the server answers, and warn when it matters.

/** An instant in microseconds since 1970-01-01T00:00:00Z. */
export type Micros = number;

/** Beyond this the server shifts event times, and we tell the user. Two minutes. */
export const TOLERATED_OFFSET: Micros = 120_000_000;

/** Milliseconds, as JavaScript has them, as microseconds. */
export function micros(milliseconds: number): Micros {
  return Math.round(milliseconds * 1000);
}

/**
 * How far the device's clock is behind the server's, in microseconds (negative: ahead). The
 * server read its clock somewhere between our sending and our receiving; the middle is the
 * best guess, wrong by at most half the round trip.
 */
export function clockOffset(serverTime: Micros, sentAt: Micros, receivedAt: Micros): Micros {
  return Math.round(serverTime - (sentAt + receivedAt) / 2);
}

/** Whether the device's clock is so wrong that somebody should set it. */
export function clockIsWrong(offset: Micros): boolean {
  return Math.abs(offset) > TOLERATED_OFFSET;
}

/** The project's one date format in the given zone: `2022-03-15 08:00`. */
export function dateTime(time: Micros, zone: string): string {
  const parts = new Intl.DateTimeFormat("en-GB", {
    timeZone: zone,
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  }).formatToParts(time / 1000);
  const get = (type: string) => parts.find((part) => part.type === type)?.value ?? "";
  return `${get("year")}-${get("month")}-${get("day")} ${get("hour")}:${get("minute")}`;
}

/** Hours and minutes of a time: `08:00`. */
export function clockTime(time: Micros, zone: string): string {
  return dateTime(time, zone).slice(11);
}

/** Whole minutes from `now` until `time`; negative when it has passed. */
export function minutesUntil(time: Micros, now: Micros): number {
  return Math.floor((time - now) / 60_000_000);
}
