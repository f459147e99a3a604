// What am I holding, what is not synced, what is next.

import { useEffect, useState } from "preact/hooks";
import { markTube, pictureOf } from "../core/actions";
import { clockIsWrong } from "../core/clock";
import { inHand } from "../core/holdings";
import type { State } from "../core/state";
import { kindOf, spaced, type UnitCode } from "../core/unit";
import type { Fault, HolderCode, Round } from "../core/wire";
import { useApp, useFieldState, useNow, useOnce } from "./app";
import { Dialog } from "./dialog";
import { Icon, type IconName } from "./icons";
import { SyncProblem } from "./status";
import type { TextKey } from "./texts";
import { Choice, HoldingLine, span, TextField, Title, useShow } from "./widgets";

type Task = "collect" | "box" | "hand" | "receive" | "plate" | "result" | "doors" | "sweep" | "interview" | "medicine" | "delivery" | "paper";

/** What each kind of holder does, most frequent first. */
const TASKS: Readonly<Record<string, readonly Task[]>> = {
  site: ["collect", "box", "hand", "paper", "doors"],
  courier: ["hand", "receive"],
  lab: ["receive", "plate", "result", "hand"],
  grid: ["doors", "sweep", "interview", "medicine", "paper"],
  vehicle: ["delivery"],
  volunteer: ["delivery"],
};
const EVERY: readonly Task[] = ["collect", "box", "hand", "receive", "doors", "sweep", "interview", "paper"];
/** A list older than this says too little about who has been sampled. Twelve hours. */
const STALE = 12 * 3_600_000_000;
/** An offset beyond this is no wrong clock but an exercise at another time. Ten days. */
const DRILL = 10 * 86_400_000_000;

/** The screen. */
export function Home() {
  const { t } = useApp();
  const state = useFieldState();
  const show = useShow();
  const { bundle } = state;
  if (bundle === undefined) return null;
  const tasks = TASKS[kindOfHolder(bundle.holder.code)] ?? EVERY;
  const held = inHand(pictureOf(state));
  return (
    <>
      <Title>{show.name(bundle.holder.name)}</Title>
      {bundle.rounds.length === 0 ? <p class="empty">{t("home.no-round")}</p> : bundle.rounds.map((round) => <RoundLine key={round.id} round={round} />)}
      <Warnings state={state} />
      <Unfinished state={state} />
      <nav class="tasks" aria-label={t("home.title")}>
        {tasks.map((task, at) => (
          <a key={task} class={at === 0 ? "task first" : "task"} href={`#/${task}`}>
            <Icon name={task satisfies IconName} />
            <span class="task-name">{t(`task.${task}`)}</span>
            <span class="task-help">{t(`task.${task}-help`)}</span>
          </a>
        ))}
      </nav>
      <Today state={state} />
      <section aria-label={t("home.in-hand")}>
        <h2>{t("home.in-hand")} · {held.length}</h2>
        {held.length === 0 ? <p class="empty">{t("home.nothing")}</p> : (
          <ul class="units">
            {held.slice(0, 3).map((holding) => <li key={holding.unit} class="unit"><HoldingLine holding={holding} /></li>)}
          </ul>
        )}
        {held.length > 3 && <a class="button quiet wide" href="#/held">{t("queue.more", { n: held.length - 3 })}</a>}
      </section>
      <SyncProblem />
      <StorageNote />
    </>
  );
}

/** Browsers may clear what a page keeps, unless they have promised not to. */
function StorageNote() {
  const { t } = useApp();
  const [kept, setKept] = useState(true);
  useEffect(() => {
    void navigator.storage?.persisted?.().then(setKept, () => undefined);
  }, []);
  return kept ? null : <p class="note small">{t("home.storage")}</p>;
}

function kindOfHolder(holder: HolderCode): string {
  return holder.slice(0, holder.indexOf(":"));
}

function RoundLine({ round }: { readonly round: Round }) {
  const { t } = useApp();
  const show = useShow();
  const now = useNow();
  const left = round.ends_at - now;
  return (
    <p class="round">
      <strong>{show.name(round.name)} · {t("home.round", { n: round.number })}</strong>
      <br />
      {t("home.ends", { time: show.time(round.ends_at) })}
      <br />
      <span class={left < 0 ? "late" : "due"}>
        {left < 0 ? t("home.over", { span: span(t, left) }) : t("home.left", { span: span(t, left) })}
      </span>
    </p>
  );
}

