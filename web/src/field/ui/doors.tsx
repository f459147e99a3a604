// Who of the list has no swab yet, door by door, and what was found there.

import { useMemo, useState } from "preact/hooks";
import { pictureOf, visit, visitsOf } from "../core/actions";
import { directoryOf } from "../core/directory";
import type { Person, VisitOutcome } from "../core/wire";
import { useApp, useFieldState } from "./app";
import { Select, Title, useShow } from "./widgets";

const OUTCOMES: readonly VisitOutcome[] = ["found", "absent", "refused", "moved"];
const SHOWN = 40;

/** The screen. */
export function Doors() {
  const { t, commit, stamp, say, syncSoon } = useApp();
  const state = useFieldState();
  const show = useShow();
  const compounds = state.bundle?.compounds ?? [];
  const rounds = state.bundle?.rounds ?? [];
  const [compound, setCompound] = useState(state.lastChoice?.compound ?? compounds[0]?.code ?? "");
  const [roundId, setRound] = useState<string>(state.lastChoice?.round ?? rounds[0]?.id ?? "");
  const round = rounds.find(({ id }) => id === roundId) ?? rounds[0];
  const directory = directoryOf(state);
  const picture = pictureOf(state);
  const visits = visitsOf(state);
  const missing = useMemo(
    () =>
      round === undefined
        ? []
        : directory.doors(compound).flatMap((door) => {
            const persons = door.persons.filter((person) => directory.isMissing(person, round.id, picture));
            return persons.length === 0 ? [] : [{ ...door, persons }];
          }),
    [directory, compound, round, picture],
  );
  if (round === undefined) return <><Title>{t("doors.title")}</Title><p class="empty">{t("home.no-round")}</p></>;

  const record = async (person: Person, outcome: VisitOutcome) => {
    const done = await commit((now) => visit(now, { round: round.id, person: person.id, outcome }, stamp()));
    if (!done) return;
    say(t("visit.saved", { name: person.name, outcome: t(`visit.${outcome}`) }), "good");
    syncSoon();
  };
  // Going to see is the grid worker's task; a site only sees who has not come.
  const mayVisit = !(state.bundle?.holder.code.startsWith("site:") ?? false);
  const persons = missing.reduce((sum, door) => sum + door.persons.length, 0);
  return (
    <>
      <Title>{t("doors.title")}</Title>
      <p class="lead">{t("doors.lead")}</p>
      <section class="card stack">
        {rounds.length > 1 && (
          <Select
            label={t("collect.round")}
            value={round.id}
            options={rounds.map(({ id, number, name }) => ({ value: id, label: `${show.name(name)} · ${t("home.round", { n: number })}` }))}
            onChange={setRound}
          />
        )}
        <Select
          label={t("collect.compound")}
          value={compound}
          options={compounds.map(({ code, name }) => ({ value: code, label: show.name(name) }))}
          onChange={setCompound}
        />
      </section>
      <p role="status"><strong>{missing.length === 0 ? t("doors.none") : t("doors.count", { doors: missing.length, persons })}</strong></p>
      <ul class="door-list">
        {missing.slice(0, SHOWN).map((door) => (
          <li key={door.id} class="card">
            <h2>{door.door}</h2>
            {door.persons.map((person) => {
              const seen = visits.get(person.id)?.outcome;
              return (
                <fieldset key={person.id} class="visit">
                  <legend>{t("visit.for", { name: person.name, last4: person.last4 })}</legend>
                  {mayVisit && <div class="options four">
                    {OUTCOMES.map((outcome) => (
                      <button
                        key={outcome}
                        type="button"
                        class={seen === outcome ? "option chosen" : "option"}
                        aria-pressed={seen === outcome}
                        onClick={() => void record(person, outcome)}
                      >
                        {t(`visit.${outcome}`)}
                      </button>
                    ))}
                  </div>}
                </fieldset>
              );
            })}
          </li>
        ))}
      </ul>
      {missing.length > SHOWN && <p class="small">{t("pick.more", { n: missing.length - SHOWN })}</p>}
    </>
  );
}
