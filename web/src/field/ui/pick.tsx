// Choosing persons from the downloaded list, by door.

import { useMemo, useState } from "preact/hooks";
import { pictureOf } from "../core/actions";
import { directoryOf } from "../core/directory";
import type { PersonId } from "../core/person";
import type { Door } from "../core/state";
import type { OpenTube } from "../core/tube";
import { useApp, useFieldState } from "./app";
import { Dialog } from "./dialog";
import { Select, TextField, useShow } from "./widgets";

/** Doors shown at once: more, and nobody would scroll through them. */
const SHOWN = 30;

interface Props {
  readonly tube: OpenTube;
  readonly onPick: (persons: readonly PersonId[]) => void;
  readonly onClose: () => void;
}

/** The list: compound, door, persons. */
export function PickFromList({ tube, onPick, onClose }: Props) {
  const { t } = useApp();
  const state = useFieldState();
  const show = useShow();
  const directory = directoryOf(state);
  const compounds = state.bundle?.compounds ?? [];
  const [compound, setCompound] = useState(state.lastChoice?.compound ?? compounds[0]?.code ?? "");
  const [search, setSearch] = useState("");
  const [open, setOpen] = useState<string | null>(null);
  const doors = useMemo(() => directory.doors(compound, search), [directory, compound, search]);
  const picture = pictureOf(state);
  const missing = (door: Door) =>
    door.persons.filter((person) => directory.isMissing(person, tube.round, picture) && !inTube(tube, person.id)).length;
  return (
    <Dialog title={t("pick.title")} tall onClose={onClose}>
      <Select
        label={t("collect.compound")}
        value={compound}
        options={compounds.map(({ code, name }) => ({ value: code, label: show.name(name) }))}
        onChange={setCompound}
      />
      <TextField label={t("pick.search")} value={search} onInput={setSearch} autofocus />
      <p class="small" role="status">{doors.length === 0 ? t("pick.none") : t("pick.doors", { n: doors.length })}</p>
      <ul class="doors">
        {doors.slice(0, SHOWN).map((door) => {
          const left = missing(door);
          const shown = open === door.id;
          return (
            <li key={door.id}>
              <button type="button" class="door" aria-expanded={shown} onClick={() => setOpen(shown ? null : door.id)}>
                <span>{door.door}</span>
                <span class={left > 0 ? "due" : "small"}>{left > 0 ? t("pick.missing", { n: left }) : t("pick.all-done")}</span>
              </button>
              {shown && <Tick door={door} tube={tube} onPick={onPick} />}
            </li>
          );
        })}
      </ul>
      {doors.length > SHOWN && <p class="small">{t("pick.more", { n: doors.length - SHOWN })}</p>}
      <button type="button" class="button wide" onClick={onClose}>{t("word.close")}</button>
    </Dialog>
  );
}

/** One household, whose code was scanned. */
export function PickHousehold({ household, tube, onPick, onClose }: Props & { readonly household: string }) {
  const { t } = useApp();
  const state = useFieldState();
  const door = directoryOf(state).door(household);
  return (
    <Dialog title={door?.door ?? ""} onClose={onClose}>
      {door !== undefined && <Tick door={door} tube={tube} onPick={onPick} />}
      <button type="button" class="button wide" onClick={onClose}>{t("word.cancel")}</button>
    </Dialog>
  );
}

function inTube(tube: OpenTube, person: PersonId): boolean {
  return tube.members.some((member) => member.person === person);
}

/** The persons of a door: those without a swab are ticked already. */
function Tick({ door, tube, onPick }: { readonly door: Door; readonly tube: OpenTube; readonly onPick: Props["onPick"] }) {
  const { t } = useApp();
  const state = useFieldState();
  const directory = directoryOf(state);
  const picture = pictureOf(state);
  const free = tube.size - tube.members.length;
  const [ticked, setTicked] = useState<ReadonlySet<PersonId>>(() => {
    const missing = door.persons.filter((person) => directory.isMissing(person, tube.round, picture) && !inTube(tube, person.id));
    return new Set(missing.slice(0, free).map(({ id }) => id));
  });
  const toggle = (id: PersonId) => {
    const next = new Set(ticked);
    if (!next.delete(id)) next.add(id);
    setTicked(next);
  };
  const chosen = door.persons.filter(({ id }) => ticked.has(id)).map(({ id }) => id);
  return (
    <div class="tick">
      {door.persons.map((person) => {
        const known = directory.known(person.id, tube.round, picture);
        const already = inTube(tube, person.id);
        return (
          <label key={person.id} class="option tick-line">
            <input type="checkbox" checked={ticked.has(person.id) || already} disabled={already} onChange={() => toggle(person.id)} />
            <span>{person.name} {person.last4}</span>
            <span class="small">
              {known.recall ? t("pick.recall") : known.sampledIn !== undefined || known.sampledBefore || already ? t("pick.sampled") : known.exempt ? t("pick.exempt") : ""}
            </span>
          </label>
        );
      })}
      <button type="button" class="button primary wide" disabled={chosen.length === 0} onClick={() => onPick(chosen)}>
        {t("pick.add", { n: chosen.length })}
      </button>
    </div>
  );
}
