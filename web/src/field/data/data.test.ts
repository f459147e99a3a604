import assert from "node:assert/strict";
import { webcrypto } from "node:crypto";
import { test } from "node:test";
import type { HouseholdId, PersonId } from "../core/person";
import { countPhotos, nextPhoto, photosOf, readRefusal, receiveWithPhoto, withoutPhoto } from "../core/photo";
import type { Entry, NewEntry } from "../core/queue";
import type { Change, State } from "../core/state";
import type { UnitCode } from "../core/unit";
import type { Batch, Bundle, DeliveryOrder, Outcome } from "../core/wire";
import { ApiFailure } from "./api";
import { BackupError, exportBackup, planImport, readBackup } from "./backup";
import { fromBase64Url, toBase64Url } from "./bytes";
import { newDevice, newLock, opens, sign, verify } from "./device";
import { envelopeKey, sealIdentity } from "./seal";
import { type Backing, MemoryBacking, Store } from "./store";
import { RETRY_UNRECORDED } from "../core/queue";
import { isDue, type Outside, syncNow } from "./sync";

const BOX = "B22020200000001B" as UnitCode;

function command(n: number): NewEntry {
  return {
    id: `id-${n}`,
    account: "li",
    area: 220202,
    madeAt: n,
    command: { testing: { seal_box: { box: BOX } } },
    state: "waiting",
    tries: 0,
  };
}

const signedIn = { session: { account: "li", name: "李", token: "good" } };

async function storeWith(count: number): Promise<Store> {
  const store = await Store.open(new MemoryBacking());
  await store.commit(() => ({ keep: signedIn, add: Array.from({ length: count }, (_, n) => command(n)) }));
  return store;
}

/** A server that answers as `answer` says, and remembers what it was sent. */
function server(answer: (batch: Batch, call: number) => Outcome[] | ApiFailure, photoAnswer: (call: number) => ApiFailure | undefined = () => undefined) {
  const batches: Batch[] = [];
  const photos: { readonly order: string; readonly bytes: number }[] = [];
  let syncing = false;
  const outside: Outside = {
    now: () => 1_000_000,
    jitter: () => 0,
    send: async (_token, _route, batch) => {
      batches.push(batch);
      const outcomes = answer(batch, batches.length);
      if (outcomes instanceof ApiFailure) throw outcomes;
      return { body: { outcomes }, clockOffset: 5 };
    },
    held: async () => ({ body: { server_time: 0, held: [] }, clockOffset: null }),
    photo: async (_token, order, bytes) => {
      photos.push({ order, bytes: bytes.length });
      const refused = photoAnswer(photos.length);
      if (refused !== undefined) throw refused;
      return { body: {}, clockOffset: null };
    },
    alone: async (work) => {
      if (syncing) return;
      syncing = true;
      await work().finally(() => (syncing = false));
    },
  };
  return { outside, batches, photos };
}

const accept = (batch: Batch): Outcome[] => batch.commands.map(({ id }) => ({ id, status: "accepted" }));
const stands = (store: Store) => store.state.entries.map(({ state }) => state);
const status = (code: number, retryAfterSeconds?: number) =>
  new ApiFailure({ kind: "status", status: code, ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }) });

test("a long queue goes out in order, in batches, once", async () => {
  const store = await storeWith(450);
  const { outside, batches } = server(accept);
  await syncNow(store, outside);
  assert.deepEqual(batches.map(({ commands }) => commands.length), [200, 200, 50]);
  assert.deepEqual(batches.flatMap(({ commands }) => commands.map(({ id }) => id)), store.state.entries.map(({ id }) => id));
  assert.ok(stands(store).every((state) => state === "accepted"));
  await syncNow(store, outside);
  assert.equal(batches.length, 3);
  assert.equal(store.state.sync?.clockOffset, 5);
  assert.equal(isDue(store.state, 9e15), false);
});

test("the device's time is sent as corrected, as the times of the commands are", async () => {
  const store = await storeWith(1);
  await store.commit(() => ({ keep: { sync: { failures: 0, clockOffset: -7_000_000 } } }));
  const { outside, batches } = server(accept);
  await syncNow(store, outside);
  assert.equal(batches[0]?.device_time, 1_000_000_000 - 7_000_000);
});

