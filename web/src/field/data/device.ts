// The device's signature, and the personal number that opens the app.

import type { DeviceIdentity, Lock } from "../core/state";
import { fromBase64Url, toBase64Url, utf8 } from "./bytes";

const CURVE = { name: "ECDSA", namedCurve: "P-256" } as const;
const SIGNING = { name: "ECDSA", hash: "SHA-256" } as const;

/**
 * Makes a key pair whose private half stays inside the browser. The device is named by its key,
 * so that nobody can register another key under its name.
 */
export async function newDevice(): Promise<DeviceIdentity> {
  const pair = await crypto.subtle.generateKey(CURVE, false, ["sign", "verify"]);
  const point = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", point));
  const name = [...digest.slice(0, 8)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return { id: `d-${name}`, privateKey: pair.privateKey, publicKey: toBase64Url(point) };
}

/** Signs a text: 64 bytes, base64url. */
export async function sign(device: DeviceIdentity, text: string): Promise<string> {
  return toBase64Url(new Uint8Array(await crypto.subtle.sign(SIGNING, device.privateKey, utf8(text))));
}

/** Whether the signature is that of the public key's owner. */
export async function verify(publicKey: string, text: string, signature: string): Promise<boolean> {
  const [point, bytes] = [fromBase64Url(publicKey), fromBase64Url(signature)];
  if (point === null || bytes === null) return false;
  try {
    const key = await crypto.subtle.importKey("raw", point, CURVE, false, ["verify"]);
    return await crypto.subtle.verify(SIGNING, key, bytes, utf8(text));
  } catch {
    return false;
  }
}

/** Guessing all six-digit numbers of a copied database at this cost takes a core days. */
const ROUNDS = 250_000;
/** After so many wrong numbers the device forgets its persons and asks for the password. */
export const WRONG_LIMIT = 5;

async function stretched(number: string, salt: Uint8Array<ArrayBuffer>, rounds: number): Promise<string> {
  const material = await crypto.subtle.importKey("raw", utf8(number), "PBKDF2", false, ["deriveBits"]);
  const bits = await crypto.subtle.deriveBits(
    { name: "PBKDF2", hash: "SHA-256", salt, iterations: rounds },
    material,
    256,
  );
  return toBase64Url(new Uint8Array(bits));
}

/** A lock that the number opens. */
export async function newLock(number: string, rounds = ROUNDS): Promise<Lock> {
  const salt = crypto.getRandomValues(new Uint8Array(16));
  return { salt: toBase64Url(salt), hash: await stretched(number, salt, rounds), rounds, wrong: 0 };
}

/** Whether the number opens the lock. */
export async function opens(lock: Lock, number: string): Promise<boolean> {
  const salt = fromBase64Url(lock.salt);
  return salt !== null && (await stretched(number, salt, lock.rounds)) === lock.hash;
}
