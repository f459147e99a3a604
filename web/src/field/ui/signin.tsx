// Signing in (once, with a network), downloading the list, and the number that opens the app.

import { useEffect, useState } from "preact/hooks";
import { micros } from "../core/clock";
import { countQueue, outdated } from "../core/queue";
import { NEVER_SYNCED, type State } from "../core/state";
import type { Holder, HolderCode } from "../core/wire";
import { ApiFailure, fetchBundle, fetchHolders, registerDevice, signIn } from "../data/api";
import { newDevice, newLock, opens, WRONG_LIMIT } from "../data/device";
import type { Store } from "../data/store";
import { afterSignIn } from "../data/sync";
import { go, settingsOf, useApp, useFieldState, useOnce } from "./app";
import type { Translate } from "./texts";
import { named, TextField, Title } from "./widgets";

/** Everything that is to go when the list must not stay on the device; the queue stays. */
export const FORGET = {
  session: undefined,
  workplace: undefined,
  bundle: undefined,
  held: undefined,
  walkIns: undefined,
  lastChoice: undefined,
  sealedTube: undefined,
  handOver: undefined,
  lock: undefined,
} as const;

/** Workplaces shown at once; more are found by typing. */
const SHOWN_HOLDERS = 12;

/** The server's words for a failure, or ours. */
function why(failed: unknown, t: Translate, language: "zh" | "en"): string {
  if (failed instanceof ApiFailure) {
    if (failed.said !== undefined) return [failed.said.message, failed.said.next].map((text) => named(text, language)).join(" ");
    return failed.failure.kind === "no-network" ? t("sign-in.offline") : `HTTP ${failed.failure.status}`;
  }
  return String(failed);
}

/** The form. */
export function SignIn({ onBack }: { readonly onBack?: () => void }) {
  const { t, commit, signal } = useApp();
  const state = useFieldState();
  const settings = settingsOf(state);
  const [login, setLogin] = useState(state.session?.account ?? "");
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");
  const [needsCode, setNeedsCode] = useState(false);
  const [device, setDevice] = useState(settings.deviceName);
  const [problem, setProblem] = useState<string | null>(null);
  const [tried, setTried] = useState(false);
  const [busy, once] = useOnce();
  const queue = countQueue(state.entries, state.session?.account ?? login.trim());

  const submit = (event: Event) => {
    event.preventDefault();
    setTried(true);
    if (login.trim() === "" || password === "") return;
    once(async () => {
      setProblem(null);
      try {
        const { body, clockOffset } = await signIn({
          login: login.trim(),
          password,
          device: device.trim(),
          ...(code.trim() === "" ? {} : { code: code.trim() }),
        });
        const identity = state.device ?? (await newDevice());
        await commit((now) => {
          const other = now.session !== undefined && now.session.account !== body.me.user;
          return {
            keep: {
              // Another person's list is not this one's to see.
              ...(other ? FORGET : {}),
              session: { account: body.me.user, name: body.me.name, token: body.token },
              settings: { ...settingsOf(now), deviceName: device.trim() },
              device: identity,
              sync: afterSignIn(now.sync, clockOffset),
            },
          };
        });
        void navigator.storage?.persist?.();
        setPassword("");
        onBack?.();
      } catch (failed) {
        if (failed instanceof ApiFailure && failed.said?.code === "code-needed") setNeedsCode(true);
        setProblem(why(failed, t, settings.language));
        signal("bad");
      }
    });
  };
  const other = settings.language === "zh" ? "en" : "zh";
  return (
    <>
      <Title>{t("sign-in.title")}</Title>
      <p class="lead">{t("sign-in.lead")}</p>
      {!isSecureContext && <p class="warning" role="alert">{t("sign-in.insecure")}</p>}
      {queue.waiting > 0 && (
        <p class="note">
          {t("sign-in.queue", { n: queue.waiting })} {queue.others > 0 && login.trim() !== "" && t("sign-in.other", { n: queue.others })}
        </p>
      )}
      <form class="card stack" onSubmit={submit}>
        <TextField name="user" label={t("sign-in.login")} value={login} onInput={setLogin} autocomplete="username" error={tried && login.trim() === "" ? t("sign-in.no-login") : undefined} />
        <TextField
          name="password"
          label={t("sign-in.password")}
          value={password}
          onInput={setPassword}
          type="password"
          autocomplete="current-password"
          maxLength={200}
          error={tried && password === "" ? t("sign-in.no-password") : undefined}
        />
        {needsCode && (
          <TextField name="code" label={t("sign-in.totp")} value={code} onInput={setCode} autocomplete="one-time-code" maxLength={24} autofocus />
        )}
        <TextField name="device" label={t("sign-in.device")} value={device} onInput={setDevice} help={t("sign-in.device-help")} maxLength={40} />
        {problem !== null && <p class="warning" role="alert">{problem}</p>}
        <button type="submit" class="button primary big wide" disabled={busy}>
          {busy ? t("sign-in.working") : t("sign-in.go")}
        </button>
      </form>
      {onBack !== undefined && <button type="button" class="button wide" onClick={onBack}>{t("word.cancel")}</button>}
      <button
        type="button"
        class="button quiet wide"
        lang={other === "zh" ? "zh-CN" : "en"}
        onClick={() => void commit((now) => ({ keep: { settings: { ...settingsOf(now), language: other } } }))}
      >
        {other === "zh" ? "中文" : "English"}
      </button>
    </>
  );
}