test("two windows do not send the same thing twice", async () => {
  const store = await storeWith(3);
  const { outside, batches } = server(accept);
  await Promise.all([syncNow(store, outside), syncNow(store, outside)]);
  assert.equal(batches.length, 1);
});

test("a lost answer leaves everything waiting, and the next attempt sends the same ids", async () => {
  const store = await storeWith(2);
  const { outside, batches } = server((batch, call) =>
    call === 1 ? new ApiFailure({ kind: "no-network" }) : accept(batch).map((outcome) => ({ ...outcome, duplicate: true })),
  );
  await syncNow(store, outside);
  assert.deepEqual(stands(store), ["waiting", "waiting"]);
  assert.deepEqual(store.state.entries.map(({ tries }) => tries), [1, 1]);
  assert.equal(store.state.sync?.problem, "no-network");
  assert.equal(isDue(store.state, 1_000_000_000), false, "not at once");
  assert.equal(isDue(store.state, 1_000_000_000 + 2_000_000), true);
  await syncNow(store, outside);
  assert.deepEqual(batches[1]?.commands, batches[0]?.commands);
  assert.deepEqual(stands(store), ["accepted", "accepted"]);
  assert.equal(store.state.sync?.problem, undefined);
});

test("a busy server is given the time it asks for", async () => {
  const store = await storeWith(1);
  await syncNow(store, server(() => status(503, 30)).outside);
  assert.equal(store.state.sync?.nextTry, 1_000_000_000 + 30_000_000);
  assert.equal(store.state.sync?.problem, "busy");
});

test("a token that is no longer good asks for a sign-in and keeps the queue", async () => {
  const store = await storeWith(2);
  const { outside, batches } = server(() => status(401));
  await syncNow(store, outside);
  assert.deepEqual([store.state.session?.token, stands(store)], [null, ["waiting", "waiting"]]);
  await syncNow(store, outside);
  assert.equal(batches.length, 1, "nothing is sent without a token");
});

test("one unreadable command is found and set apart, the others arrive", async () => {
  const store = await storeWith(9);
  const { outside } = server((batch) => (batch.commands.some(({ id }) => id === "id-4") ? status(422) : accept(batch)));
  await syncNow(store, outside);
  assert.deepEqual(stands(store), [...Array(4).fill("accepted"), "refused", ...Array(4).fill("accepted")]);
  assert.equal(store.state.entries[4]?.refusal?.code, "unreadable");
});

test("a command that the server cannot record holds up nothing and goes round no circle", async () => {
  const store = await storeWith(5);
  const { outside, batches } = server((batch) =>
    accept(batch).map((outcome) => (outcome.id === "id-2" ? { id: "id-2", status: "not_recorded" as const } : outcome)),
  );
  await syncNow(store, outside);
  assert.deepEqual(stands(store), ["accepted", "accepted", "unrecorded", "accepted", "accepted"]);
  assert.deepEqual([batches.length, store.state.sync?.problem], [1, undefined]);
  await syncNow(store, outside);
  assert.equal(batches.length, 1);
  const hour = RETRY_UNRECORDED;
  assert.deepEqual([isDue(store.state, 1_000_000_000), isDue(store.state, 1_000_000_000 + hour)], [false, true]);
  // An hour later it is tried once, by itself, and still cannot be recorded.
  const later = { ...outside, now: () => outside.now() + hour / 1000 };
  await syncNow(store, later);
  assert.deepEqual([batches.length, batches[1]?.commands.map(({ id }) => id)], [2, ["id-2"]]);
  assert.deepEqual([stands(store)[2], store.state.entries[2]?.tries], ["unrecorded", 2]);
  // In the end the server has been mended.
  await syncNow(store, { ...server(accept).outside, now: () => outside.now() + (3 * hour) / 1000 });
  assert.equal(stands(store)[2], "accepted");
});

