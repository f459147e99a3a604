// What every screen needs: the state, the texts, ways to act, to speak and to go elsewhere.

import { createContext } from "preact";
import { useContext, useEffect, useRef, useState } from "preact/hooks";
import type { Stamp } from "../core/actions";
import { micros, type Micros } from "../core/clock";
import { type Change, DEFAULT_SETTINGS, type Settings, type State } from "../core/state";
import { Uuid7 } from "../core/uuid7";
import type { Store } from "../data/store";
import type { Alert } from "./signals";
import { hasText, type TextKey, translator, type Translate } from "./texts";

/** How good the news is. */
export type Tone = "good" | "bad" | "ask";

/** A message at the bottom of the screen, also read out. */
export interface Notice {
  readonly text: string;
  readonly tone: Tone;
  /** Counts messages, so that the same text twice is two messages. */
  readonly turn: number;
  /** When it was said, by `performance.now()`. */
  readonly at: number;
}

/** What every screen is given. */
export interface App {
  readonly store: Store;
  readonly t: Translate;
  /** Says something in a message and to screen readers, with a sound. */
  say(text: string, tone?: Tone): void;
  /** Makes a change; false (and a message) when it could not be written. */
  commit(decide: (state: State) => Change | null): Promise<boolean>;
  stamp(): Stamp;
  /** The time by the server's clock, as well as this device knows it. */
  now(): Micros;
  syncSoon(): void;
  lock(): void;
  signal(alert: Alert): void;
}

const AppContext = createContext<App | null>(null);
/** Provides the app to all screens. */
export const AppProvider = AppContext.Provider;

/** The app. */
export function useApp(): App {
  const app = useContext(AppContext);
  if (app === null) throw new Error("no app around this screen");
  return app;
}

/** The state; the screen is drawn again after each change. */
export function useFieldState(): State {
  const { store } = useApp();
  return useStore(store);
}

/** The state of a store; what uses it is drawn again after each change. */
export function useStore(store: Store): State {
  const [state, show] = useState(store.state);
  useEffect(() => {
    show(store.state);
    return store.subscribe(() => show(store.state));
  }, [store]);
  return state;
}

/** The language that the browser asks for first among ours, as the server's pages choose it. */
function languageOfBrowser(): Settings["language"] {
  const wanted = navigator.languages.map((tag) => tag.slice(0, 2).toLowerCase());
  return wanted.find((tag) => tag === "zh" || tag === "en") === "en" ? "en" : "zh";
}

/** The settings, also before anybody has made any. */
export function settingsOf(state: State): Settings {
  return state.settings ?? { ...DEFAULT_SETTINGS, language: languageOfBrowser() };
}

/** The texts of a state's language. */
export function textsOf(state: State): Translate {
  return translator(settingsOf(state).language);
}

/** The text of a key that is made at run time, or the fallback. */
export function textOr(t: Translate, key: string, fallback: string): string {
  return hasText(key) ? t(key as TextKey) : fallback;
}

const ids = new Uuid7();

/** The moment and ids for commands; times are corrected to the server's clock. */
export function stampOf(state: State): Stamp {
  return {
    now: correctedNow(state),
    id: () => ids.next(Date.now(), crypto.getRandomValues(new Uint8Array(10))),
  };
}

/** The device's time, corrected to the server's clock. */
export function correctedNow(state: State): Micros {
  return micros(Date.now()) + (state.sync?.clockOffset ?? 0);
}

/** Where the user is: `#/collect/walk-in` is the screen `collect` with the part `walk-in`. */
export interface Place {
  readonly screen: string;
  readonly part: string;
}

function placeOf(hash: string): Place {
  const [, screen = "", part = ""] = hash.split("/");
  return { screen: screen === "" ? "home" : screen, part };
}

/** Where the user is, following the address. */
export function usePlace(): Place {
  const [place, show] = useState(() => placeOf(location.hash));
  useEffect(() => {
    const follow = () => show(placeOf(location.hash));
    addEventListener("hashchange", follow);
    return () => removeEventListener("hashchange", follow);
  }, []);
  return place;
}

/** Goes to a screen. */
export function go(screen: string, part = ""): void {
  location.hash = part === "" ? `#/${screen}` : `#/${screen}/${part}`;
}

/** The time by the server's clock, drawn anew every half minute. */
export function useNow(): Micros {
  const { now } = useApp();
  const [time, show] = useState(now);
  useEffect(() => {
    const timer = setInterval(() => show(now()), 30_000);
    return () => clearInterval(timer);
  }, [now]);
  return time;
}

/** Runs one action at a time: a second tap on a button while the first is at work does nothing. */
export function useOnce(): [busy: boolean, once: (work: () => Promise<unknown>) => void] {
  const [busy, setBusy] = useState(false);
  const running = useRef(false);
  const once = (work: () => Promise<unknown>) => {
    if (running.current) return;
    running.current = true;
    setBusy(true);
    void work().finally(() => {
      running.current = false;
      setBusy(false);
    });
  };
  return [busy, once];
}
