// Filling tubes: choose how, scan the tube, scan the persons, seal, next.

import { useState } from "preact/hooks";
import { pictureOf, sealTube } from "../core/actions";
import { directoryOf } from "../core/directory";
import type { PersonId } from "../core/person";
import { readScan } from "../core/scan";
import type { LastChoice, State } from "../core/state";
import { addPerson, type Added, type Doubt, MODES, type OpenTube, poolsMoreThan, proposedMode, undoLast } from "../core/tube";
import { foreignUnit, spaced, type UnitCode } from "../core/unit";
import type { Mode, Person, Round, Zone } from "../core/wire";
import { useApp, useFieldState, useOnce } from "./app";
import { Ask, Dialog } from "./dialog";
import { PickFromList, PickHousehold } from "./pick";
import { type Feedback, Scanner } from "./scanner";
import { SealedSummary } from "./sealed";
import { Choice, Code, Select, Title, useShow } from "./widgets";
import { WalkInForm } from "./walkin";

const ZONES: readonly Zone[] = ["quarantine", "locked", "controlled", "other"];

/** The screen. */
export function Collect() {
  const { t } = useApp();
  const state = useFieldState();
  return (
    <>
      <Title>{t("collect.title")}</Title>
      {state.tube !== undefined ? <Filling tube={state.tube} /> : <Begin state={state} />}
    </>
  );
}

function choiceOf(state: State, rounds: readonly Round[]): LastChoice | undefined {
  const [first] = rounds;
  if (first === undefined) return undefined;
  const last = state.lastChoice;
  if (last !== undefined && rounds.some(({ id }) => id === last.round)) return last;
  const compound = state.bundle?.compounds[0];
  const zone = compound?.zone ?? "other";
  return {
    round: first.id,
    ...(compound === undefined ? {} : { compound: compound.code }),
    zone,
    mode: proposedMode(first, zone).mode,
  };
}

