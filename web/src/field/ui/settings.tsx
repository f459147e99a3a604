// Language, scanning, the list, backups, and leaving.

import { useEffect, useRef, useState } from "preact/hooks";
import type { HolderCode } from "../core/wire";
import { countQueue } from "../core/queue";
import { isBusy, type Language, type Screen, type Settings } from "../core/state";
import { BackupError, exportBackup, type Import, planImport, type Backup, readBackup } from "../data/backup";
import { signOut } from "../data/api";
import { settingsOf, useApp, useFieldState, useOnce } from "./app";
import { Ask } from "./dialog";
import { download, FORGET, SetNumber } from "./signin";
import { Choice, TextField, Title, useShow } from "./widgets";

const SCREENS: readonly Screen[] = ["phone", "light", "dark"];

/** The screen. */
export function SettingsScreen() {
  const { t, commit, say, lock } = useApp();
  const state = useFieldState();
  const settings = settingsOf(state);
  const [name, setName] = useState(settings.deviceName);
  const [changing, setChanging] = useState(false);
  const change = (some: Partial<Settings>) => commit((now) => ({ keep: { settings: { ...settingsOf(now), ...some } } }));
  const toggle = (key: "camera" | "sound" | "vibration") => (
    <label class="option tick-line">
      <input type="checkbox" checked={settings[key]} onChange={() => void change({ [key]: !settings[key] })} />
      <span>{t(`settings.${key}`)}</span>
    </label>
  );
  if (changing) return <SetNumber onDone={() => setChanging(false)} />;
  return (
    <>
      <Title>{t("settings.title")}</Title>
      <section class="card stack">
        <Choice
          legend={t("settings.language")}
          name="language"
          value={settings.language}
          options={[
            { value: "zh", label: "中文" },
            { value: "en", label: "English" },
          ]}
          onChange={(language: Language) => void change({ language })}
        />
        <Choice
          legend={t("settings.screen")}
          name="screen"
          value={settings.screen ?? "phone"}
          options={SCREENS.map((value) => ({ value, label: t(`settings.screen-${value}`) }))}
          onChange={(screen: Screen) => void change({ screen })}
        />
        <form
          class="stack"
          onSubmit={(event) => {
            event.preventDefault();
            void change({ deviceName: name.trim() }).then((done) => done && say(t("settings.saved"), "good"));
          }}
        >
          <TextField label={t("settings.device")} value={name} onInput={setName} maxLength={40} />
          <button type="submit" class="button" disabled={name.trim() === settings.deviceName}>{t("settings.save")}</button>
        </form>
        <fieldset class="choice">
          <legend>{t("settings.scanning")}</legend>
          {toggle("camera")}
          {toggle("sound")}
          {toggle("vibration")}
        </fieldset>
      </section>
      <List />
      <BackupPart />
      <section class="card stack">
        <h2>{t("settings.security")}</h2>
        <button type="button" class="button wide" onClick={lock}>{t("settings.lock")}</button>
        <button type="button" class="button wide" onClick={() => setChanging(true)}>{t("settings.change-number")}</button>
        <SignOut />
      </section>
      <About />
    </>
  );
}

function List() {
  const { t, store, say, commit } = useApp();
  const state = useFieldState();
  const { bundle } = state;
  const show = useShow();
  const [busy, once] = useOnce();
  const [problem, setProblem] = useState(false);
  const again = () =>
    once(async () => {
      try {
        setProblem(false);
        const { bundle: fresh } = await download(store, bundle?.holder.code ?? ("" as HolderCode));
        if (fresh !== undefined) {
          const counts = { rounds: fresh.rounds.length, compounds: fresh.compounds.length, persons: fresh.persons.length };
          say(counts.persons === 0 ? t("download.ready") : t("download.done", counts), "good");
        }
      } catch {
        setProblem(true);
      }
    });
  return (
    <section class="card stack">
      <h2>{t("settings.list")}</h2>
      {bundle !== undefined && (
        <p>{t("settings.list-is", { time: show.time(bundle.server_time), compounds: bundle.compounds.length, persons: bundle.persons.length })}</p>
      )}
      {problem && <p class="warning" role="alert">{t("download.failed", { why: t("sync.problem.no-network") })}</p>}
      <button type="button" class="button wide" disabled={busy} onClick={again}>{busy ? t("download.working") : t("settings.download")}</button>
      {!isBusy(state) && (
        <button type="button" class="button quiet wide" onClick={() => void commit(() => ({ keep: { workplace: undefined, bundle: undefined } }))}>
          {t("settings.workplace")}
        </button>
      )}
    </section>
  );
}

