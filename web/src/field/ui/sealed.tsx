// What was just sealed: to read out to the next in the chain, or to print and put on the tube.

import { directoryOf } from "../core/directory";
import type { SealedTube } from "../core/state";
import { go, useApp, useFieldState } from "./app";
import { Code, QrCode, useShow } from "./widgets";
import { personName } from "./collect";
import { printPart } from "./print";

export function SealedSummary({ sealed }: { readonly sealed: SealedTube }) {
  const { t } = useApp();
  const state = useFieldState();
  const show = useShow();
  const directory = directoryOf(state);
  const minutes = state.bundle?.rounds.find(({ id }) => id === state.lastChoice?.round)?.deliver_minutes;
  return (
    <section class="card sealed" aria-label={t("collect.summary")}>
      <h2>✓ {t("collect.sealed")} <Code unit={sealed.tube} /></h2>
      <p role="status">{t("collect.sealed-lead", { n: sealed.persons.length, time: show.clock(sealed.sealedAt) })}</p>
      {minutes !== undefined && <p><strong>{t("collect.deliver", { time: show.clock(sealed.sealedAt + minutes * 60_000_000) })}</strong></p>}
      <div class="print-part" id="print-tube">
        <h2>{state.bundle === undefined ? "" : show.name(state.bundle.holder.name)}</h2>
        <p>{show.time(sealed.sealedAt)} · {t(`mode.${sealed.mode}`)} · {t("word.persons", { n: sealed.persons.length })}</p>
        <p class="print-code"><Code unit={sealed.tube} /></p>
        <QrCode text={sealed.tube} label={sealed.tube} />
        <ol>
          {sealed.persons.map((person) => (
            <li key={person}>{personName(directory.person(person), t("person.not-listed"), person)}</li>
          ))}
        </ol>
        <p class="small">{t("paper.masked")}</p>
      </div>
      <div class="buttons">
        <button type="button" class="button" onClick={() => go("box")}>{t("collect.to-box")}</button>
        <button type="button" class="button quiet" onClick={() => printPart("print-tube")}>{t("collect.print")}</button>
      </div>
    </section>
  );
}
