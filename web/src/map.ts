// Moves the time of the map: each place carries its infections a day, and a script only colours and
// numbers it anew. Without this script the day is chosen in the form above the map.

/** What a slider moves. */
interface Moved {
  readonly shape: SVGPathElement;
  readonly a_day: readonly number[];
  /** What held at the end of each day, a letter each. */
  readonly zones: string;
  readonly name: string;
}

/** Milliseconds that a day takes when the time plays. */
const PACE = 500;

function numbers(text: string | undefined): number[] {
  return (text ?? "").split(" ").filter((word) => word !== "").map(Number);
}

function grouped(n: number): string {
  return String(n).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** Infections of the days that end with this one. */
export function week(a_day: readonly number[], day: number, width: number): number {
  return a_day.slice(Math.max(0, day + 1 - width), day + 1).reduce((sum, n) => sum + n, 0);
}

const ZONES: Readonly<Record<string, string>> = { l: "z-locked", c: "z-controlled", p: "z-precaution" };

/** The classes of a zone's letter: small where only a part of the place is held. */
export function zoneClass(letter: string | undefined): string {
  const level = ZONES[(letter ?? "").toLowerCase()];
  if (level === undefined) return "";
  return letter === letter?.toUpperCase() ? level : `${level} z-part`;
}

/** The class of a number by the lower ends of the classes; -1 for none. */
export function classOf(n: number, classes: readonly number[]): number {
  return classes.filter((low) => n >= low).length - 1;
}

let playing: ReturnType<typeof setInterval> | undefined;
/** The day that somebody has moved to, kept while the map is drawn anew. */
let chosen: number | null = null;

function start(root: HTMLElement): void {
  const bar = root.querySelector<HTMLElement>("[data-map-time]");
  const slider = bar?.querySelector<HTMLInputElement>("input[type=range]") ?? null;
  const button = bar?.querySelector<HTMLButtonElement>("[data-map-play]") ?? null;
  const output = bar?.querySelector<HTMLElement>("[data-map-day]") ?? null;
  if (bar === null || slider === null || button === null || output === null) return;
  const days = (bar.dataset.days ?? "").split(" ");
  const width = Number(bar.dataset.week);
  const classes = numbers(bar.dataset.classes);
  const title = root.querySelector<HTMLElement>("[data-map-title]");
  const wording = title?.dataset.mapTitle ?? "";
  const moved: Moved[] = [...root.querySelectorAll<SVGPathElement>("path[data-days]")].map((shape) => ({
    shape,
    a_day: numbers(shape.dataset.days),
    zones: shape.dataset.zones ?? "",
    name: shape.dataset.name ?? "",
  }));
  const counts = [...root.querySelectorAll<SVGTextElement>("[data-count-of]")];
  const play = button.textContent ?? "";
  const pause = button.dataset.pause ?? play;

  function show(day: number): void {
    moved.forEach((place, n) => {
      const sum = week(place.a_day, day, width);
      const at = classOf(sum, classes);
      place.shape.setAttribute("class", `map__place ${at < 0 ? "mx" : `q${at}`} ${zoneClass(place.zones[day])}`);
      const text = `${place.name}: ${grouped(sum)}`;
      const hint = place.shape.querySelector("title");
      if (hint !== null) hint.textContent = text;
      place.shape.parentElement?.setAttribute("aria-label", text);
      const count = counts[n];
      if (count !== undefined) count.textContent = sum > 0 ? grouped(sum) : "";
    });
    const word = days[day] ?? "";
    if (output !== null) output.textContent = word;
    if (title !== null) title.textContent = wording.replace("{day}", word);
    slider?.setAttribute("aria-valuetext", word);
  }

  function stop(): void {
    clearInterval(playing);
    playing = undefined;
    if (button !== null) button.textContent = play;
  }

  function go(day: number): void {
    if (slider !== null) slider.value = String(day);
    chosen = day;
    show(day);
  }

  slider.addEventListener("input", () => {
    stop();
    go(Number(slider.value));
  });
  button.addEventListener("click", () => {
    if (playing !== undefined) {
      stop();
      return;
    }
    const last = Number(slider.max);
    // From the end it plays from the beginning.
    if (Number(slider.value) >= last) go(0);
    button.textContent = pause;
    playing = setInterval(() => {
      const next = Number(slider.value) + 1;
      if (next > last) stop();
      else go(next);
    }, PACE);
  });
  bar.hidden = false;
  // What is live is drawn anew under whoever has moved the time: they stay where they are.
  if (chosen !== null && chosen <= Number(slider.max)) go(chosen);
}

if (typeof document !== "undefined") {
  const root = document.querySelector<HTMLElement>("#map");
  if (root !== null) {
    start(root);
    new MutationObserver(() => {
      clearInterval(playing);
      playing = undefined;
      start(root);
    }).observe(root, { childList: true });
  }
}
