// The check character of printed codes: ISO 7064, MOD 37,36, the same rule as the server's
// (crates/types/src/code.rs). It catches every single wrong character and every swap of two
// neighbours, the two mistakes that people make when they type a code from a tube.

const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/** The check character for a body of digits and capital letters; null for any other text. */
export function checkCharacter(body: string): string | null {
  let product = 36;
  for (const character of body) {
    const value = ALPHABET.indexOf(character);
    if (value < 0) return null;
    const sum = (product + value) % 36;
    product = ((sum === 0 ? 36 : sum) * 2) % 37;
  }
  return ALPHABET.charAt((37 - product) % 36);
}

/** Whether the last character of `code` is the check character of what stands before it. */
export function hasValidCheck(code: string): boolean {
  return code.length > 1 && checkCharacter(code.slice(0, -1)) === code.slice(-1);
}

/**
 * What people type and what scanners send, made comparable: full-width characters become plain
 * ones, letters capital, and blanks (we print codes in groups) disappear.
 */
export function tidy(text: string): string {
  return text.normalize("NFKC").replace(/\s+/g, "").toUpperCase();
}
