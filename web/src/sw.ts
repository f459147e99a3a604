// The service worker of the field app: keeps the app's own files for use without a network, and
// sends the queue in the background where browsers allow that.

import { channelBell, IndexedBacking } from "./field/data/idb";
import { Store } from "./field/data/store";
import { syncNow } from "./field/data/sync";

declare const self: ServiceWorkerGlobalScope;

const CACHE = `songhua-field-${__BUILD__}`;
const SHELL = "/field/";
/** What the field app needs of all that is built; charts and pages of the desks do not belong. */
const NEEDED = /^\/assets\/(field|zxing_reader)[\w.-]*$/;
const FILES = __PRECACHE__.filter(({ url }) => NEEDED.test(url));

/** Background Sync, which TypeScript does not know. */
interface SyncEvent extends ExtendableEvent {
  readonly tag: string;
}

self.addEventListener("install", (event) => event.waitUntil(install()));

/** All files or none: a mixture of two versions would be worse than the old one. */
async function install(): Promise<void> {
  const cache = await caches.open(CACHE);
  await Promise.all(
    FILES.map(async ({ url, sha256 }) => {
      const response = await fetch(url, { cache: "reload" });
      if (!response.ok) throw new Error(`${url}: status ${response.status}`);
      const digest = await crypto.subtle.digest("SHA-256", await response.clone().arrayBuffer());
      const hex = [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
      // The server was replaced while we were fetching: the browser will try again.
      if (hex !== sha256) throw new Error(`${url} is not of build ${__BUILD__}`);
      await cache.put(url, response);
    }),
  );
  const shell = await fetch(SHELL, { cache: "reload", credentials: "omit" });
  if (!shell.ok || shell.redirected) throw new Error(`${SHELL}: status ${shell.status}`);
  await cache.put(SHELL, shell);
}

self.addEventListener("activate", (event) => event.waitUntil(activate()));

async function activate(): Promise<void> {
  for (const name of await caches.keys()) {
    if (name.startsWith("songhua-field-") && name !== CACHE) await caches.delete(name);
  }
  await self.clients.claim();
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== self.location.origin) return;
  if (request.mode === "navigate" && pathname === SHELL) event.respondWith(kept(SHELL, request));
  else if (FILES.some(({ url }) => url === pathname)) event.respondWith(kept(pathname, request));
});

async function kept(path: string, request: Request): Promise<Response> {
  const cache = await caches.open(CACHE);
  return (await cache.match(path)) ?? fetch(request);
}

self.addEventListener("message", (event) => {
  if (event.data === "take-over") void self.skipWaiting();
  if (event.data === "which-build") event.ports[0]?.postMessage(__BUILD__);
});

self.addEventListener("sync", ((event: SyncEvent) => {
  if (event.tag === "songhua-queue") event.waitUntil(syncInBackground());
}) as EventListener);

async function syncInBackground(): Promise<void> {
  await syncNow(await Store.open(await IndexedBacking.open(), channelBell()));
}