function Begin({ state }: { readonly state: State }) {
  const { t, store, commit, stamp } = useApp();
  const show = useShow();
  const [foreign, setForeign] = useState<string | null>(null);
  const { bundle } = state;
  const choice = choiceOf(state, bundle?.rounds ?? []);
  const round = bundle?.rounds.find(({ id }) => id === choice?.round);
  if (bundle === undefined || choice === undefined || round === undefined) return <p class="empty">{t("home.no-round")}</p>;

  const choose = (change: Partial<LastChoice>) => void commit(() => ({ keep: { lastChoice: { ...choice, ...change } } }));
  const place = (code: string) => {
    const zone = bundle.compounds.find((compound) => compound.code === code)?.zone ?? choice.zone;
    const { compound: _left, ...rest } = choice;
    const next = { ...rest, zone, mode: proposedMode(round, zone).mode, ...(code === "" ? {} : { compound: code }) };
    void commit(() => ({ keep: { lastChoice: next } }));
  };

  const begin = async (tube: UnitCode, barcode?: string): Promise<Feedback> => {
    const used = pictureOf(store.state).tubes.get(tube);
    if (used !== undefined) {
      const text = t("collect.tube-used", { time: show.clock(used.sealedAt), n: used.persons.length });
      return { tone: "bad", text };
    }
    const open: OpenTube = {
      tube,
      ...(barcode === undefined ? {} : { barcode }),
      round: round.id,
      site: bundle.holder.code,
      community: bundle.community ?? "",
      mode: choice.mode,
      size: round.sizes[choice.mode],
      zone: choice.zone,
      startedAt: stamp().now,
      members: [],
    };
    const done = await commit((now) =>
      now.tube === undefined ? { keep: { tube: open, sealedTube: undefined, lastChoice: choice } } : null,
    );
    return done ? { tone: "good", text: t("collect.started", { code: spaced(tube) }) } : null;
  };
  const scan = (text: string): Feedback | Promise<Feedback> => {
    const read = readScan(text);
    if (read.is === "empty") return { tone: "bad", text: t("scan.empty") };
    if (read.is === "tube") return begin(read.unit);
    if (read.is === "foreign" || (read.is === "mistyped" && read.nearly === "person")) {
      setForeign(read.text);
      return { tone: "ask", text: t("collect.foreign-title") };
    }
    if (read.is === "mistyped") return { tone: "bad", text: t("scan.mistyped", { text: read.text }) };
    return { tone: "bad", text: `${t(`scan.is-${read.is}`)}${t("scan.not-tube")}` };
  };

  const proposed = proposedMode(round, choice.zone);
  return (
    <>
      {state.sealedTube !== undefined && <SealedSummary sealed={state.sealedTube} />}
      <Scanner label={t("collect.scan-tube")} onScan={scan} paused={foreign !== null} />
      {foreign !== null && (
        <Ask
          title={t("collect.foreign-title")}
          yes={t("collect.foreign-yes")}
          onYes={() => {
            const barcode = foreign;
            setForeign(null);
            void foreignUnit("T", barcode).then((tube) => begin(tube, barcode));
          }}
          onNo={() => setForeign(null)}
        >
          <p>{t("collect.foreign", { text: foreign })}</p>
        </Ask>
      )}
      <section class="card stack" aria-label={t("collect.new")}>
        {bundle.rounds.length > 1 && (
          <Select
            label={t("collect.round")}
            value={round.id}
            options={bundle.rounds.map(({ id, name, number }) => ({ value: id, label: `${show.name(name)} · ${t("home.round", { n: number })}` }))}
            onChange={(value) => {
              const other = bundle.rounds.find(({ id }) => id === value);
              if (other !== undefined) choose({ round: other.id, mode: proposedMode(other, choice.zone).mode });
            }}
          />
        )}
        <Select
          label={t("collect.compound")}
          value={choice.compound ?? ""}
          options={[
            ...bundle.compounds.map(({ code, name }) => ({ value: code, label: show.name(name) })),
            { value: "", label: t("collect.elsewhere") },
          ]}
          onChange={place}
        />
        <Select
          label={t("collect.zone")}
          value={choice.zone}
          options={ZONES.map((zone) => ({ value: zone, label: t(`zone.${zone}`) }))}
          onChange={(value) => choose({ zone: value as Zone, mode: proposedMode(round, value as Zone).mode })}
        />
        <Choice
          legend={t("collect.mode")}
          name="mode"
          value={choice.mode}
          options={MODES.map((mode) => ({ value: mode, label: t(`mode.${mode}`) }))}
          onChange={(mode: Mode) => choose({ mode })}
        />
        <p class="reason">
          <strong>{t("collect.proposed", { mode: t(`mode.${proposed.mode}`) })}</strong> {show.name(proposed.reason)}{" "}
          <span class="rule">{proposed.rule}</span>
        </p>
        {poolsMoreThan(choice.mode, proposed.mode) && <p class="warning">{t("collect.more-than-proposed")}</p>}
      </section>
    </>
  );
}

type Sheet = "list" | "walk-in" | "seal" | "spoil" | { readonly household: string };
interface Question {
  readonly person: PersonId;
  readonly doubts: readonly Doubt[];
}

