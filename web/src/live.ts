// Keeps the parts of a page that are marked data-live up to date. The server says which topics
// changed (at most once a second); the parts that show them are fetched again. Without this
// script the page is as it was made, says of when, and can be reloaded.

/** The part's own address gives its HTML alone. */
interface Part {
  readonly element: HTMLElement;
  readonly topics: readonly string[];
  readonly source: string;
  /** A refresh is under way. */
  busy: boolean;
  /** It changed again meanwhile. */
  stale: boolean;
}

const parts: Part[] = [...document.querySelectorAll<HTMLElement>("[data-live][data-src]")].map((element) => ({
  element,
  topics: (element.dataset.live ?? "").split(" ").filter((topic) => topic !== ""),
  source: element.dataset.src ?? "",
  busy: false,
  stale: false,
}));

const status = document.querySelector<HTMLElement>("[data-live-status]");
const time = document.querySelector<HTMLElement>("[data-live-time]");

function show(state: "live" | "lost"): void {
  if (status !== null) status.dataset.liveState = state;
}

/** Many browsers hear of a change at the same moment: they need not all ask in the same moment. */
function spread(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.random() * 400));
}

/** What a reader has opened and where they are stays as it was. */
function replace(element: HTMLElement, html: string): void {
  const opened = [...element.querySelectorAll("details")].map((details) => details.open);
  const scrolled = [...element.querySelectorAll<HTMLElement>(".table-box__scroll")].map((box) => box.scrollLeft);
  const focused = document.activeElement;
  const place = focused !== null && element.contains(focused) ? address(element, focused) : null;
  element.innerHTML = html;
  element.querySelectorAll("details").forEach((details, n) => {
    if (opened[n] === true) details.open = true;
  });
  element.querySelectorAll<HTMLElement>(".table-box__scroll").forEach((box, n) => {
    box.scrollLeft = scrolled[n] ?? 0;
  });
  if (place !== null) element.querySelectorAll<HTMLElement>(place.selector)[place.index]?.focus({ preventScroll: true });
}

/** How to find an element again after its surroundings were made anew. */
function address(root: Element, element: Element): { selector: string; index: number } {
  const href = element.getAttribute("href");
  const selector =
    element.id !== "" ? `#${CSS.escape(element.id)}`
    : href !== null ? `a[href="${CSS.escape(href)}"]`
    : element.tagName.toLowerCase();
  return { selector, index: Math.max(0, [...root.querySelectorAll(selector)].indexOf(element)) };
}

async function refresh(part: Part): Promise<void> {
  if (part.busy) {
    part.stale = true;
    return;
  }
  part.busy = true;
  try {
    do {
      part.stale = false;
      await spread();
      const response = await fetch(part.source, { headers: { "x-fragment": "1" }, cache: "no-store" });
      if (response.status === 401) {
        // Signed out elsewhere: the page must not go on showing what it showed.
        location.reload();
        return;
      }
      if (!response.ok) throw new Error(`status ${response.status}`);
      replace(part.element, await response.text());
      const asOf = response.headers.get("x-as-of");
      if (time !== null && asOf !== null) time.textContent = asOf;
      show("live");
    } while (part.stale);
  } catch {
    show("lost");
  } finally {
    part.busy = false;
  }
}

// On a phone the navigation is one long line, and so are tabs: the one that is open should be in
// sight. The page itself stays where it is.
for (const current of document.querySelectorAll<HTMLElement>(".side a[aria-current], .tabs a[aria-current]")) {
  const strip = current.closest<HTMLElement>(".side, .tabs");
  if (strip !== null) strip.scrollLeft = current.offsetLeft - strip.offsetLeft - (strip.clientWidth - current.offsetWidth) / 2;
}

let events: EventSource | null = null;
let retry: ReturnType<typeof setTimeout> | undefined;
/** Seconds until the next try after the server turned us away. */
let wait = 5;

function listen(): void {
  clearTimeout(retry);
  events?.close();
  const topics = [...new Set(parts.flatMap((part) => part.topics))];
  const source = new EventSource(`/events?topics=${encodeURIComponent(topics.join(","))}`);
  events = source;
  source.addEventListener("hello", () => {
    wait = 5;
    show("live");
    // Something may have changed between the page and now, or while the connection was lost.
    parts.forEach((part) => void refresh(part));
  });
  source.addEventListener("changed", (event) => {
    const changed = String(event.data).split(" ");
    parts.filter((part) => part.topics.some((topic) => changed.includes(topic))).forEach((part) => void refresh(part));
  });
  source.addEventListener("error", () => {
    show("lost");
    // The browser tries again by itself after a broken connection, but not after a refusal.
    if (source.readyState !== EventSource.CLOSED || source !== events) return;
    retry = setTimeout(listen, wait * 1000);
    wait = Math.min(wait * 2, 60);
  });
}

function hush(): void {
  clearTimeout(retry);
  events?.close();
  events = null;
}

// A page in the background holds no connection: browsers allow only a few to one server.
// What is shown of an earlier moment does not change.
if (parts.length > 0 && document.body.dataset.past === undefined) {
  document.addEventListener("visibilitychange", () => (document.hidden ? hush() : listen()));
  if (!document.hidden) listen();
}
