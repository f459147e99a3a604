// Keeps what is typed into a form on this device until it has been sent: an interview at a door must
// survive a sleeping phone and a lost connection. A draft is gone when the form was taken and after a
// day; its name has the account, so that whoever signs in next does not see it.

const PREFIX = "songhua-draft:";
const KEPT_MS = 24 * 3_600_000;

interface Draft {
  readonly at: number;
  readonly values: Record<string, string>;
}

type Control = HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement;

function keys(): string[] {
  return Object.keys(localStorage).filter((key) => key.startsWith(PREFIX));
}

function read(key: string): Draft | null {
  try {
    const draft = JSON.parse(localStorage.getItem(key) ?? "") as Draft;
    return Date.now() - draft.at < KEPT_MS ? draft : null;
  } catch {
    return null;
  }
}

/** The fields that a person fills: not the token, not the command's name. */
function controls(box: HTMLElement): Control[] {
  return [...box.querySelectorAll<Control>("input[name], textarea[name], select[name]")].filter(
    (control) => control.type !== "hidden" && control.type !== "password" && control.type !== "file",
  );
}

function valueOf(control: Control): string {
  return control instanceof HTMLInputElement && control.type === "checkbox" ? String(control.checked) : control.value;
}

function put(control: Control, value: string): void {
  if (control instanceof HTMLInputElement && control.type === "checkbox") control.checked = value === "true";
  else control.value = value;
}

for (const key of keys()) if (read(key) === null) localStorage.removeItem(key);

// The form was taken: the page that it led to says which.
const sent = new URLSearchParams(location.search).get("sent");
if (sent !== null) {
  const unit = location.pathname.split("/").at(-1) ?? "";
  for (const key of keys()) if (key.startsWith(`${PREFIX}${sent}:${unit}:`)) localStorage.removeItem(key);
}

for (const box of document.querySelectorAll<HTMLElement>("[data-draft]")) {
  const key = PREFIX + (box.dataset.draft ?? "");
  const fresh = new Map(controls(box).map((control) => [control.name, valueOf(control)]));
  const draft = read(key);
  if (draft !== null) {
    let differs = false;
    for (const control of controls(box)) {
      const value = draft.values[control.name];
      if (value === undefined || value === valueOf(control)) continue;
      put(control, value);
      differs = true;
      control.closest("details")?.setAttribute("open", "");
    }
    if (differs) document.querySelector<HTMLElement>("[data-draft-note]")?.removeAttribute("hidden");
  }
  box.addEventListener("input", () => {
    const values: Record<string, string> = {};
    for (const control of controls(box)) {
      const value = valueOf(control);
      // Only what differs from what the server had made: that may be newer next time.
      if (value !== fresh.get(control.name)) values[control.name] = value;
    }
    if (Object.keys(values).length === 0) localStorage.removeItem(key);
    else localStorage.setItem(key, JSON.stringify({ at: Date.now(), values } satisfies Draft));
  });
}

export {};