/** Fetches the list and keeps it. */
export async function download(store: Store, workplace: HolderCode): Promise<State> {
  const { session, device } = store.state;
  if (session === undefined || session.token === null || device === undefined) throw new ApiFailure({ kind: "status", status: 401 });
  await registerDevice(session.token, workplace, device.id, device.publicKey);
  const asked = micros(Date.now());
  const { body, clockOffset } = await fetchBundle(session.token, workplace);
  return store.commit((now) => ({
    remove: outdated(now.entries, asked),
    keep: {
      workplace,
      bundle: body,
      held: { held: body.held, settledUpTo: asked },
      // Those whom the server has taken in meanwhile are on the list now.
      walkIns: (now.walkIns ?? []).filter(({ id }) => !body.persons.some((person) => person.id === id)),
      sync: { ...(now.sync ?? NEVER_SYNCED), ...(clockOffset === null ? {} : { clockOffset }) },
    },
  }));
}

/** The first download, right after signing in. */
export function Download() {
  const { t, store, say, commit } = useApp();
  const state = useFieldState();
  const [problem, setProblem] = useState<string | null>(null);
  const [choices, setChoices] = useState<readonly Holder[]>([]);
  const [search, setSearch] = useState("");
  const [busy, once] = useOnce();
  const start = (chosen?: HolderCode) =>
    once(async () => {
      setProblem(null);
      try {
        let workplace = chosen ?? store.state.workplace;
        if (workplace === undefined) {
          const { body } = await fetchHolders(store.state.session?.token ?? "");
          const [only, second] = body.holders;
          if (only === undefined) return setProblem(t("download.none"));
          if (second !== undefined) return setChoices(body.holders);
          workplace = only.code;
        }
        setChoices([]);
        const { bundle } = await download(store, workplace);
        if (bundle === undefined) return;
        const counts = { rounds: bundle.rounds.length, compounds: bundle.compounds.length, persons: bundle.persons.length };
        say(counts.persons === 0 ? t("download.ready") : t("download.done", counts), "good");
      } catch (failed) {
        setProblem(t("download.failed", { why: why(failed, t, settingsOf(state).language) }));
        if (failed instanceof ApiFailure && failed.failure.kind === "status" && failed.failure.status === 401) {
          await commit((now) => (now.session === undefined ? null : { keep: { session: { ...now.session, token: null } } }));
        }
      }
    });
  useEffect(() => start(), []);
  const { language } = settingsOf(state);
  const wanted = search.normalize("NFKC").trim().toLowerCase();
  const found = choices.filter(({ code, name }) => `${code} ${name.zh} ${name.en}`.toLowerCase().includes(wanted));
  return (
    <>
      <Title>{t("download.title")}</Title>
      {busy && <p role="status" class="lead">{t("download.working")}</p>}
      {choices.length > 0 && (
        <section aria-label={t("download.choose")}>
          <h2>{t("download.choose")}</h2>
          {choices.length > SHOWN_HOLDERS && <TextField label={t("download.search")} value={search} onInput={setSearch} />}
          <ul class="units">
            {found.slice(0, SHOWN_HOLDERS).map(({ code, name }) => (
              <li key={code}>
                <button type="button" class="unit" disabled={busy} onClick={() => start(code)}>
                  <strong>{named(name, language)}</strong>
                  <span class="small">{code}</span>
                </button>
              </li>
            ))}
          </ul>
        </section>
      )}
      {problem !== null && (
        <>
          <p class="warning" role="alert">{problem}</p>
          <button type="button" class="button primary wide" onClick={() => start()}>{t("download.again")}</button>
          <button type="button" class="button wide" onClick={() => void commit(() => ({ keep: FORGET }))}>{t("settings.sign-out")}</button>
        </>
      )}
    </>
  );
}

