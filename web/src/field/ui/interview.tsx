// Interviews at the door: the investigations that are open where this device works, and the form. What is typed is
// kept on the device at once; it is sent when there is a network, and what the server refuses stands at the interview.

import { useEffect, useRef, useState } from "preact/hooks";
import { keepInterview, tellInterview } from "../core/actions";
import { directoryOf } from "../core/directory";
import {
  type DraftFault, draftOf, type InterviewDraft, interviewOf, isBlank, NO_INTERVIEW, NO_STAY, QUESTIONS, SETTINGS,
  type StayDraft, toldOf,
} from "../core/interview";
import { acknowledge } from "../core/queue";
import type { Investigation, Question } from "../core/wire";
import { useApp, useFieldState } from "./app";
import { Said } from "./queue";
import { Select, TextField, Title, useShow } from "./widgets";

/** What is typed is written to the disk after so many milliseconds without a key. */
const SETTLED_MS = 300;
/** Stays that one interview has room for; more go into another. */
const STAYS = 20;
/** What is asked in a line; the rest may take several. */
const SHORT: readonly Question[] = ["occupation", "workplace"];

/** The screen. */
export function InterviewScreen() {
  const { t } = useApp();
  const state = useFieldState();
  const [chosen, choose] = useState<string | null>(null);
  const open = state.bundle?.investigations ?? [];
  const of = open.find(({ id }) => id === chosen);
  if (of !== undefined) return <InterviewForm key={of.id} of={of} onBack={() => choose(null)} />;
  return (
    <>
      <Title>{t("interview.title")}</Title>
      <p class="lead">{t("interview.lead")}</p>
      {open.length === 0 ? <p class="empty">{t("interview.none")}</p> : (
        <ul class="door-list">
          {open.map((each) => <Line key={each.id} of={each} onOpen={() => choose(each.id)} />)}
        </ul>
      )}
    </>
  );
}

/** Who it is, as far as this device's list says. */
function useWho(of: Investigation): string {
  const person = directoryOf(useFieldState()).person(of.person);
  return person === undefined ? "" : `${person.name} ${person.last4}`;
}

function Line({ of, onOpen }: { readonly of: Investigation; readonly onOpen: () => void }) {
  const { t } = useApp();
  const state = useFieldState();
  const show = useShow();
  const who = useWho(of);
  const told = toldOf(state.entries, of.id);
  const refused = told.filter((entry) => entry.state === "refused").length;
  const waiting = told.filter((entry) => entry.state === "waiting" || entry.state === "unrecorded").length;
  const begun = state.interviews?.[of.id] !== undefined;
  return (
    <li class="card stack">
      <p><strong>{of.number}</strong> {who} <span class="small">{of.place}</span></p>
      <p class="small">
        {of.core_done ? t("interview.core-done") : of.core_due === undefined ? "" : t("interview.core-due", { time: show.time(of.core_due) })}
        {begun && ` · ${t("interview.begun")}`}
        {waiting > 0 && ` · ${t("interview.waiting", { n: waiting })}`}
      </p>
      {refused > 0 && <p class="warning">{t("interview.refused", { n: refused })}</p>}
      <button type="button" class="button wide" onClick={onOpen}>{t("interview.open")}</button>
    </li>
  );
}

