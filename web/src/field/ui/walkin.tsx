// Registering somebody who is on no list. The number is sealed for the server before it is kept.

import { useState } from "preact/hooks";
import { registerWalkIn } from "../core/actions";
import { directoryOf } from "../core/directory";
import { maskName, readIdNumber, readMobile } from "../core/idnumber";
import type { PersonId } from "../core/person";
import type { IdType, Person } from "../core/wire";
import { type Identity, sealIdentity } from "../data/seal";
import { useApp, useFieldState, useOnce } from "./app";
import type { TextKey } from "./texts";
import { Select, TextField, useShow } from "./widgets";

const TYPES: readonly IdType[] = ["resident", "passport", "hong_kong_macau", "taiwan", "foreign_resident", "other", "none"];

interface Errors {
  readonly name?: TextKey;
  readonly number?: TextKey;
  readonly phone?: TextKey;
}

interface Props {
  readonly onPerson: (person: PersonId) => void;
  readonly onClose: () => void;
}

export function WalkInForm({ onPerson, onClose }: Props) {
  const { t, commit, stamp } = useApp();
  const state = useFieldState();
  const show = useShow();
  const compounds = state.bundle?.compounds ?? [];
  const [name, setName] = useState("");
  const [type, setType] = useState<IdType>("resident");
  const [number, setNumber] = useState("");
  const [phone, setPhone] = useState("");
  const [compound, setCompound] = useState(state.lastChoice?.compound ?? "");
  const [door, setDoor] = useState("");
  const [errors, setErrors] = useState<Errors>({});
  const [maybe, setMaybe] = useState<Person | null>(null);
  const [busy, once] = useOnce();

  const check = (): { identity: Identity; errors: Errors } => {
    const read = readIdNumber(number);
    const mobile = phone.trim() === "" ? undefined : readMobile(phone);
    const wrong: Errors = {
      ...(name.trim() === "" ? { name: "walk-in.need-name" as const } : {}),
      ...(type === "resident" && !read.ok ? { number: `walk-in.wrong-${read.why}` as const } : {}),
      ...(type !== "resident" && type !== "none" && number.trim() === "" ? { number: "walk-in.need-number" as const } : {}),
      ...(mobile === null ? { phone: "walk-in.wrong-phone" as const } : {}),
    };
    const plain = type === "resident" && read.ok ? read.number : number.trim();
    const identity = {
      name: name.trim(),
      id_type: type,
      ...(type === "none" ? {} : { id_number: plain }),
      ...(mobile == null ? {} : { phone: mobile }),
    };
    return { identity, errors: wrong };
  };

  const save = (sure: boolean) =>
    once(async () => {
      const checked = check();
      setErrors(checked.errors);
      if (Object.keys(checked.errors).length > 0) return;
      const last4 = (checked.identity.id_number ?? "").slice(-4);
      const masked = maskName(checked.identity.name);
      if (!sure && last4 !== "") {
        const twin = listed(state.bundle?.persons ?? [], masked, last4);
        if (twin !== undefined) {
          setMaybe(twin);
          return;
        }
      }
      const person = stamp().id() as PersonId;
      const sealed = await sealIdentity(state.bundle?.seal_key ?? "", person, checked.identity);
      const where = compound === "" ? {} : { address: { place: compound, door: door.trim() } };
      const shown: Person = { id: person, household: null, name: masked, last4 };
      const done = await commit((now) => registerWalkIn(now, { person, sealed, ...where }, shown, stamp()));
      if (done) onPerson(person);
    });

  const submit = (event: Event) => {
    event.preventDefault();
    save(false);
  };
  const error = (key: TextKey | undefined) => (key === undefined ? undefined : t(key));
  if (maybe !== null) {
    const household = directoryOf(state).household(maybe.household);
    return (
      <div class="stack" role="alert">
        <p>{t("walk-in.maybe", { name: maybe.name, last4: maybe.last4, door: household?.door ?? t("word.unknown") })}</p>
        <button type="button" class="button primary wide" onClick={() => onPerson(maybe.id)}>{t("walk-in.use")}</button>
        <button type="button" class="button wide" disabled={busy} onClick={() => save(true)}>{t("walk-in.new")}</button>
        <button type="button" class="button quiet wide" onClick={() => setMaybe(null)}>{t("word.back")}</button>
      </div>
    );
  }
  return (
    <form class="stack" onSubmit={submit} noValidate autocomplete="off">
      <p class="small">{t("walk-in.lead")}</p>
      <TextField label={t("walk-in.name")} value={name} onInput={setName} maxLength={60} error={error(errors.name)} autofocus />
      <Select
        label={t("walk-in.id-type")}
        value={type}
        options={TYPES.map((value) => ({ value, label: t(`id-type.${value}`) }))}
        onChange={(value) => setType(value as IdType)}
      />
      {type !== "none" && (
        <TextField label={t("walk-in.number")} value={number} onInput={setNumber} maxLength={30} error={error(errors.number)} />
      )}
      <TextField
        label={t("walk-in.phone")}
        value={phone}
        onInput={setPhone}
        type="tel"
        maxLength={20}
        error={error(errors.phone)}
      />
      <Select
        label={t("collect.compound")}
        value={compound}
        options={[
          { value: "", label: t("word.unknown") },
          ...compounds.map((each) => ({ value: each.code, label: show.name(each.name) })),
        ]}
        onChange={setCompound}
      />
      {compound !== "" && <TextField label={t("walk-in.door")} value={door} onInput={setDoor} maxLength={40} />}
      <div class="buttons">
        <button type="submit" class="button primary" disabled={busy}>{t("walk-in.save")}</button>
        <button type="button" class="button" onClick={onClose}>{t("word.cancel")}</button>
      </div>
    </form>
  );
}

/** Somebody on the list with the same last four characters and the same family name. */
function listed(persons: readonly Person[], masked: string, last4: string): Person | undefined {
  return persons.find((person) => person.last4 === last4 && [...person.name][0] === [...masked][0]);
}
