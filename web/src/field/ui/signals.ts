// Sounds and vibrations: a sampler looks at the person and the swab, not at the screen.

import type { Settings } from "../core/state";

/** Recorded; refused; a question. */
export type Alert = "good" | "bad" | "ask";

/** Tones: pitch in hertz, start and length in seconds. */
const TONES: Readonly<Record<Alert, readonly (readonly [number, number, number])[]>> = {
  good: [[1320, 0, 0.09]],
  bad: [
    [220, 0, 0.18],
    [180, 0.2, 0.28],
  ],
  ask: [
    [660, 0, 0.1],
    [660, 0.16, 0.1],
  ],
};
const BUZZ: Readonly<Record<Alert, readonly number[]>> = { good: [40], bad: [180, 80, 180], ask: [60, 60, 60] };

let audio: AudioContext | undefined;

/** Browsers allow sound only once the user has touched the page: call this from a touch. */
export function wakeAudio(): void {
  audio ??= new AudioContext();
  if (audio.state === "suspended") void audio.resume();
}

/** Beeps and buzzes as the settings allow. */
export function signal(alert: Alert, settings: Settings): void {
  if (settings.vibration && "vibrate" in navigator) navigator.vibrate([...BUZZ[alert]]);
  if (!settings.sound || audio === undefined || audio.state !== "running") return;
  const now = audio.currentTime;
  for (const [pitch, start, length] of TONES[alert]) {
    const tone = audio.createOscillator();
    const volume = audio.createGain();
    tone.type = alert === "bad" ? "square" : "sine";
    tone.frequency.value = pitch;
    volume.gain.setValueAtTime(0.25, now + start);
    volume.gain.setTargetAtTime(0, now + start + length - 0.02, 0.01);
    tone.connect(volume).connect(audio.destination);
    tone.start(now + start);
    tone.stop(now + start + length + 0.05);
  }
}