function InterviewForm({ of, onBack }: { readonly of: Investigation; readonly onBack: () => void }) {
  const { t, commit, stamp, say, syncSoon } = useApp();
  const state = useFieldState();
  const who = useWho(of);
  const zone = state.bundle?.time_zone ?? "Asia/Shanghai";
  const [draft, setDraft] = useState<InterviewDraft>(state.interviews?.[of.id] ?? NO_INTERVIEW);
  const [faults, setFaults] = useState<readonly DraftFault[]>([]);
  const latest = useRef(draft);
  latest.current = draft;
  const kept = useRef(draft);
  const keep = () => {
    if (kept.current === latest.current) return;
    kept.current = latest.current;
    const now = latest.current;
    void commit((before) => keepInterview(before, of.id, isBlank(now) ? undefined : now));
  };
  useEffect(() => {
    const timer = setTimeout(keep, SETTLED_MS);
    return () => clearTimeout(timer);
  }, [draft]);
  // Leaving the screen, or the app, does not wait.
  useEffect(() => {
    addEventListener("pagehide", keep);
    document.addEventListener("visibilitychange", keep);
    return () => {
      removeEventListener("pagehide", keep);
      document.removeEventListener("visibilitychange", keep);
      keep();
    };
  }, []);
  const answer = (question: Question, text: string) => setDraft((now) => ({ ...now, core: { ...now.core, [question]: text } }));
  const change = (at: number, part: Partial<StayDraft>) =>
    setDraft((now) => ({ ...now, stays: now.stays.map((stay, n) => (n === at ? { ...stay, ...part } : stay)) }));
  const send = async () => {
    const made = interviewOf(of.id, draft, zone);
    if (!("investigation" in made)) {
      setFaults(made);
      say(t("interview.faults"), "bad");
      return;
    }
    setFaults([]);
    // The draft goes in the same change that writes the command.
    const empty = { ...NO_INTERVIEW };
    kept.current = empty;
    if (!(await commit((now) => tellInterview(now, made, stamp())))) {
      kept.current = NO_INTERVIEW;
      return;
    }
    latest.current = empty;
    setDraft(empty);
    say(t("interview.saved"), "good");
    syncSoon();
  };
  return (
    <>
      <Title>{t("interview.of", { number: of.number })}</Title>
      <p class="lead">{who} {of.place}</p>
      <Refused of={of} onMend={(mended) => setDraft(mended)} />
      <section class="card stack">
        <h2>{t("interview.core")}</h2>
        {QUESTIONS.map((question) => SHORT.includes(question) ? (
          <TextField
            key={question}
            label={t(`question.${question}`)}
            name={question}
            value={draft.core[question] ?? ""}
            onInput={(text) => answer(question, text)}
          />
        ) : (
          <label key={question} class="field">
            <span>{t(`question.${question}`)}</span>
            <textarea name={question} rows={2} maxLength={1000} value={draft.core[question] ?? ""} onInput={(event) => answer(question, event.currentTarget.value)} />
          </label>
        ))}
      </section>
      {draft.stays.map((stay, at) => (
        <StayFields key={at} n={at + 1} stay={stay} fault={faults.find((fault) => fault.stay === at + 1)} onChange={(part) => change(at, part)} />
      ))}
      {draft.stays.length < STAYS && (
        <button type="button" class="button quiet wide" onClick={() => setDraft((now) => ({ ...now, stays: [...now.stays, NO_STAY] }))}>
          {t("interview.more-stays")}
        </button>
      )}
      <section class="card stack">
        <label class="option">
          <input type="checkbox" checked={draft.complete} onChange={(event) => setDraft((now) => ({ ...now, complete: event.currentTarget.checked }))} />
          {t("interview.complete")}
        </label>
        <button type="button" class="button primary wide" disabled={isBlank(draft)} onClick={() => void send()}>{t("interview.send")}</button>
        <button type="button" class="button wide" onClick={onBack}>{t("interview.back")}</button>
      </section>
    </>
  );
}

function StayFields(props: {
  readonly n: number;
  readonly stay: StayDraft;
  readonly fault: DraftFault | undefined;
  readonly onChange: (part: Partial<StayDraft>) => void;
}) {
  const { t } = useApp();
  const { n, stay, fault, onChange } = props;
  const time = (name: "from" | "until") => (
    <label class="field">
      <span>{t(`interview.${name}`)}</span>
      <input type="datetime-local" name={`${name}${n}`} value={stay[name]} aria-invalid={fault !== undefined} onInput={(event) => onChange({ [name]: event.currentTarget.value })} />
    </label>
  );
  return (
    <fieldset class="card stack visit">
      <legend>{t("interview.stay", { n })}</legend>
      {fault !== undefined && <p class="error" role="alert">{t(`interview.fault-${fault.why}`)}</p>}
      {time("from")}
      {time("until")}
      <TextField label={t("interview.name")} name={`name${n}`} value={stay.name} onInput={(name) => onChange({ name })} />
      <TextField label={t("interview.place")} name={`place${n}`} value={stay.place} onInput={(place) => onChange({ place })} />
      <Select
        label={t("interview.setting")}
        value={stay.setting}
        options={SETTINGS.map((value) => ({ value, label: t(`setting.${value}`) }))}
        onChange={(setting) => onChange({ setting: setting as StayDraft["setting"] })}
      />
      <TextField label={t("interview.note")} name={`note${n}`} value={stay.note} onInput={(note) => onChange({ note })} />
    </fieldset>
  );
}

/** What the server has refused of this interview: why, and a way to mend it. */
function Refused({ of, onMend }: { readonly of: Investigation; readonly onMend: (draft: InterviewDraft) => void }) {
  const { t, commit } = useApp();
  const state = useFieldState();
  const show = useShow();
  const zone = state.bundle?.time_zone ?? "Asia/Shanghai";
  const refused = toldOf(state.entries, of.id).filter((entry) => entry.state === "refused");
  return (
    <>
      {refused.map((entry) => (
        <section key={entry.seq} class="entry refused" aria-label={t("interview.was-refused")}>
          <p class="entry-what">{t("interview.was-refused")} · {show.time(entry.madeAt)}</p>
          {entry.refusal !== undefined && <Said refusal={entry.refusal} />}
          <button
            type="button"
            class="button wide"
            onClick={() => {
              if ("tracing" in entry.command) onMend(draftOf(entry.command.tracing.interview, zone));
              void commit((now) => ({ put: now.entries.filter(({ seq }) => seq === entry.seq).map(acknowledge) }));
            }}
          >
            {t("interview.mend")}
          </button>
        </section>
      ))}
    </>
  );
}
