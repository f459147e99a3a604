// Daily medicines, door by door: until when they last, and the renewal of a prescription. It needs no network.

import { useState } from "preact/hooks";
import { askRenewal, bringMedicine, endsSoon, isDue, keyOf, lastDoseOf, type DoseFault, type MedicineNow, medicinesNow } from "../core/medicine";
import { useApp, useFieldState, useNow } from "./app";
import { Select, TextField, Title, useShow } from "./widgets";

const SHOWN = 40;

/** The screen. */
export function MedicineScreen() {
  const { t } = useApp();
  const state = useFieldState();
  const now = useNow();
  const [all, setAll] = useState(false);
  const medicines = medicinesNow(state);
  const pressing = medicines.filter((of) => isDue(of, now) || endsSoon(of, now));
  const shown = all ? medicines : pressing;
  if (medicines.length === 0) return <><Title>{t("medicine.title")}</Title><p class="empty">{t("medicine.none")}</p></>;
  return (
    <>
      <Title>{t("medicine.title")}</Title>
      <p class="lead">{t("medicine.lead")}</p>
      <section class="card stack">
        <Select
          label={t("sweep.show")}
          value={all ? "all" : "pressing"}
          options={[
            { value: "pressing", label: t("medicine.pressing", { n: pressing.length }) },
            { value: "all", label: t("medicine.all", { n: medicines.length }) },
          ]}
          onChange={(value) => setAll(value === "all")}
        />
      </section>
      {shown.length === 0 && <p class="empty">{t("medicine.none-pressing")}</p>}
      <ul class="door-list">
        {shown.slice(0, SHOWN).map((of) => <MedicineCard key={keyOf(of.medicine)} of={of} />)}
      </ul>
      {shown.length > SHOWN && <p class="small">{t("pick.more", { n: shown.length - SHOWN })}</p>}
    </>
  );
}

function MedicineCard({ of }: { readonly of: MedicineNow }) {
  const { t, commit, stamp, say, syncSoon } = useApp();
  const state = useFieldState();
  const show = useShow();
  const now = useNow();
  const zone = state.bundle?.time_zone ?? "Asia/Shanghai";
  const [day, setDay] = useState("");
  const [proof, setProof] = useState("");
  const [fault, setFault] = useState<DoseFault>();
  const { medicine, lastDose, asked } = of;
  const ends = medicine.prescribed_until;
  const on = (at: number) => show.time(at).slice(0, 10);
  const bring = async () => {
    const dose = lastDoseOf(day, zone, lastDose);
    if (typeof dose !== "number") {
      setFault(dose);
      return;
    }
    setFault(undefined);
    if (!(await commit((before) => bringMedicine(before, medicine, dose, proof.trim(), stamp())))) return;
    say(t("medicine.brought", { name: medicine.name, day }), "good");
    setDay("");
    setProof("");
    syncSoon();
  };
  const ask = async () => {
    if (!(await commit((before) => askRenewal(before, medicine, stamp())))) return;
    say(t("medicine.asked-now", { name: medicine.name }), "good");
    syncSoon();
  };
  return (
    <li class="card">
      <fieldset class="visit">
        <legend><strong>{medicine.name}</strong></legend>
        <p>{medicine.home === undefined ? medicine.place : show.name(medicine.home)} · {medicine.door}</p>
        <p class={isDue(of, now) ? "late" : "small"}>{t("medicine.last", { day: on(lastDose) })}</p>
        {ends !== undefined && <p class={endsSoon(of, now) ? "late" : "small"}>{t("medicine.until", { day: on(ends) })}</p>}
        {asked === "here" && <p class="small">{t("medicine.asked-here")}</p>}
        {asked === "known" && medicine.asked !== undefined && <p class="small">{t("medicine.asked", { time: show.time(medicine.asked) })}</p>}
        {asked === "no" && ends !== undefined && (
          <button type="button" class="button wide" onClick={() => void ask()}>{t("medicine.ask")}</button>
        )}
        <div class="stack">
          <TextField label={t("medicine.day")} type="date" value={day} onInput={setDay} error={fault && t(`medicine.${fault}`)} />
          <TextField label={t("medicine.proof")} value={proof} onInput={setProof} />
          <button type="button" class="button wide" disabled={day === ""} onClick={() => void bring()}>{t("medicine.bring")}</button>
        </div>
      </fieldset>
    </li>
  );
}