function Filling({ tube }: { readonly tube: OpenTube }) {
  const { t, store, commit, stamp, say, signal, syncSoon } = useApp();
  const state = useFieldState();
  const [sheet, setSheet] = useState<Sheet | null>(null);
  const [questions, setQuestions] = useState<readonly Question[]>([]);
  const [busy, once] = useOnce();
  const directory = directoryOf(state);
  const nameOf = (id: PersonId) => personName(directory.person(id), t("person.not-listed"), id);

  /** Tries to add somebody; decided on the latest state, written before it is said. */
  const add = async (person: PersonId, confirmed = false): Promise<Feedback> => {
    let came: Added | undefined;
    const saved = await commit((now) => {
      const open = now.tube;
      if (open === undefined || open.tube !== tube.tube) return null;
      const known = (who: PersonId) => directoryOf(now).known(who, open.round, pictureOf(now));
      came = addPerson(open, person, known, stamp().now, confirmed);
      return came.ok ? { keep: { tube: came.tube } } : null;
    });
    if (!saved || came === undefined) return null;
    // From the latest list: a walk-in has only just been put on it.
    const name = personName(directoryOf(store.state).person(person), t("person.not-listed"), person);
    if (came.ok) {
      const added = t("collect.added", { position: came.position, name });
      return { tone: "good", text: came.full ? `${added} ${t("collect.full", { n: came.position })}` : added };
    }
    if ("bar" in came) {
      const { code, ...values } = came.bar;
      return { tone: "bad", text: t(`bar.${code}`, { name, ...values }) };
    }
    const { doubts } = came;
    setQuestions((waiting) => [...waiting, { person, doubts }]);
    return { tone: "ask", text: t("doubt.title", { name }) };
  };
  const addAll = async (persons: readonly PersonId[]) => {
    setSheet(null);
    for (const person of persons) {
      const came = await add(person);
      if (came !== null) say(came.text, came.tone);
    }
  };

  const scan = (text: string): Feedback | Promise<Feedback> => {
    const read = readScan(text);
    switch (read.is) {
      case "empty":
        return { tone: "bad", text: t("scan.empty") };
      case "mistyped":
        return { tone: "bad", text: t("scan.mistyped", { text: read.text }) };
      case "person": {
        const [person, second] = directory.idsFor(read.reading);
        if (person === undefined || second !== undefined) {
          return { tone: "bad", text: t("scan.unknown-short", { code: text.trim() }) };
        }
        return add(person as PersonId);
      }
      case "household": {
        const [household] = directory.idsFor(read.reading);
        if (household === undefined || directory.door(household) === undefined) {
          return { tone: "bad", text: t("scan.unknown-household") };
        }
        setSheet({ household });
        return { tone: "good", text: directory.door(household)?.door ?? "" };
      }
      case "foreign":
        return { tone: "bad", text: t("scan.not-person") };
      case "tube":
        // Still in view, or scanned once more to be sure: nothing is wrong.
        if (read.unit === tube.tube) return { tone: "good", text: t("collect.started", { code: spaced(tube.tube) }) };
        return { tone: "bad", text: `${t("scan.is-tube")}${t("scan.not-person")}` };
      default:
        return { tone: "bad", text: `${t(`scan.is-${read.is}`)}${t("scan.not-person")}` };
    }
  };

  const undo = () =>
    once(async () => {
      const last = tube.members.at(-1);
      if (last === undefined) return;
      const done = await commit((now) => (now.tube === undefined ? null : { keep: { tube: undoLast(now.tube) } }));
      if (done) say(t("collect.undone", { position: tube.members.length, name: nameOf(last.person) }), "ask");
    });
  const seal = () =>
    once(async () => {
      setSheet(null);
      const done = await commit((now) =>
        now.tube === undefined || now.tube.members.length === 0 ? null : sealTube(now, now.tube, stamp()),
      );
      if (!done) return;
      signal("good");
      scrollTo({ top: 0 });
      syncSoon();
    });
  const spoil = () =>
    once(async () => {
      setSheet(null);
      const done = await commit((now) => {
        if (now.tube === undefined) return null;
        if (now.tube.members.length === 0) return { keep: { tube: undefined } };
        return spoilTube(now, now.tube, stamp);
      });
      if (done) say(t("collect.spoilt-done", { code: spaced(tube.tube) }), "ask");
    });

  const count = tube.members.length;
  const full = count >= tube.size;
  const [question] = questions;
  const answer = (yes: boolean) => {
    setQuestions((waiting) => waiting.slice(1));
    if (yes && question !== undefined) {
      void add(question.person, true).then((came) => {
        if (came !== null) say(came.text, came.tone);
      });
    }
  };
  const paused = sheet !== null || question !== undefined;

  return (
    <>
      <section class="tube-head" aria-label={t("collect.tube")}>
        <div>
          <Code unit={tube.tube} />
          {tube.barcode !== undefined && <span class="barcode">{tube.barcode}</span>}
          <span class="mode">{t(`mode.${tube.mode}`)}</span>
        </div>
        <p class={full ? "count full" : "count"}>
          <strong>{count}</strong>/{tube.size}
        </p>
      </section>
      <progress max={tube.size} value={count} aria-hidden="true" />
      <Scanner label={t("collect.scan-person")} onScan={scan} paused={paused} />
      <div class="buttons three">
        <button type="button" class="button" onClick={() => setSheet("list")}>{t("collect.pick")}</button>
        <button type="button" class="button" onClick={() => setSheet("walk-in")}>{t("collect.walk-in")}</button>
        <button type="button" class="button" onClick={undo} disabled={count === 0 || busy}>{t("collect.undo")}</button>
      </div>
      <Members tube={tube} nameOf={nameOf} />
      <button type="button" class="button quiet wide" onClick={() => setSheet("spoil")}>{t("collect.spoilt")}</button>
      <div class="sticky">
        <button
          type="button"
          class={full ? "button primary big wide" : "button big wide"}
          disabled={count === 0 || busy}
          onClick={() => (full ? seal() : setSheet("seal"))}
        >
          {t("collect.seal", { n: count, size: tube.size })}
        </button>
      </div>

      {sheet === "list" && <PickFromList tube={tube} onPick={addAll} onClose={() => setSheet(null)} />}
      {typeof sheet === "object" && sheet !== null && (
        <PickHousehold household={sheet.household} tube={tube} onPick={addAll} onClose={() => setSheet(null)} />
      )}
      {sheet === "walk-in" && (
        <Dialog title={t("walk-in.title")} tall onClose={() => setSheet(null)}>
          <WalkInForm onClose={() => setSheet(null)} onPerson={(person) => void addAll([person])} />
        </Dialog>
      )}
      {sheet === "seal" && (
        <Ask title={t("collect.seal-title")} yes={t("collect.seal-go")} onYes={seal} onNo={() => setSheet(null)}>
          <p>{t("collect.seal-lead", { n: count, left: tube.size - count })}</p>
        </Ask>
      )}
      {sheet === "spoil" && (
        <Ask title={t("collect.spoilt-title")} yes={t("collect.spoilt-go")} danger onYes={spoil} onNo={() => setSheet(null)}>
          <p>{count === 0 ? t("collect.spoilt-empty") : t("collect.spoilt-lead", { n: count })}</p>
        </Ask>
      )}
      {question !== undefined && (
        <Ask
          key={question.person}
          title={t("doubt.title", { name: nameOf(question.person) })}
          yes={t("doubt.go")}
          no={t("doubt.leave")}
          careful={question.doubts.some(({ code }) => code !== "not-listed")}
          onYes={() => answer(true)}
          onNo={() => answer(false)}
        >
          <ul class="doubts">
            {question.doubts.map((doubt) => (
              <li key={doubt.code}>{t(`doubt.${doubt.code}`, "tube" in doubt ? { tube: spaced(doubt.tube) } : {})}</li>
            ))}
          </ul>
        </Ask>
      )}
    </>
  );
}

