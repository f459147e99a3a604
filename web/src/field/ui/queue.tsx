// What the server has not confirmed, and what it refused and why. Nothing leaves this list
// unseen.

import { useState } from "preact/hooks";
import { directoryOf } from "../core/directory";
import { photosOf, readRefusal, type WaitingPhoto, withoutPhoto } from "../core/photo";
import { countQueue, type Entry, isUnsettled, sendAgain } from "../core/queue";
import { spaced } from "../core/unit";
import type { Refusal, SupplyCommand } from "../core/wire";
import { useApp, useFieldState } from "./app";
import { SyncProblem } from "./status";
import type { Translate } from "./texts";
import { Title, useShow } from "./widgets";

const SHOWN = 50;

/** The screen. */
export function Queue() {
  const { t, syncSoon } = useApp();
  const state = useFieldState();
  const { waiting, unrecorded } = countQueue(state.entries, state.session?.account);
  const photos = photosOf(state);
  const of = (...wanted: readonly Entry["state"][]) => state.entries.filter((entry) => wanted.includes(entry.state));
  return (
    <>
      <Title>{t("queue.title")}</Title>
      <SyncProblem />
      <button type="button" class="button primary wide" onClick={syncSoon}>{t("queue.sync")}</button>
      {waiting + unrecorded + photos.length === 0 && of("refused").length === 0 && <p class="empty">{t("queue.empty")}</p>}
      <Section title={t("queue.refused")} entries={of("refused")} kind="refused" />
      <Section title={t("queue.unrecorded")} entries={of("unrecorded")} kind="unrecorded" />
      <Section title={t("queue.waiting")} entries={of("waiting")} kind="waiting" />
      {photos.length > 0 && (
        <section aria-label={t("queue.photos")}>
          <h2>{t("queue.photos")} · {photos.length}</h2>
          <ul class="entries">{photos.map((photo) => <PhotoLine key={photo.order} photo={photo} />)}</ul>
        </section>
      )}
      <Section title={t("queue.done")} entries={of("accepted").reverse()} kind="done" />
      <Section title={t("queue.read")} entries={of("read").reverse()} kind="read" />
    </>
  );
}

function Section(props: { readonly title: string; readonly entries: readonly Entry[]; readonly kind: "refused" | "unrecorded" | "waiting" | "done" | "read" }) {
  const { t } = useApp();
  const [all, setAll] = useState(false);
  const { title, entries, kind } = props;
  if (entries.length === 0) return null;
  const most = kind === "refused" || kind === "unrecorded" ? entries.length : kind === "waiting" ? SHOWN : 5;
  const shown = all ? entries : entries.slice(0, most);
  return (
    <section aria-label={title}>
      <h2>{title} · {entries.length}</h2>
      <ul class="entries">
        {shown.map((entry) => <Line key={entry.seq} entry={entry} />)}
      </ul>
      {shown.length < entries.length && (
        <button type="button" class="button quiet wide" onClick={() => setAll(true)}>{t("queue.more", { n: entries.length - shown.length })}</button>
      )}
    </section>
  );
}

function Line({ entry }: { readonly entry: Entry }) {
  const { t, commit, syncSoon } = useApp();
  const state = useFieldState();
  const show = useShow();
  const foreign = entry.state === "waiting" && entry.account !== state.session?.account;
  return (
    <li class={`entry ${entry.state}`}>
      <p class="entry-what">{useWhat(entry, t)}</p>
      <p class="small">
        {show.time(entry.madeAt)}
        {entry.tries > 0 && isUnsettled(entry) && ` · ${t("queue.tries", { n: entry.tries })}`}
        {entry.importedFrom !== undefined && ` · ${t("queue.imported", { device: entry.importedFrom })}`}
      </p>
      {foreign && <p class="warning">{t("queue.other-account", { account: entry.account })}</p>}
      {entry.refusal !== undefined && <Said refusal={entry.refusal} />}
      {entry.notes !== undefined && entry.notes.length > 0 && (
        <div class="notes">
          <strong>{t("queue.notes")}</strong>
          <ul>{entry.notes.map((note) => <li key={note.code}>{show.name(note.message)}</li>)}</ul>
        </div>
      )}
      {entry.state === "unrecorded" && (
        <button
          type="button"
          class="button wide"
          onClick={() =>
            void commit((now) => ({ put: now.entries.filter(({ seq }) => seq === entry.seq).map(sendAgain) })).then(syncSoon)}
        >
          {t("queue.again")}
        </button>
      )}
      {entry.state === "refused" && (
        <button
          type="button"
          class="button wide"
          onClick={() => void commit((now) => readRefusal(now, entry.seq))}
        >
          {t("queue.ack")}
        </button>
      )}
    </li>
  );
}