function Warnings({ state }: { readonly state: State }) {
  const { t } = useApp();
  const show = useShow();
  const now = useNow();
  const offset = state.sync?.clockOffset ?? 0;
  const downloaded = state.bundle?.server_time ?? now;
  return (
    <>
      {Math.abs(offset) > DRILL && <p class="note">{t("home.drill", { time: show.time(now) })}</p>}
      {Math.abs(offset) <= DRILL && clockIsWrong(offset) && <p class="warning">{t("home.clock", { span: span(t, offset) })}</p>}
      {(state.bundle?.left_out?.length ?? 0) > 0 && <p class="warning">{t("home.left-out", { n: state.bundle?.left_out?.length ?? 0 })}</p>}
      {now - downloaded > STALE && <p class="warning">{t("home.stale", { time: show.time(downloaded) })}</p>}
    </>
  );
}

/** Work that was interrupted, for example by a dead battery: first of all, go on. */
function Unfinished({ state }: { readonly state: State }) {
  const { t } = useApp();
  const { tube, box, receipt, plate } = state;
  const lines: { readonly screen: string; readonly text: string }[] = [];
  if (tube !== undefined) lines.push({ screen: "collect", text: t("home.open-tube", { code: spaced(tube.tube), n: tube.members.length, size: tube.size }) });
  if (box !== undefined) lines.push({ screen: "box", text: t("home.open-box", { code: spaced(box.box), n: box.tubes.length }) });
  if (receipt !== undefined) lines.push({ screen: "receive", text: t("home.open-receipt", { code: spaced(receipt.box) }) });
  if (plate !== undefined) lines.push({ screen: "plate", text: t("home.open-plate", { code: plate.plate, n: plate.wells.length }) });
  return (
    <>
      {lines.map(({ screen, text }) => (
        <a key={screen} class="unfinished" href={`#/${screen}`}>
          <span>{text}</span>
          <strong>{t("home.continue")} →</strong>
        </a>
      ))}
    </>
  );
}

function Today({ state }: { readonly state: State }) {
  const { t } = useApp();
  const show = useShow();
  const now = useNow();
  const today = show.time(now).slice(0, 10);
  const tubes = [...pictureOf(state).tubes.values()].filter(({ sealedAt }) => show.time(sealedAt).startsWith(today));
  if (tubes.length === 0) return null;
  const persons = tubes.reduce((sum, tube) => sum + tube.persons.length, 0);
  return (
    <section aria-label={t("home.today")}>
      <h2>{t("home.today")}</h2>
      <dl class="figures">
        <div><dt>{t("home.sealed")}</dt><dd>{tubes.length}</dd></div>
        <div><dt>{t("home.swabbed")}</dt><dd>{persons}</dd></div>
      </dl>
    </section>
  );
}

/** All that is in hand, and what to do when something is wrong with it. */
export function InHand() {
  const { t } = useApp();
  const state = useFieldState();
  const [marking, setMarking] = useState<UnitCode | null>(null);
  const held = inHand(pictureOf(state));
  return (
    <>
      <Title>{t("held.title")} · {held.length}</Title>
      {held.length === 0 ? <p class="empty">{t("held.empty")}</p> : (
        <ul class="units">
          {held.map((holding) => (
            <li key={holding.unit} class="unit">
              <HoldingLine holding={holding} />
              {kindOf(holding.unit) === "T" && (
                <button type="button" class="button quiet small" onClick={() => setMarking(holding.unit)}>{t("held.mark")}</button>
              )}
            </li>
          ))}
        </ul>
      )}
      {marking !== null && <Mark tube={marking} onClose={() => setMarking(null)} />}
    </>
  );
}

const FAULTS: readonly { readonly value: Fault; readonly label: TextKey }[] = [
  { value: "leaked", label: "mark.leaked" },
  { value: "lost", label: "mark.lost" },
  { value: "invalid", label: "mark.invalid" },
];

function Mark({ tube, onClose }: { readonly tube: UnitCode; readonly onClose: () => void }) {
  const { t, commit, stamp, say, syncSoon } = useApp();
  const [fault, setFault] = useState<Fault>("leaked");
  const [note, setNote] = useState("");
  const [busy, once] = useOnce();
  const save = (event: Event) => {
    event.preventDefault();
    once(async () => {
      if (!(await commit((now) => markTube(now, tube, fault, note.trim(), stamp())))) return;
      say(t("mark.done", { code: spaced(tube) }), "good");
      syncSoon();
      onClose();
    });
  };
  return (
    <Dialog title={t("mark.title", { code: spaced(tube) })} onClose={onClose}>
      <form class="stack" onSubmit={save}>
        <p>{t("mark.lead")}</p>
        <Choice
          legend={t("mark.title", { code: "" })}
          name="fault"
          value={fault}
          options={FAULTS.map(({ value, label }) => ({ value, label: t(label) }))}
          onChange={setFault}
        />
        <TextField label={t("mark.note")} value={note} onInput={setNote} maxLength={200} />
        <div class="buttons">
          <button type="submit" class="button danger" disabled={busy}>{t("mark.go")}</button>
          <button type="button" class="button" onClick={onClose}>{t("word.cancel")}</button>
        </div>
      </form>
    </Dialog>
  );
}