function BackupPart() {
  const { t, store, commit, say, now, syncSoon } = useApp();
  const state = useFieldState();
  const show = useShow();
  const file = useRef<HTMLInputElement>(null);
  const [found, setFound] = useState<{ readonly backup: Backup; readonly plan: Import } | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const count = state.entries.filter(({ state: stands }) => stands !== "accepted").length;

  const save = async () => {
    const text = await exportBackup(store.state, now());
    const name = `songhua-${state.device?.id ?? "field"}-${show.time(now()).replace(/\D/g, "")}.json`;
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
    say(t("settings.exported", { file: name }), "good");
  };
  const read = async () => {
    const chosen = file.current?.files?.[0];
    if (chosen === undefined) return;
    try {
      setProblem(null);
      const backup = await readBackup(await chosen.text());
      setFound({ backup, plan: planImport(store.state, backup) });
    } catch (failed) {
      const code = failed instanceof BackupError ? failed.code : "not-a-backup";
      setProblem(t(`settings.${code}`));
    } finally {
      if (file.current !== null) file.current.value = "";
    }
  };
  const bring = async () => {
    if (found === null) return;
    setFound(null);
    // Planned anew on the latest state: scanning may have gone on in another window.
    const done = await commit((latest) => planImport(latest, found.backup).change);
    if (!done) return;
    say(t("settings.imported", { n: found.plan.added }), "good");
    if (found.plan.leftOut.length > 0) {
      setProblem(t("settings.import-left", { what: found.plan.leftOut.map((name) => t(`draft.${name}`)).join("、") }));
    }
    syncSoon();
  };
  return (
    <section class="card stack">
      <h2>{t("settings.backup")}</h2>
      <p class="small">{t("settings.backup-lead")}</p>
      <button type="button" class="button wide" onClick={() => void save()}>{t("settings.export", { n: count })}</button>
      <label class="button wide file">
        {t("settings.import")}
        <input ref={file} class="visually-hidden" type="file" accept="application/json,.json" onChange={() => void read()} />
      </label>
      {problem !== null && <p class="warning" role="alert">{problem}</p>}
      {found !== null && (
        <Ask title={t("settings.import-title")} yes={t("settings.import-go")} onYes={() => void bring()} onNo={() => setFound(null)}>
          <p>
            {t("settings.import-lead", {
              device: found.backup.device,
              account: found.backup.account,
              time: show.time(found.backup.exported_at),
              added: found.plan.added,
              known: found.plan.known,
            })}
          </p>
        </Ask>
      )}
    </section>
  );
}

function SignOut() {
  const { t, commit } = useApp();
  const state = useFieldState();
  const [asking, setAsking] = useState(false);
  const { waiting } = countQueue(state.entries, state.session?.account);
  const busy = isBusy(state);
  return (
    <>
      <button type="button" class="button danger wide" disabled={busy} onClick={() => setAsking(true)}>{t("settings.sign-out")}</button>
      {busy && <p class="small">{t("settings.sign-out-busy")}</p>}
      {asking && (
        <Ask
          title={t("settings.sign-out-title")}
          yes={t("settings.sign-out")}
          danger
          onYes={() => {
            const token = state.session?.token;
            // Without a network the token ends by itself, some days later.
            if (token != null) void signOut(token).catch(() => undefined);
            void commit(() => ({ keep: FORGET }));
          }}
          onNo={() => setAsking(false)}
        >
          <p>{t("settings.sign-out-lead")}</p>
          {waiting > 0 && <p class="warning">{t("settings.sign-out-queue", { n: waiting })}</p>}
        </Ask>
      )}
    </>
  );
}

function About() {
  const { t } = useApp();
  const state = useFieldState();
  const [kept, setKept] = useState(false);
  useEffect(() => {
    void navigator.storage?.persisted?.().then(setKept, () => undefined);
  }, []);
  return (
    <section class="card">
      <h2>{t("settings.about")}</h2>
      <p class="small">
        {t("settings.version", { version: __BUILD_OF_PAGE__() })}
        <br />
        {t("settings.device-id", { id: state.device?.id ?? "" })}
        <br />
        {kept ? t("settings.storage-kept") : t("settings.storage-loose")}
      </p>
    </section>
  );
}

/** The page does not know its own build; the service worker that serves it does. */
function __BUILD_OF_PAGE__(): string {
  return document.documentElement.dataset.build ?? "–";
}
