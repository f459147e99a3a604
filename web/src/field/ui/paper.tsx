// Paper for the day when phones fail: QR sheets of households from the downloaded list, and a
// badge. Works without a network, like everything here.

import { useMemo, useState } from "preact/hooks";
import { directoryOf } from "../core/directory";
import { badge } from "../core/handover";
import { longCode, shortCode, spacedShort } from "../core/person";
import { useApp, useFieldState } from "./app";
import { printPart } from "./print";
import { QrCode, Select, TextField, Title, useShow } from "./widgets";

/** The screen. */
export function Paper() {
  const { t } = useApp();
  const state = useFieldState();
  const show = useShow();
  const compounds = state.bundle?.compounds ?? [];
  const [compound, setCompound] = useState(state.lastChoice?.compound ?? compounds[0]?.code ?? "");
  const [from, setFrom] = useState("");
  const [to, setTo] = useState("");
  const directory = directoryOf(state);
  const doors = useMemo(() => {
    const order = new Intl.Collator("en", { numeric: true });
    return directory
      .doors(compound)
      .filter(({ door }) => (from === "" || order.compare(door, from) >= 0) && (to === "" || order.compare(door, to) <= 0));
  }, [directory, compound, from, to]);
  const where = compounds.find(({ code }) => code === compound);
  const holder = state.bundle?.holder;
  return (
    <>
      <Title>{t("paper.title")}</Title>
      <p class="lead">{t("paper.lead")}</p>
      <section class="card stack">
        <h2>{t("paper.households")}</h2>
        {compounds.length === 0 ? <p class="empty">{t("paper.none")}</p> : (
          <>
            <Select
              label={t("collect.compound")}
              value={compound}
              options={compounds.map(({ code, name }) => ({ value: code, label: show.name(name) }))}
              onChange={setCompound}
            />
            <div class="row">
              <TextField label={t("paper.from")} value={from} onInput={setFrom} maxLength={20} />
              <TextField label={t("paper.to")} value={to} onInput={setTo} maxLength={20} />
            </div>
            <button type="button" class="button primary wide" disabled={doors.length === 0} onClick={() => printPart("print-doors")}>
              {t("paper.print", { n: doors.length })}
            </button>
          </>
        )}
      </section>
      {holder !== undefined && (
        <section class="card stack center">
          <h2>{t("paper.badge")}</h2>
          <div id="print-badge" class="badge">
            <p><strong>{show.name(holder.name)}</strong><br /><span class="small">{holder.code}</span></p>
            <QrCode text={badge(holder.code)} label={t("hand.my-code-alt", { code: holder.code })} />
          </div>
          <button type="button" class="button wide" onClick={() => printPart("print-badge")}>{t("paper.badge-print")}</button>
        </section>
      )}
      <div class="print-part" id="print-doors">
        {doors.map((door) => (
          <article key={door.id} class="sheet">
            <header>
              <h2>{where === undefined ? compound : show.name(where.name)} · {door.door}</h2>
              <figure>
                <QrCode text={longCode("H", door.id)} label={door.door} />
                <figcaption>{t("paper.household-code")}<br />{spacedShort(shortCode("H", door.id))}</figcaption>
              </figure>
            </header>
            <ul>
              {door.persons.map((person) => (
                <li key={person.id}>
                  <QrCode text={longCode("P", person.id)} label={person.name} />
                  <strong>{person.name}</strong> {person.last4}
                  <br />
                  <span class="code">{spacedShort(shortCode("P", person.id))}</span>
                </li>
              ))}
            </ul>
            <p class="small">{t("paper.masked")}</p>
          </article>
        ))}
      </div>
    </>
  );
}
