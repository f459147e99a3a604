// A sweep, door by door: who is to be found, what was found, and doors that no list has. It needs no network.

import { useMemo, useState } from "preact/hooks";
import { knock, knocksOf, tellStray } from "../core/actions";
import { directoryOf } from "../core/directory";
import type { Door } from "../core/state";
import { countDoors, type DoorNow, doorsOf, isOpen } from "../core/sweep";
import type { DoorState, Sweep } from "../core/wire";
import { useApp, useFieldState } from "./app";
import { Select, TextField, Title, useShow } from "./widgets";

const OUTCOMES: readonly DoorState[] = ["found", "absent", "refused"];
const SHOWN = 40;

/** The screen. */
export function SweepScreen() {
  const { t } = useApp();
  const state = useFieldState();
  const show = useShow();
  const sweeps = state.bundle?.sweeps ?? [];
  const [wanted, setSweep] = useState(sweeps[0]?.id ?? "");
  const [all, setAll] = useState(false);
  const sweep = sweeps.find(({ id }) => id === wanted) ?? sweeps[0];
  const directory = directoryOf(state);
  const knocks = knocksOf(state);
  const doors = useMemo(() => (sweep === undefined ? [] : doorsOf(sweep, knocks)), [sweep, state.entries]);
  if (sweep === undefined) return <><Title>{t("sweep.title")}</Title><p class="empty">{t("sweep.none")}</p></>;
  const counts = countDoors(doors);
  const shown = doors.filter((door) => all || isOpen(door) || door.knock !== undefined);
  return (
    <>
      <Title>{t("sweep.title")}</Title>
      <p class="lead">{t("sweep.lead")}</p>
      <section class="card stack">
        <Select
          label={t("sweep.which")}
          value={sweep.id}
          options={sweeps.map(({ id, name, place }) => ({ value: id, label: `${show.name(name)} · ${place}` }))}
          onChange={setSweep}
        />
        <Select
          label={t("sweep.show")}
          value={all ? "all" : "open"}
          options={[{ value: "open", label: t("sweep.show-open") }, { value: "all", label: t("sweep.show-all") }]}
          onChange={(value) => setAll(value === "all")}
        />
      </section>
      <p role="status"><strong>{t("sweep.count", { ...counts })}</strong></p>
      <progress class="wide" max={Math.max(counts.all, 1)} value={counts.all - counts.todo} aria-label={t("sweep.title")} />
      <ul class="door-list">
        {shown.slice(0, SHOWN).map((door) => (
          <DoorCard key={door.household} sweep={sweep} now={door} door={directory.door(door.household)} />
        ))}
      </ul>
      {shown.length > SHOWN && <p class="small">{t("pick.more", { n: shown.length - SHOWN })}</p>}
      <StrayForm sweep={sweep} />
    </>
  );
}

function whole(text: string): number {
  const n = Number.parseInt(text, 10);
  return Number.isSafeInteger(n) && n > 0 ? n : 0;
}

function DoorCard({ sweep, now, door }: { readonly sweep: Sweep; readonly now: DoorNow; readonly door: Door | undefined }) {
  const { t, commit, stamp, say, syncSoon } = useApp();
  const show = useShow();
  const persons = door?.persons ?? [];
  const [seen, setSeen] = useState(String(persons.length));
  const [strangers, setStrangers] = useState("0");
  const name = door?.door ?? now.household.slice(0, 8);
  const record = async (outcome: DoorState) => {
    const found = outcome === "found";
    const done = await commit((state) =>
      knock(state, { sweep: sweep.id, household: now.household, outcome, seen: found ? whole(seen) : 0, strangers: whole(strangers) }, stamp()),
    );
    if (!done) return;
    say(t("sweep.saved", { door: name, outcome: t(`sweep.${outcome}`) }), "good");
    syncSoon();
  };
  return (
    <li class="card">
      <fieldset class="visit">
        <legend><strong>{name}</strong> · {t(`sweep.${now.state}`)}</legend>
        <p class="small">{persons.map((person) => `${person.name} ${person.last4}`).join(", ")}</p>
        {now.again_at !== undefined && <p class="small">{t("sweep.again", { time: show.time(now.again_at) })}</p>}
        <div class="options two">
          <TextField label={t("sweep.seen")} value={seen} onInput={setSeen} inputMode="numeric" />
          <TextField label={t("sweep.strangers")} value={strangers} onInput={setStrangers} inputMode="numeric" />
        </div>
        <div class="options three">
          {OUTCOMES.map((outcome) => (
            <button
              key={outcome}
              type="button"
              class={now.state === outcome ? "option chosen" : "option"}
              aria-pressed={now.state === outcome}
              onClick={() => void record(outcome)}
            >
              {t(`sweep.${outcome}`)}
            </button>
          ))}
        </div>
      </fieldset>
    </li>
  );
}

/** A dormitory, a shed, a shop where people sleep. */
function StrayForm({ sweep }: { readonly sweep: Sweep }) {
  const { t, commit, stamp, say, syncSoon } = useApp();
  const [door, setDoor] = useState("");
  const [persons, setPersons] = useState("1");
  const record = async () => {
    const where = door.trim();
    if (where === "") return;
    const n = whole(persons);
    const done = await commit((state) => tellStray(state, { sweep: sweep.id, place: sweep.place, door: where, persons: n }, stamp()));
    if (!done) return;
    say(t("sweep.stray-saved", { door: where, n }), "good");
    setDoor("");
    syncSoon();
  };
  return (
    <section class="card stack">
      <h2>{t("sweep.stray")}</h2>
      <TextField label={t("sweep.stray-door")} value={door} onInput={setDoor} />
      <TextField label={t("sweep.stray-persons")} value={persons} onInput={setPersons} inputMode="numeric" />
      <button type="button" class="button wide" disabled={door.trim() === ""} onClick={() => void record()}>{t("sweep.stray-save")}</button>
    </section>
  );
}
