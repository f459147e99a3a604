// Command ids: UUID version 7 (RFC 9562), made on the device, so that sending a command again
// changes nothing and ids sort by the time of making.

/** Ten random bytes for one id. */
export type Random10 = Uint8Array;

/** Makes ids; `now` in milliseconds and the random bytes come from outside. */
export class Uuid7 {
  #lastMs = 0;
  #counter = 0;

  /**
   * The next id. Within one millisecond, or when the clock went back, the 12 bits after the
   * version count up, so that ids of one device always ascend.
   */
  next(now: number, random: Random10): string {
    let ms = Math.max(now, this.#lastMs);
    if (ms > this.#lastMs) {
      // The top bit is left free, so that there is room to count.
      this.#counter = (((random[0] ?? 0) << 8) | (random[1] ?? 0)) & 0x7ff;
    } else {
      this.#counter += 1;
      if (this.#counter > 0xfff) {
        ms += 1;
        this.#counter = 0;
      }
    }
    this.#lastMs = ms;
    const bytes = new Uint8Array(16);
    for (let at = 0; at < 6; at++) bytes[at] = Math.floor(ms / 2 ** (8 * (5 - at))) % 256;
    bytes[6] = 0x70 | (this.#counter >> 8);
    bytes[7] = this.#counter & 0xff;
    bytes.set(random.slice(2, 10), 8);
    bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f);
    return format(bytes);
  }
}

function format(bytes: Uint8Array): string {
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

/** When an id says that it was made, in milliseconds; null unless it is a version 7 id. */
export function madeAt(id: string): number | null {
  const hex = id.replaceAll("-", "");
  return hex.length === 32 && hex.charAt(12) === "7" ? Number.parseInt(hex.slice(0, 12), 16) : null;
}