/** A photo that the server does not have: it waits for its receipt and the network, or is refused. */
function PhotoLine({ photo }: { readonly photo: WaitingPhoto }) {
  const { t, commit } = useApp();
  const state = useFieldState();
  const show = useShow();
  const order = state.bundle?.deliveries?.orders.find(({ id }) => id === photo.order);
  return (
    <li class={`entry ${photo.refusal === undefined ? "waiting" : "refused"}`}>
      <p class="entry-what">{t("photo.of", { door: order?.door || order?.place || photo.order })}</p>
      <p class="small">{show.time(photo.takenAt)} · {t("photo.size", { n: Math.ceil(photo.size / 1024) })}</p>
      {photo.account !== state.session?.account && <p class="warning">{t("queue.other-account", { account: photo.account })}</p>}
      {photo.refusal !== undefined && (
        <>
          <Said refusal={photo.refusal} />
          <button type="button" class="button wide" onClick={() => void commit((now) => withoutPhoto(now, photo))}>{t("photo.read")}</button>
        </>
      )}
    </li>
  );
}

/** Why a rule said no, and what to do. */
export function Said({ refusal }: { readonly refusal: Refusal }) {
  const { t } = useApp();
  const show = useShow();
  return (
    <dl class="refusal">
      <dt>{t("queue.why")}</dt>
      <dd>
        {show.name(refusal.message)}
        {refusal.rule !== undefined && <span class="rule"> {t("queue.rule", { rule: refusal.rule })}</span>}
      </dd>
      {show.name(refusal.next) !== "" && (
        <>
          <dt>{t("queue.next")}</dt>
          <dd>{show.name(refusal.next)}</dd>
        </>
      )}
    </dl>
  );
}

/** A command of the supply desk in words. */
function supplyWords(supply: SupplyCommand, t: Translate): string {
  if ("order" in supply) return t("receive" in supply.order ? "entry.order-received" : "entry.order-came-back");
  if ("ask_renewal" in supply) return t("entry.ask-renewal", { name: supply.ask_renewal.name });
  if ("bring_medicine" in supply) return t("entry.medicine", { name: supply.bring_medicine.name });
  const { deliver } = supply;
  if ("depart" in deliver) return t("entry.depart");
  if ("arrive" in deliver) return t("entry.arrive", { place: deliver.arrive.place });
  return t("entry.pass-on", { n: deliver.pass_on.orders.length, carrier: deliver.pass_on.carrier });
}

/** A command in words. */
function useWhat(entry: Entry, t: Translate): string {
  const state = useFieldState();
  const show = useShow();
  const { command } = entry;
  if ("registry" in command) {
    const person = directoryOf(state).person(command.registry.register_walk_in.person);
    return t("entry.register_walk_in", { name: person === undefined ? "" : `${person.name} ${person.last4}` });
  }
  if ("zones" in command) {
    return "knock" in command.zones
      ? t("entry.knock", { outcome: t(`sweep.${command.zones.knock.outcome}`) })
      : t("entry.stray", { door: command.zones.stray.door });
  }
  if ("tracing" in command) {
    const { investigation } = command.tracing.interview;
    const known = state.bundle?.investigations?.find(({ id }) => id === investigation);
    return t("entry.interview", { number: known?.number ?? investigation });
  }
  if ("supply" in command) return supplyWords(command.supply, t);
  const { testing } = command;
  if ("collect" in testing) return t("entry.collect", { code: spaced(testing.collect.tube), n: testing.collect.persons.length });
  if ("pack" in testing) {
    return t("entry.pack", { code: spaced(testing.pack.box), tube: testing.pack.tubes.map(spaced).join(" ") });
  }
  if ("seal_box" in testing) return t("entry.seal_box", { code: spaced(testing.seal_box.box) });
  if ("hand_over" in testing) {
    const { unit, giver, taker } = testing.hand_over;
    return t("entry.hand_over", {
      code: spaced(unit),
      giver: giver === undefined ? t("word.unknown") : show.holder(giver),
      taker: show.holder(taker),
    });
  }
  if ("open_box" in testing) return t("entry.open_box", { code: spaced(testing.open_box.box), n: testing.open_box.found.length });
  if ("load_plate" in testing) return t("entry.load_plate", { code: testing.load_plate.plate, n: testing.load_plate.wells.length });
  if ("record_result" in testing) return t("entry.record_result", { code: spaced(testing.record_result.tube) });
  if ("mark" in testing) return t("entry.mark", { code: spaced(testing.mark.tube), fault: t(`mark.${testing.mark.fault}`) });
  return t("entry.visit", { outcome: t(`visit.${testing.visit.outcome}`) });
}