test("refusals and partial answers settle what they name", async () => {
  const store = await storeWith(3);
  const refusal = { code: "tube-sealed", message: { zh: "", en: "" }, next: { zh: "", en: "" } };
  const { outside } = server((batch, call) =>
    call === 1
      ? [{ id: "id-0", status: "accepted" }, { id: "id-1", status: "refused", refusal }]
      : accept(batch),
  );
  await syncNow(store, outside);
  assert.deepEqual(stands(store), ["accepted", "refused", "accepted"]);
});

test("an answer about nothing that was sent counts as a failure, not as progress", async () => {
  const store = await storeWith(1);
  const { outside, batches } = server(() => []);
  await syncNow(store, outside);
  assert.equal(batches.length, 1);
  assert.deepEqual([stands(store), store.state.sync?.problem], [["waiting"], "server"]);
});

const accepted = (batch: Batch): Outcome[] => batch.commands.map(({ id }) => ({ id, status: "accepted", duplicate: false }));

/** A volunteer's device with receipts that photos prove. */
async function storeWithPhotos(count: number): Promise<Store> {
  const store = await Store.open(new MemoryBacking());
  await store.commit(() => ({ keep: { ...signedIn, bundle: { area: 220202 } as unknown as Bundle } }));
  for (let n = 1; n <= count; n++) {
    const order = { id: `N${n}`, household: `h-${n}` as HouseholdId } as DeliveryOrder;
    const photo = { hash: String(n).repeat(64), bytes: new Uint8Array(n * 10) };
    await store.commit((state) => receiveWithPhoto(state, order, photo, { now: n, id: () => `receipt-${n}` }));
  }
  return store;
}

test("a receipt is sent before its photo, which leaves the device once the server keeps it", async () => {
  const store = await storeWithPhotos(2);
  assert.deepEqual(countPhotos(store.state), { waiting: 2, refused: 0 });
  // Before the server has the receipt no photo is sent.
  assert.equal(nextPhoto(store.state, "li"), undefined);
  const offline = server(() => new ApiFailure({ kind: "no-network" }));
  await syncNow(store, offline.outside);
  assert.deepEqual([offline.photos.length, photosOf(store.state).length], [0, 2]);
  await store.commit(() => ({ keep: { sync: undefined } }));
  const { outside, batches, photos } = server(accepted);
  await syncNow(store, outside);
  assert.deepEqual(photos, [{ order: "N1", bytes: 10 }, { order: "N2", bytes: 20 }]);
  const [first] = batches[0]?.commands ?? [];
  assert.deepEqual(first?.command, { supply: { order: { receive: { household: "h-1", order: "N1", proof: { photo: "1".repeat(64) } } } } });
  assert.deepEqual([store.state.photos, await store.photo("N1"), await store.photo("N2")], [undefined, undefined, undefined]);
});

test("a photo whose answer was lost is sent again, and its receipt is not", async () => {
  const store = await storeWithPhotos(1);
  const lost = server(accepted, () => new ApiFailure({ kind: "no-network" }));
  await syncNow(store, lost.outside);
  assert.deepEqual([lost.photos.length, countPhotos(store.state).waiting, (await store.photo("N1"))?.length], [1, 1, 10]);
  assert.equal(isDue(store.state, 1_000_000_000), false, "not at once");
  assert.equal(isDue(store.state, 1_000_000_000_000), true);
  const again = server(accepted);
  await syncNow(store, again.outside);
  assert.deepEqual([again.batches.length, again.photos.length, store.state.photos], [0, 1, undefined]);
});

test("a photo that the server refuses stays in sight with the reason, and holds up no other", async () => {
  const store = await storeWithPhotos(2);
  const said = { code: "photo-too-late", message: { zh: "", en: "over" }, next: { zh: "", en: "" } };
  const { outside, photos } = server(accepted, (call) => (call === 1 ? new ApiFailure({ kind: "status", status: 422 }, said) : undefined));
  await syncNow(store, outside);
  assert.deepEqual([photos.length, countPhotos(store.state)], [2, { waiting: 0, refused: 1 }]);
  const [refused] = photosOf(store.state);
  assert.equal(refused?.refusal?.code, "photo-too-late");
  assert.equal((await store.photo("N1"))?.length, 10);
  assert.ok(refused);
  await store.commit((state) => withoutPhoto(state, refused));
  assert.deepEqual([store.state.photos, await store.photo("N1")], [undefined, undefined]);
});