/** Persons were swabbed into a tube that cannot be used: both facts are recorded. */
function spoilTube(state: State, tube: OpenTube, stamp: () => ReturnType<ReturnType<typeof useApp>["stamp"]>) {
  const at = stamp();
  const sealed = sealTube(state, tube, at);
  const [collect] = sealed.add ?? [];
  if (collect === undefined) return null;
  const mark = {
    ...collect,
    id: at.id(),
    madeAt: at.now + 1,
    command: { testing: { mark: { tube: tube.tube, fault: "invalid" as const, note: "" } } },
  };
  return { add: [collect, mark], keep: { tube: undefined } };
}

/** Masked name and last four characters, or the id's end for somebody who is on no list. */
export function personName(person: Person | undefined, notListed: string, id: PersonId): string {
  return person === undefined ? `${notListed} …${id.slice(-6)}` : `${person.name} ${person.last4}`;
}

function Members({ tube, nameOf }: { readonly tube: OpenTube; readonly nameOf: (id: PersonId) => string }) {
  const { t } = useApp();
  const state = useFieldState();
  const directory = directoryOf(state);
  // A roll call of twenty empty places helps nobody: show the next free one.
  const rows = [...tube.members].map((member, at) => ({ member, position: at + 1 })).reverse();
  return (
    <section aria-label={t("collect.members")}>
      <h2>{t("collect.members")}</h2>
      {rows.length === 0 ? <p class="empty">{t("collect.nobody")}</p> : (
        <ol class="members" reversed>
          {rows.map(({ member, position }) => {
            const person = directory.person(member.person);
            const household = directory.household(person?.household);
            return (
              <li key={member.person}>
                <span class="position">{position}</span>
                <span class="who">{nameOf(member.person)}</span>
                <span class="where">{household?.door ?? ""}</span>
              </li>
            );
          })}
        </ol>
      )}
    </section>
  );
}
