// Getting a code from the camera, from a hardware scanner or from the keyboard: one component
// for all screens. Hardware scanners type very fast and end with Enter, wherever the focus is.

import { useEffect, useId, useRef, useState } from "preact/hooks";
import { settingsOf, type Tone, useApp, useFieldState } from "./app";
import { type Camera, cameraProblem, type CameraState, startCamera } from "./camera";
import { wakeAudio } from "./signals";

/** What came of a scan: shown, read out, and sounded. Null when a dialog took over. */
export type Feedback = { readonly tone: Tone; readonly text: string } | null;

interface Props {
  /** What is wanted, for example "Scan the tube". */
  readonly label: string;
  readonly onScan: (text: string) => Feedback | Promise<Feedback>;
  /** A dialog is open: what the camera sees meanwhile does not count. */
  readonly paused?: boolean;
}

/** Characters further apart than this, in milliseconds, do not belong to one scan. */
const SCANNER_PACE = 250;
const SHORTEST_SCAN = 4;

export function Scanner({ label, onScan, paused = false }: Props) {
  const { t, signal, store } = useApp();
  const state = useFieldState();
  const wanted = settingsOf(state).camera;
  const [feedback, setFeedback] = useState<{ readonly tone: Tone; readonly text: string; readonly turn: number } | null>(null);
  const [typed, setTyped] = useState("");
  const field = useId();
  const turn = useRef(0);

  // Scans wait for each other: a person may be scanned while the last one is being saved.
  const line = useRef(Promise.resolve());
  const handle = useRef(onScan);
  handle.current = onScan;
  const asleep = useRef(paused);
  asleep.current = paused;
  const scan = (text: string) => {
    if (asleep.current) {
      // Nobody may believe that this was recorded.
      signal("bad");
      return;
    }
    line.current = line.current.then(async () => {
      if (asleep.current) return;
      const came = await handle.current(text);
      if (came === null) return;
      turn.current += 1;
      setFeedback({ ...came, turn: turn.current });
      signal(came.tone);
    });
  };
  useHardwareScanner(scan);

  const enter = (event: Event) => {
    event.preventDefault();
    wakeAudio();
    scan(typed);
    setTyped("");
  };
  const toggle = () => {
    wakeAudio();
    void store.commit((now) => ({ keep: { settings: { ...settingsOf(now), camera: !wanted } } }));
  };

  return (
    <section class="scanner" aria-label={label}>
      <h2 class="scanner-label">{label}</h2>
      {wanted ? <Viewfinder onSeen={(text) => asleep.current || scan(text)} onOff={toggle} /> : (
        <button type="button" class="button quiet wide" onClick={toggle}>{t("scan.camera-on")}</button>
      )}
      <p class={`feedback ${feedback?.tone ?? "none"}`} role="status" key={feedback?.turn}>
        {feedback?.text ?? ""}
      </p>
      <form class="typed" onSubmit={enter}>
        <label for={field}>{t("scan.typed")}</label>
        <div class="row">
          <input
            id={field}
            value={typed}
            onInput={(event) => setTyped(event.currentTarget.value)}
            lang="en"
            autocomplete="off"
            autocapitalize="characters"
            spellcheck={false}
            enterkeyhint="done"
            maxLength={400}
          />
          <button type="submit" class="button">{t("scan.add")}</button>
        </div>
      </form>
    </section>
  );
}

function Viewfinder({ onSeen, onOff }: { readonly onSeen: (text: string) => unknown; readonly onOff: () => void }) {
  const { t } = useApp();
  const video = useRef<HTMLVideoElement>(null);
  const camera = useRef<Camera | null>(null);
  const [state, setState] = useState<CameraState>("starting");
  const [torch, setTorch] = useState(false);
  const seen = useRef(onSeen);
  seen.current = onSeen;

  useEffect(() => {
    let gone = false;
    if (video.current === null) return;
    if (navigator.mediaDevices === undefined) {
      setState("missing");
      return;
    }
    startCamera(video.current, (text) => seen.current(text)).then(
      (running) => {
        if (gone) running.stop();
        else {
          camera.current = running;
          setState("running");
        }
      },
      (error) => {
        if (!gone) setState(cameraProblem(error));
      },
    );
    return () => {
      gone = true;
      camera.current?.stop();
      camera.current = null;
    };
  }, []);

  const light = () => {
    void camera.current?.torch(!torch).then(() => setTorch(!torch), () => undefined);
  };
  const trouble = state === "denied" ? t("scan.denied") : state === "missing" ? t("scan.no-camera") : null;
  return (
    <div class={`viewfinder ${state}`}>
      <video ref={video} muted playsInline aria-label={t("scan.viewer")} hidden={trouble !== null} />
      {state === "running" && <div class="frame" aria-hidden="true" />}
      {state === "starting" && <p class="overlay">{t("scan.starting")}</p>}
      {trouble !== null && <p class="trouble">{trouble}</p>}
      <div class="viewfinder-buttons">
        {camera.current?.hasTorch === true && (
          <button type="button" class="button small" aria-pressed={torch} onClick={light}>
            {torch ? t("scan.torch-off") : t("scan.torch")}
          </button>
        )}
        <button type="button" class="button small" onClick={onOff}>{t("scan.camera-off")}</button>
      </div>
    </div>
  );
}

/** Hears a hardware scanner wherever the focus is, except in a text field, which takes it itself. */
function useHardwareScanner(scan: (text: string) => void): void {
  const latest = useRef(scan);
  latest.current = scan;
  useEffect(() => {
    let text = "";
    let last = 0;
    const hear = (event: KeyboardEvent) => {
      const target = event.target;
      if (target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement) return;
      if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
      if (event.timeStamp - last > SCANNER_PACE) text = "";
      if (event.key === "Enter" || event.key === "Tab") {
        if (text.length >= SHORTEST_SCAN) {
          // Or Enter would press the button that has the focus.
          event.preventDefault();
          event.stopPropagation();
          latest.current(text);
        }
        text = "";
        return;
      }
      if (event.key.length !== 1) return;
      // The first character may be a person's: it is left to the page.
      if (text !== "") event.preventDefault();
      text += event.key;
      last = event.timeStamp;
    };
    document.addEventListener("keydown", hear, true);
    return () => document.removeEventListener("keydown", hear, true);
  }, []);
}