/** Choosing the number. */
export function SetNumber({ onDone }: { readonly onDone?: () => void }) {
  const { t, commit } = useApp();
  const [number, setNumber] = useState("");
  const [again, setAgain] = useState("");
  const [problem, setProblem] = useState<"lock.set-form" | "lock.set-differ" | null>(null);
  const [busy, once] = useOnce();
  const submit = (event: Event) => {
    event.preventDefault();
    if (!/^\d{4,8}$/.test(number)) return setProblem("lock.set-form");
    if (number !== again) return setProblem("lock.set-differ");
    once(async () => {
      const lock = await newLock(number);
      if (!(await commit(() => ({ keep: { lock } })))) return;
      onDone?.();
      go("home");
    });
  };
  return (
    <>
      <Title>{t("lock.set-title")}</Title>
      <p class="lead">{t("lock.set-lead")}</p>
      <form class="card stack" onSubmit={submit} noValidate>
        <TextField name="number" label={t("lock.set-number")} value={number} onInput={setNumber} type="password" inputMode="numeric" maxLength={8} autocomplete="new-password" />
        <TextField
          name="again"
          label={t("lock.set-again")}
          value={again}
          onInput={setAgain}
          type="password"
          inputMode="numeric"
          maxLength={8}
          autocomplete="new-password"
          error={problem === null ? undefined : t(problem)}
        />
        <button type="submit" class="button primary big wide" disabled={busy}>{t("lock.set-go")}</button>
      </form>
    </>
  );
}

/** The locked app. */
export function Locked({ onOpen }: { readonly onOpen: () => void }) {
  const { t, store, commit, say } = useApp();
  const { lock } = useFieldState();
  const [number, setNumber] = useState("");
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, once] = useOnce();
  if (lock === undefined) return null;
  const submit = (event: Event) => {
    event.preventDefault();
    once(async () => {
      if (await opens(lock, number)) {
        await commit((now) => (now.lock === undefined || now.lock.wrong === 0 ? null : { keep: { lock: { ...now.lock, wrong: 0 } } }));
        onOpen();
        return;
      }
      setNumber("");
      await commit((now) => {
        if (now.lock === undefined) return null;
        const wrong = now.lock.wrong + 1;
        return wrong >= WRONG_LIMIT ? { keep: FORGET } : { keep: { lock: { ...now.lock, wrong } } };
      });
      const left = WRONG_LIMIT - (store.state.lock?.wrong ?? WRONG_LIMIT);
      const text = left > 0 ? t("lock.wrong", { n: left }) : t("lock.wiped");
      setProblem(text);
      say(text, "bad");
    });
  };
  return (
    <>
      <Title>{t("lock.title")}</Title>
      <p class="lead">{t("lock.lead")}</p>
      <form class="card stack" onSubmit={submit}>
        <TextField
          name="number"
          label={t("lock.number")}
          value={number}
          onInput={setNumber}
          type="password"
          inputMode="numeric"
          maxLength={8}
          autocomplete="off"
          autofocus
          error={problem ?? undefined}
        />
        <button type="submit" class="button primary big wide" disabled={busy || number === ""}>{t("lock.open")}</button>
      </form>
      <button type="button" class="button quiet wide" onClick={() => void commit(() => ({ keep: FORGET }))}>{t("lock.forgotten")}</button>
    </>
  );
}
