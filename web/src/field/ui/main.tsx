// Starts the app: opens what is kept, then shows the screen that fits.

import { type ComponentChild, render } from "preact";
import { useCallback, useEffect, useMemo, useRef, useState } from "preact/hooks";
import { micros } from "../core/clock";
import { countPhotos } from "../core/photo";
import { countQueue } from "../core/queue";
import { isBusy, type State } from "../core/state";
import { channelBell, IndexedBacking } from "../data/idb";
import { Store } from "../data/store";
import { isDue, syncNow, withoutWaiting } from "../data/sync";
import { type App, AppProvider, correctedNow, go, type Notice, settingsOf, stampOf, textsOf, type Tone, usePlace, useStore } from "./app";
import { Box } from "./box";
import { Collect } from "./collect";
import { Doors } from "./doors";
import { HandOverScreen } from "./handover";
import { Home, InHand } from "./home";
import { Icon, type IconName } from "./icons";
import { InterviewScreen } from "./interview";
import { MedicineScreen } from "./medicine";
import { Paper } from "./paper";
import { Plate } from "./plate";
import { Queue } from "./queue";
import { Receive } from "./receive";
import { Results } from "./result";
import { SettingsScreen } from "./settings";
import { signal, wakeAudio } from "./signals";
import { Download, Locked, SetNumber, SignIn } from "./signin";
import { SyncPill } from "./status";
import { DeliveryScreen } from "./delivery";
import { SweepScreen } from "./sweep";
import type { Translate } from "./texts";
import { installWorker, type Updates } from "./worker";

const SCREENS: Readonly<Record<string, () => preact.JSX.Element | null>> = {
  home: Home,
  held: InHand,
  collect: Collect,
  box: Box,
  hand: HandOverScreen,
  receive: Receive,
  plate: Plate,
  result: Results,
  doors: Doors,
  sweep: SweepScreen,
  interview: InterviewScreen,
  medicine: MedicineScreen,
  delivery: DeliveryScreen,
  paper: Paper,
  queue: Queue,
  settings: SettingsScreen,
};
const TABS: readonly { readonly screen: IconName & string; readonly label: "nav.home" | "nav.held" | "nav.queue" | "nav.settings" }[] = [
  { screen: "home", label: "nav.home" },
  { screen: "held", label: "nav.held" },
  { screen: "queue", label: "nav.queue" },
  { screen: "settings", label: "nav.settings" },
];
/** Idle time until the app locks, in milliseconds. Ten minutes. */
const IDLE_MS = 600_000;
/** How often the queue is looked at, in milliseconds. */
const SYNC_EVERY_MS = 10_000;
/** Good news leaves by itself, after so many milliseconds; bad news stays until the next. */
const NOTICE_MS = 3_500;
/** News of another screen goes with it, unless it is what led here. */
const FRESH_NOTICE_MS = 800;
const OPEN_UNTIL = "songhua-field-open-until";

/** Opens what is kept and shows the app in `root`. */
export async function start(root: HTMLElement): Promise<void> {
  const store = await Store.open(await IndexedBacking.open(), channelBell());
  const updates = installWorker(store);
  render(<Frame store={store} updates={updates} />, root);
}

function Frame({ store, updates }: { readonly store: Store; readonly updates: Updates }) {
  const state = useStore(store);
  const t = useMemo(() => textsOf(state), [settingsOf(state).language]);
  const [notice, setNotice] = useState<Notice | null>(null);
  const [unlocked, unlock, lock] = useLock(state);
  const syncSoon = useSync(store);
  const turn = useRef(0);

  const say = useCallback((text: string, tone: Tone = "good") => {
    turn.current += 1;
    setNotice({ text, tone, turn: turn.current, at: performance.now() });
    signal(tone, settingsOf(store.state));
  }, [store]);
  useEffect(() => {
    if (notice === null || notice.tone === "bad") return;
    const timer = setTimeout(() => setNotice(null), NOTICE_MS);
    return () => clearTimeout(timer);
  }, [notice]);
  useEffect(() => {
    const leave = () => setNotice((shown) => (shown !== null && performance.now() - shown.at < FRESH_NOTICE_MS ? shown : null));
    addEventListener("hashchange", leave);
    return () => removeEventListener("hashchange", leave);
  }, []);
  useEffect(() => {
    document.documentElement.lang = settingsOf(state).language === "zh" ? "zh-CN" : "en";
    document.title = t("app.name");
  }, [t]);
  const { screen } = settingsOf(state);
  useEffect(() => {
    if (screen === "light" || screen === "dark") document.documentElement.dataset["screen"] = screen;
    else delete document.documentElement.dataset["screen"];
  }, [screen]);

  const app = useMemo<App>(() => ({
    store,
    t,
    say,
    commit: async (decide) => {
      try {
        await store.commit(decide);
        return true;
      } catch (failed) {
        say(isFull(failed) ? t("save-full") : t("save-failed", { why: failed instanceof Error ? failed.message : String(failed) }), "bad");
        return false;
      }
    },
    stamp: () => stampOf(store.state),
    now: () => correctedNow(store.state),
    syncSoon,
    lock,
    signal: (alert) => signal(alert, settingsOf(store.state)),
  }), [store, t, say, syncSoon, lock]);

  return (
    <AppProvider value={app}>
      <Inside state={state} t={t} unlocked={unlocked} onUnlock={unlock} updates={updates} />
      <p class={`notice ${notice?.tone ?? "none"}`} role={notice?.tone === "bad" ? "alert" : "status"} key={notice?.turn} onClick={() => setNotice(null)}>
        {notice?.text ?? ""}
      </p>
    </AppProvider>
  );
}

