// National identity numbers, GB 11643-1999: six digits of area, eight of birth date, three of
// order (odd for men), and a check character by ISO 7064 MOD 11-2.

const WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
const CHECKS = "10X98765432";

/** What is wrong with an identity number, or what it says. */
export type IdNumber =
  | { readonly ok: true; readonly number: string; readonly birthYear: number; readonly sex: "male" | "female" }
  | { readonly ok: false; readonly why: "form" | "date" | "check" };

/** Reads an 18-character identity number. */
export function readIdNumber(text: string): IdNumber {
  const number = text.normalize("NFKC").replace(/[\s-]+/g, "").toUpperCase();
  if (!/^\d{17}[\dX]$/.test(number)) return { ok: false, why: "form" };
  const [year, month, day] = [number.slice(6, 10), number.slice(10, 12), number.slice(12, 14)];
  const born = new Date(`${year}-${month}-${day}T00:00:00Z`);
  // Date.parse rolls 31 April over to May: the day must come back as it went in.
  const real = !Number.isNaN(born.getTime()) && born.getUTCDate() === Number(day) && Number(year) >= 1900;
  if (!real) return { ok: false, why: "date" };
  const sum = WEIGHTS.reduce((total, weight, at) => total + weight * Number(number.charAt(at)), 0);
  if (CHECKS.charAt(sum % 11) !== number.charAt(17)) return { ok: false, why: "check" };
  return { ok: true, number, birthYear: Number(year), sex: Number(number.charAt(16)) % 2 === 1 ? "male" : "female" };
}

/** A mainland mobile number: 11 digits from 13x to 19x. */
export function readMobile(text: string): string | null {
  const digits = text.normalize("NFKC").replace(/[\s-]+/g, "").replace(/^\+?86(?=1\d{10}$)/, "");
  return /^1[3-9]\d{9}$/.test(digits) ? digits : null;
}

/** A name with all but its first character hidden: `张**`. */
export function maskName(name: string): string {
  const [first = "", ...rest] = [...name.trim()];
  return first + "*".repeat(Math.min(Math.max(rest.length, 1), 2));
}