test("of a receipt that does not stand no photo is sent, and it goes when that was read", async () => {
  const store = await storeWithPhotos(1);
  const { outside, photos } = server((batch) => batch.commands.map(({ id }) => ({ id, status: "refused", duplicate: false })));
  await syncNow(store, outside);
  assert.deepEqual([photos.length, countPhotos(store.state).waiting], [0, 1]);
  // Taken anew meanwhile: the new one has a receipt of its own, and stays.
  const order = { id: "N1", household: "h-1" as HouseholdId } as DeliveryOrder;
  const refused = store.state.entries[0]?.seq ?? 0;
  const anew = { hash: "9".repeat(64), bytes: new Uint8Array(99) };
  await store.commit((state) => receiveWithPhoto(state, order, anew, { now: 9, id: () => "receipt-9" }));
  await store.commit((state) => readRefusal(state, refused));
  assert.deepEqual([countPhotos(store.state).waiting, (await store.photo("N1"))?.length], [1, 99]);
  const again = server(() => [{ id: "receipt-9", status: "refused", duplicate: false }]);
  await syncNow(store, again.outside);
  await store.commit((state) => readRefusal(state, state.entries[1]?.seq ?? 0));
  assert.deepEqual([store.state.photos, await store.photo("N1")], [undefined, undefined]);
});

test("what another window wrote is seen before anything is decided", async () => {
  const backing = new MemoryBacking();
  const [one, two] = await Promise.all([Store.open(backing), Store.open(backing)]);
  await one.commit(() => ({ add: [command(1)] }));
  const decided: number[] = [];
  await two.commit((state: State): Change => {
    decided.push(state.entries.length);
    return { add: [command(state.entries.length + 1)] };
  });
  assert.deepEqual(decided, [0, 1]);
  await one.refresh();
  assert.deepEqual(one.state.entries.map(({ id, seq }) => [id, seq]), [["id-1", 1], ["id-2", 2]]);
});

test("changes wait for each other, and nothing is shown before it is written", async () => {
  const memory = new MemoryBacking();
  let release = () => {};
  const slow: Backing = {
    load: () => memory.load(),
    photo: (order) => memory.photo(order),
    write: (revision, change) => new Promise((resolve) => (release = () => resolve(memory.write(revision, change)))),
  };
  const store = await Store.open(slow);
  const first = store.commit(() => ({ add: [command(1)] }));
  const second = store.commit((state) => ({ add: [command(state.entries.length + 1)] }));
  await Promise.resolve();
  assert.equal(store.state.entries.length, 0);
  release();
  await first;
  assert.equal(store.state.entries.length, 1);
  await new Promise(setImmediate);
  release();
  await second;
  assert.deepEqual(store.state.entries.map(({ id }) => id), ["id-1", "id-2"]);
});

test("a failed write fails that change only", async () => {
  const memory = new MemoryBacking();
  let broken = true;
  const backing: Backing = {
    load: () => memory.load(),
    photo: (order) => memory.photo(order),
    write: (revision, change) => (broken ? Promise.reject(new Error("disk full")) : memory.write(revision, change)),
  };
  const store = await Store.open(backing);
  await assert.rejects(store.commit(() => ({ add: [command(1)] })), /disk full/);
  broken = false;
  await store.commit(() => ({ add: [command(1)] }));
  assert.equal(store.state.entries.length, 1);
});

test("a backup brings the queue and work in progress to another device, once", async () => {
  const from = await storeWith(3);
  const tube = { tube: "T220202000123459" } as unknown as NonNullable<State["tube"]>;
  await from.commit(({ entries }) => ({
    put: entries.slice(0, 1).map((entry): Entry => ({ ...entry, state: "accepted" })),
    keep: { tube, settings: { language: "zh", deviceName: "3号机", camera: true, sound: true, vibration: true } },
  }));
  const file = await exportBackup(from.state, 7);
  const to = await Store.open(new MemoryBacking());
  await to.commit(() => ({ keep: { session: { account: "wang", name: "王", token: "t" } } }));
  const backup = await readBackup(file);
  const plan = planImport(to.state, backup);
  assert.deepEqual([plan.added, plan.known, plan.leftOut], [2, 0, []]);
  await to.commit(() => plan.change);
  assert.deepEqual(to.state.entries.map(({ id, account, importedFrom }) => [id, account, importedFrom]), [
    ["id-1", "wang", "3号机 (li)"],
    ["id-2", "wang", "3号机 (li)"],
  ]);
  assert.deepEqual(to.state.tube, tube);
  const again = planImport(to.state, backup);
  assert.deepEqual([again.added, again.known], [0, 2]);
  await to.commit(() => ({ keep: { tube: { ...tube, size: 5 } } }));
  assert.deepEqual(planImport(to.state, backup).leftOut, ["tube"], "its own tube is not overwritten");
});

