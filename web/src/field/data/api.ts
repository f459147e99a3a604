// The server's routes that the field app calls.

import { clockOffset, type Micros, micros } from "../core/clock";
import type { Failure, Route } from "../core/queue";
import type { Batch, BatchAnswer, Bilingual, Bundle, HeldAnswer, Holder, HolderCode } from "../core/wire";

/** A request that brought no answer of use. */
export class ApiFailure extends Error {
  constructor(
    readonly failure: Failure,
    /** The server's own words, when it had any. */
    readonly said?: { readonly code: string; readonly message: Bilingual; readonly next: Bilingual },
  ) {
    super(failure.kind === "status" ? `status ${failure.status}` : "no network");
  }
}

/** An answer, and how far the device's clock was off when it came (ours minus the server's, negated). */
export interface Answer<Body> {
  readonly body: Body;
  readonly clockOffset: Micros | null;
}

/** A request that hangs is worse than one that fails: the user would wait for it. */
const TIMEOUT_MS = 25_000;
const LONG_TIMEOUT_MS = 120_000;

interface Call {
  readonly method: "GET" | "POST" | "DELETE";
  readonly token?: string;
  readonly body?: unknown;
  /** Bytes instead of JSON. */
  readonly photo?: Uint8Array<ArrayBuffer>;
  readonly timeout?: number;
}

async function call<Body>(path: string, { method, token, body, photo, timeout = TIMEOUT_MS }: Call): Promise<Answer<Body>> {
  const headers: Record<string, string> = { Accept: "application/json" };
  if (token !== undefined) headers.Authorization = `Bearer ${token}`;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (photo !== undefined) headers["Content-Type"] = "image/jpeg";
  const sentAt = Date.now();
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      headers,
      credentials: "omit",
      cache: "no-store",
      signal: AbortSignal.timeout(timeout),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(photo === undefined ? {} : { body: photo }),
    });
  } catch {
    throw new ApiFailure({ kind: "no-network" });
  }
  const receivedAt = Date.now();
  let answer: unknown;
  try {
    answer = response.status === 204 ? {} : await response.json();
  } catch {
    // The network broke off in the middle, or something between us and the server answered.
    if (response.ok) throw new ApiFailure({ kind: "no-network" });
  }
  if (!response.ok) throw refusal(response, answer);
  const date = Date.parse(response.headers.get("Date") ?? "");
  const told = answer as { readonly server_time?: unknown; readonly me?: { readonly now?: unknown } };
  const precise = told.server_time ?? told.me?.now;
  const serverTime = typeof precise === "number" ? precise : Number.isNaN(date) ? null : micros(date + 500);
  const offset = serverTime === null ? null : clockOffset(serverTime, micros(sentAt), micros(receivedAt));
  return { body: answer as Body, clockOffset: offset };
}

function refusal(response: Response, answer: unknown): ApiFailure {
  const after = Number.parseInt(response.headers.get("Retry-After") ?? "", 10);
  const said = (answer as { error?: { code: string; message: Bilingual; next: Bilingual } } | undefined)?.error;
  return new ApiFailure(
    {
      kind: "status",
      status: response.status,
      ...(Number.isNaN(after) ? {} : { retryAfterSeconds: after }),
    },
    said,
  );
}

/** What a device needs to sign in. */
export interface SignIn {
  readonly login: string;
  readonly password: string;
  /** A one-time code, for accounts that have them on. */
  readonly code?: string;
  readonly device: string;
}

/** Answer of a sign-in. */
export interface SignedIn {
  readonly token: string;
  readonly me: { readonly user: string; readonly name: string; readonly now: Micros };
}

/** Signs a device in: a token of its own, good for days. */
export function signIn(who: SignIn): Promise<Answer<SignedIn>> {
  return call("/api/v1/sessions", { method: "POST", body: who });
}

/** Ends the session on the server. */
export function signOut(token: string): Promise<Answer<unknown>> {
  return call("/api/v1/sessions", { method: "DELETE", token });
}

/** Sites, couriers, laboratories and grids that the account may work for. */
export function fetchHolders(token: string): Promise<Answer<{ readonly holders: readonly Holder[] }>> {
  return call("/api/v1/field/holders", { method: "GET", token });
}

/** Tells the server the device's public key, so that others can check its signature. */
export function registerDevice(token: string, holder: HolderCode, device: string, publicKey: string): Promise<Answer<unknown>> {
  return call("/api/v1/field/devices", { method: "POST", token, body: { device, holder, public_key: publicKey } });
}

/** Everything for a shift without network. */
export function fetchBundle(token: string, holder: HolderCode): Promise<Answer<Bundle>> {
  return call(`/api/v1/field/bundle?holder=${encodeURIComponent(holder)}`, { method: "GET", token, timeout: LONG_TIMEOUT_MS });
}

/** What the holder answers for now. */
export function fetchHeld(token: string, holder: HolderCode): Promise<Answer<HeldAnswer>> {
  return call(`/api/v1/field/held?holder=${encodeURIComponent(holder)}`, { method: "GET", token });
}

/** Sends commands. Sending them again is harmless. */
export function sendBatch(token: string, route: Route, batch: Batch): Promise<Answer<BatchAnswer>> {
  const path = route === "walk-ins" ? "/api/v1/field/walk-ins" : "/api/v1/commands";
  return call(path, { method: "POST", token, body: batch, timeout: LONG_TIMEOUT_MS });
}

/** Brings the photo of an order's receipt. Sending it again is harmless. */
export function sendPhoto(token: string, order: string, photo: Uint8Array<ArrayBuffer>): Promise<Answer<unknown>> {
  return call(`/api/v1/supply/photos/${encodeURIComponent(order)}`, { method: "POST", token, photo, timeout: LONG_TIMEOUT_MS });
}
