// The service worker from the page's side: installing it, and taking a new version only when the
// user says so and nothing is open.

import { isBusy } from "../core/state";
import type { Store } from "../data/store";

/** New versions of the app. */
export interface Updates {
  ready(): boolean;
  onReady(hear: () => void): () => void;
  /** Takes the new version and loads the page again. */
  take(): void;
}

const WORKER = "/field/sw.js";
/** How often a new version is looked for, in milliseconds. */
const LOOK_EVERY_MS = 1_800_000;

/** Installs the service worker. */
export function installWorker(store: Store): Updates {
  const hearers = new Set<() => void>();
  let waiting: ServiceWorker | null = null;
  let taking = false;
  const found = (worker: ServiceWorker | null) => {
    // The very first worker waits for nobody and updates nothing.
    if (worker === null || navigator.serviceWorker.controller === null) return;
    waiting = worker;
    for (const hear of hearers) hear();
  };
  if ("serviceWorker" in navigator) {
    void navigator.serviceWorker.register(WORKER, { scope: "/field/", updateViaCache: "none" }).then((registration) => {
      found(registration.waiting);
      registration.addEventListener("updatefound", () => {
        const installing = registration.installing;
        installing?.addEventListener("statechange", () => {
          if (installing.state === "installed") found(registration.waiting);
        });
      });
      const look = () => void registration.update().catch(() => undefined);
      setInterval(look, LOOK_EVERY_MS);
      addEventListener("online", look);
    }, () => undefined);
    navigator.serviceWorker.addEventListener("controllerchange", () => {
      if (taking) location.reload();
    });
    void navigator.serviceWorker.ready.then(({ active }) => {
      const answers = new MessageChannel();
      answers.port1.onmessage = ({ data }: MessageEvent<string>) => (document.documentElement.dataset.build = data);
      active?.postMessage("which-build", [answers.port2]);
    });
  }
  return {
    ready: () => waiting !== null,
    onReady: (hear) => {
      hearers.add(hear);
      return () => hearers.delete(hear);
    },
    take: () => {
      if (waiting === null || isBusy(store.state)) return;
      taking = true;
      waiting.postMessage("take-over");
    },
  };
}