/** Whether the phone has no room left: that is not mended by trying again. */
function isFull(failed: unknown): boolean {
  return failed instanceof DOMException && failed.name === "QuotaExceededError";
}

interface InsideProps {
  readonly state: State;
  readonly t: Translate;
  readonly unlocked: boolean;
  readonly onUnlock: () => void;
  readonly updates: Updates;
}

function Inside({ state, t, unlocked, onUnlock, updates }: InsideProps) {
  const place = usePlace();
  const { session, bundle, lock } = state;
  const before = (screen: ComponentChild) => (
    <>
      <header class="bar"><span class="brand">{t("app.name")}</span></header>
      <main>{screen}</main>
    </>
  );
  if (session === undefined) return before(<SignIn />);
  if (lock !== undefined && !unlocked) return before(<Locked onOpen={onUnlock} />);
  if (bundle === undefined) return before(session.token === null ? <SignIn /> : <Download />);
  if (lock === undefined) return before(<SetNumber onDone={onUnlock} />);
  if (place.screen === "sign-in") return before(<SignIn onBack={() => go("home")} />);
  const Screen = SCREENS[place.screen] ?? Home;
  const isTab = TABS.some(({ screen }) => screen === place.screen);
  return (
    <>
      <header class="bar">
        {isTab ? <span class="brand">{t("app.name")}</span> : (
          <a class="back" href="#/home"><span aria-hidden="true">‹</span> {t("nav.home")}</a>
        )}
        <SyncPill />
      </header>
      <UpdateLine state={state} t={t} updates={updates} />
      <main class={isTab ? "with-tabs" : ""}><Screen key={place.screen} /></main>
      {isTab && <Tabs state={state} t={t} current={place.screen} />}
    </>
  );
}

function Tabs({ state, t, current }: { readonly state: State; readonly t: Translate; readonly current: string }) {
  const { waiting, unrecorded, refused } = countQueue(state.entries, state.session?.account);
  const photos = countPhotos(state);
  const open = waiting + unrecorded + refused + photos.waiting + photos.refused;
  return (
    <nav class="nav" aria-label={t("nav.label")}>
      {TABS.map(({ screen, label }) => (
        <a key={screen} href={`#/${screen}`} aria-current={current === screen ? "page" : undefined}>
          <Icon name={screen} />
          <span>{t(label)}</span>
          {screen === "queue" && open > 0 && <span class="badge-count">{open}</span>}
        </a>
      ))}
    </nav>
  );
}

/** A new version waits until no tube, box or plate is open. */
function UpdateLine({ state, t, updates }: { readonly state: State; readonly t: Translate; readonly updates: Updates }) {
  const [ready, setReady] = useState(updates.ready());
  useEffect(() => updates.onReady(() => setReady(true)), [updates]);
  if (!ready || isBusy(state)) return null;
  return (
    <p class="update" role="status">
      {t("update.ready")} <button type="button" class="button small" onClick={updates.take}>{t("update.reload")}</button>
    </p>
  );
}

/** Locked at the start and after idle minutes. A reload within them asks for nothing. */
function useLock(state: State): [unlocked: boolean, unlock: () => void, lock: () => void] {
  const [unlocked, setUnlocked] = useState(() => Number(sessionStorage.getItem(OPEN_UNTIL)) > Date.now());
  const has = state.lock !== undefined;
  const unlock = useCallback(() => {
    sessionStorage.setItem(OPEN_UNTIL, String(Date.now() + IDLE_MS));
    setUnlocked(true);
  }, []);
  const lock = useCallback(() => {
    sessionStorage.removeItem(OPEN_UNTIL);
    setUnlocked(false);
  }, []);
  useEffect(() => {
    if (!unlocked || !has) return;
    let last = Date.now();
    const touch = () => {
      const now = Date.now();
      // A phone that slept wakes with the first touch: that touch must not count.
      if (now - last >= IDLE_MS) return lock();
      last = now;
      sessionStorage.setItem(OPEN_UNTIL, String(now + IDLE_MS));
      wakeAudio();
    };
    const look = () => {
      if (Date.now() - last >= IDLE_MS) lock();
    };
    const timer = setInterval(look, 5_000);
    addEventListener("pointerdown", touch, true);
    addEventListener("keydown", touch, true);
    document.addEventListener("visibilitychange", look);
    return () => {
      clearInterval(timer);
      removeEventListener("pointerdown", touch, true);
      removeEventListener("keydown", touch, true);
      document.removeEventListener("visibilitychange", look);
    };
  }, [unlocked, has, lock]);
  return [unlocked, unlock, lock];
}

/** Sends what waits: soon after each change, when the network comes back, and from time to time. */
function useSync(store: Store): () => void {
  const soon = useCallback(() => {
    // Somebody asked: do not wait for the next planned attempt.
    void store
      .commit((now) => (now.sync?.nextTry === undefined ? null : { keep: { sync: withoutWaiting(now.sync) } }))
      .then(() => syncNow(store));
    void navigator.serviceWorker?.ready.then((worker) =>
      (worker as ServiceWorkerRegistration & { sync?: { register(tag: string): Promise<void> } }).sync?.register("songhua-queue"),
    ).catch(() => undefined);
  }, [store]);
  useEffect(() => {
    const look = () => {
      if (isDue(store.state, micros(Date.now()))) void syncNow(store);
    };
    const timer = setInterval(look, SYNC_EVERY_MS);
    const visible = () => {
      if (!document.hidden) look();
    };
    addEventListener("online", soon);
    document.addEventListener("visibilitychange", visible);
    look();
    return () => {
      clearInterval(timer);
      removeEventListener("online", soon);
      document.removeEventListener("visibilitychange", visible);
    };
  }, [store, soon]);
  return soon;
}