test("a damaged, foreign or newer file is refused", async () => {
  const file = await exportBackup((await storeWith(1)).state, 7);
  const code = (text: string) => readBackup(text).then(() => "read", (error: BackupError) => error.code);
  assert.equal(await code(file), "read");
  assert.equal(await code(file.slice(0, -9)), "not-a-backup");
  assert.equal(await code(file.replace("id-0", "id-1")), "damaged");
  assert.equal(await code(file.replace('"version":1', '"version":2')), "newer-version");
  assert.equal(await code("[]"), "not-a-backup");
});

test("a signature is that of one device and of one text", async () => {
  const [one, two] = await Promise.all([newDevice(), newDevice()]);
  assert.match(one.id, /^d-[0-9a-f]{16}$/);
  const signature = await sign(one, "SH1|C|courier:C7");
  assert.match(signature, /^[A-Za-z0-9_-]{86}$/);
  assert.equal(await verify(one.publicKey, "SH1|C|courier:C7", signature), true);
  assert.equal(await verify(one.publicKey, "SH1|C|courier:C8", signature), false);
  assert.equal(await verify(two.publicKey, "SH1|C|courier:C7", signature), false);
  assert.equal(await verify("AAAA", "SH1|C|courier:C7", signature), false);
  await assert.rejects(crypto.subtle.exportKey("pkcs8", one.privateKey), "the private key cannot be read out");
});

test("the lock opens to its number alone", async () => {
  const lock = await newLock("258036", 1_000);
  assert.equal(await opens(lock, "258036"), true);
  assert.equal(await opens(lock, "258037"), false);
});

test("a sealed identity opens for the server, for that person, and for nobody else", async () => {
  const curve = { name: "ECDH", namedCurve: "P-256" } as const;
  const server = await webcrypto.subtle.generateKey(curve, true, ["deriveBits"]);
  const serverPoint = new Uint8Array(await webcrypto.subtle.exportKey("raw", server.publicKey));
  const person = "018f2e6c-3b7a-7c10-9d5e-0123456789ab" as PersonId;
  const identity = { name: "张三", id_type: "resident" as const, id_number: "11010519491231002X" };
  const envelope = fromBase64Url(await sealIdentity(toBase64Url(serverPoint), person, identity));
  assert.ok(envelope !== null && envelope[0] === 1);
  const [point, iv, sealed] = [envelope.slice(1, 66), envelope.slice(66, 78), envelope.slice(78)];
  const theirs = await webcrypto.subtle.importKey("raw", point, curve, false, []);
  const secret = await webcrypto.subtle.deriveBits({ name: "ECDH", public: theirs }, server.privateKey, 256);
  const key = await envelopeKey(new Uint8Array(secret), point, serverPoint, "decrypt");
  const open = (who: string) =>
    crypto.subtle.decrypt({ name: "AES-GCM", iv, additionalData: new TextEncoder().encode(who) }, key, sealed);
  assert.deepEqual(JSON.parse(new TextDecoder().decode(await open(person))), identity);
  await assert.rejects(open(person.replace("018f", "018e")));
});

test("base64url reads back, and only itself", () => {
  for (const bytes of [[], [0], [255, 254], [251, 255, 190, 1]]) {
    assert.deepEqual([...(fromBase64Url(toBase64Url(Uint8Array.from(bytes))) ?? [9])], bytes);
  }
  for (const text of ["a+b", "a", "a=b"]) assert.equal(fromBase64Url(text), null);
});
