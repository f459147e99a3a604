// Personal data of walk-ins, sealed for the server alone. The device keeps only what stands
// masked on its screen: neither a lost phone nor a backup file gives away an identity number.
//
// Envelope: version 1, the device's one-time public key (65 bytes, uncompressed P-256), a nonce
// of 12 bytes, and AES-256-GCM of the JSON text. The key is HKDF-SHA-256 of the ECDH secret,
// salted with both public keys; the person's id is authenticated with it, so that an envelope
// cannot be moved to somebody else. The server opens it in crates/server/src/field/seal.rs.

import type { PersonId } from "../core/person";
import type { IdType } from "../core/wire";
import { fromBase64Url, joined, toBase64Url, utf8 } from "./bytes";

/** What a walk-in tells the sampler. */
export interface Identity {
  readonly name: string;
  readonly id_type: IdType;
  readonly id_number?: string;
  readonly phone?: string;
}

const VERSION = 1;
const PURPOSE = "songhua field walk-in 1";
const CURVE = { name: "ECDH", namedCurve: "P-256" } as const;

/** Seals an identity with the server's public key (uncompressed point, base64url). */
export async function sealIdentity(serverKey: string, person: PersonId, identity: Identity): Promise<string> {
  const theirs = fromBase64Url(serverKey);
  if (theirs === null) throw new TypeError("the server's key is not base64url");
  const theirKey = await crypto.subtle.importKey("raw", theirs, CURVE, false, []);
  const own = await crypto.subtle.generateKey(CURVE, false, ["deriveBits"]);
  const ours = new Uint8Array(await crypto.subtle.exportKey("raw", own.publicKey));
  const secret = await crypto.subtle.deriveBits({ name: "ECDH", public: theirKey }, own.privateKey, 256);
  const key = await envelopeKey(new Uint8Array(secret), ours, theirs, "encrypt");
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const text = utf8(JSON.stringify(identity));
  const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData: utf8(person) }, key, text);
  return toBase64Url(joined(Uint8Array.of(VERSION), ours, iv, new Uint8Array(sealed)));
}

/** The key of one envelope. Exported so that a test can open what was sealed. */
export async function envelopeKey(
  secret: Uint8Array<ArrayBuffer>,
  device: Uint8Array,
  server: Uint8Array,
  use: "encrypt" | "decrypt",
): Promise<CryptoKey> {
  const material = await crypto.subtle.importKey("raw", secret, "HKDF", false, ["deriveKey"]);
  return crypto.subtle.deriveKey(
    { name: "HKDF", hash: "SHA-256", salt: joined(device, server), info: utf8(PURPOSE) },
    material,
    { name: "AES-GCM", length: 256 },
    false,
    [use],
  );
}
