// A box changes hands, without a network: each phone shows a signed code, each scans the other's,
// each records the same hand-over.

import { useEffect, useState } from "preact/hooks";
import { handOver, pictureOf } from "../core/actions";
import {
  badge,
  cardDoubt,
  cardToSign,
  type HandCode,
  OFFER_LIMIT,
  type OfferedUnit,
  offerToSign,
  readHandCode,
  withSignature,
} from "../core/handover";
import { inHand } from "../core/holdings";
import { readScan } from "../core/scan";
import type { State } from "../core/state";
import { kindOf, spaced, type UnitCode } from "../core/unit";
import type { HolderCode } from "../core/wire";
import { sign, verify } from "../data/device";
import { go, useApp, useFieldState, useOnce, usePlace } from "./app";
import { byBarcode } from "./box";
import { type Feedback, Scanner } from "./scanner";
import { Code, HoldingLine, QrCode, Select, Title, useShow } from "./widgets";

/** The screen: giving or taking. */
export function HandOverScreen() {
  const { t } = useApp();
  const state = useFieldState();
  const { part } = usePlace();
  const isCourier = state.bundle?.holder.code.startsWith("courier:") ?? false;
  const taking = part === "take" || (part === "" && isCourier && inHand(pictureOf(state)).length === 0);
  return (
    <>
      <Title>{t("hand.title")}</Title>
      <div class="tabs">
        <a href="#/hand/give" class={taking ? "tab" : "tab chosen"} aria-current={taking ? undefined : "page"}>{t("hand.give")}</a>
        <a href="#/hand/take" class={taking ? "tab chosen" : "tab"} aria-current={taking ? "page" : undefined}>{t("hand.take")}</a>
      </div>
      {taking ? <Take /> : <Give />}
    </>
  );
}

type Check = "verified" | "unverified" | "bad";

/** Checks a signature by the keys that were downloaded. */
async function checkSignature(state: State, code: Exclude<HandCode, { is: "badge" }>): Promise<Check> {
  const holder = code.is === "card" ? code.holder : code.giver;
  const known = state.bundle?.devices.find(({ device }) => device === code.device);
  if (known === undefined) return "unverified";
  if (known.holder !== holder) return "bad";
  return (await verify(known.key, code.signed, code.signature)) ? "verified" : "bad";
}

function Give() {
  const { t, store, commit, stamp, signal, syncSoon, now } = useApp();
  const state = useFieldState();
  const show = useShow();
  const [busy, once] = useOnce();
  const [taker, setTaker] = useState<{ code: HolderCode; card?: string; how: "verified" | "unverified" | "badge" | "listed" } | null>(null);
  const [chosen, setChosen] = useState<ReadonlySet<UnitCode> | null>(null);
  const [asking, setAsking] = useState(false);
  const { bundle, handOver: open } = state;
  if (bundle === undefined) return null;
  if (open?.offer !== undefined) return <Offer offer={open.offer} units={open.units.length} taker={open.taker} />;

  const held = inHand(pictureOf(state)).filter(({ step }) => step !== "packing");
  const ready = chosen ?? new Set(held.filter(({ unit }) => kindOf(unit) === "B").map(({ unit }) => unit));
  const units = held.map(({ unit }) => unit).filter((unit) => ready.has(unit));
  const toggle = (unit: UnitCode) => {
    const next = new Set(ready);
    if (!next.delete(unit)) next.add(unit);
    setChosen(next);
  };

  const scanUnit = (text: string): Feedback => {
    const read = readScan(text);
    const unit = read.is === "tube" || read.is === "box" ? read.unit : read.is === "foreign" ? byBarcode(store.state, read.text) : undefined;
    if (unit === undefined) return { tone: "bad", text: read.is === "mistyped" ? t("scan.mistyped", { text: read.text }) : t("scan.not-box") };
    if (!held.some((holding) => holding.unit === unit)) return { tone: "bad", text: t("box.not-held") };
    setChosen(new Set([...ready, unit]));
    return { tone: "good", text: spaced(unit) };
  };
  const scanCard = async (text: string): Promise<Feedback> => {
    const code = readHandCode(text);
    if (code === null || code.is === "offer") return { tone: "bad", text: t("scan.not-hand") };
    if (code.holder === bundle.holder.code) return { tone: "bad", text: t("hand.self") };
    if (code.is === "badge") {
      setTaker({ code: code.holder, how: "badge" });
      return { tone: "good", text: show.holder(code.holder) };
    }
    if (cardDoubt(code.time, now()) !== null) return { tone: "bad", text: t("hand.old-card") };
    const check = await checkSignature(store.state, code);
    if (check === "bad") return { tone: "bad", text: t("hand.bad-signature") };
    setTaker({ code: code.holder, card: text.trim(), how: check });
    return { tone: "good", text: show.holder(code.holder) };
  };
  const record = () =>
    once(async () => {
      if (taker === null || state.device === undefined) return;
      const at = stamp();
      const picture = pictureOf(store.state);
      const offered: OfferedUnit[] = units.map((unit) => {
        const count = kindOf(unit) === "B" ? (picture.boxes.get(unit)?.length ?? picture.holdings.get(unit)?.count) : undefined;
        return count === undefined ? { unit } : { unit, count };
      });
      const text = offerToSign(bundle.holder.code, taker.code, state.device.id, at.now, offered);
      const offer = withSignature(text, await sign(state.device, text));
      const done = await commit((latest) => ({
        add: handOver(
          latest,
          units,
          { giver: bundle.holder.code, taker: taker.code, ...(taker.card === undefined ? {} : { countersign: taker.card }) },
          at,
        ),
        keep: { handOver: { units, taker: taker.code, offer } },
      }));
      if (!done) return;
      signal("good");
      syncSoon();
    });

  if (asking) {
    const others = bundle.holders.filter(({ code }) => code !== bundle.holder.code && !code.startsWith("site:"));
    return (
      <>
        <Scanner label={t("hand.scan-card")} onScan={scanCard} />
        <section class="card">
          <Select
            label={t("hand.choose")}
            value={taker?.how === "listed" ? taker.code : ""}
            options={[{ value: "", label: "—" }, ...others.map(({ code, name }) => ({ value: code, label: show.name(name) }))]}
            onChange={(code) => setTaker(code === "" ? null : { code: code as HolderCode, how: "listed" })}
          />
          {taker !== null && (
            <p class="who-line">
              <strong>{show.holder(taker.code)}</strong> <span class="small">{taker.code} · {t(`hand.${taker.how}`)}</span>
            </p>
          )}
        </section>
        <div class="sticky buttons">
          <button type="button" class="button primary big" disabled={taker === null || busy} onClick={record}>
            {t("hand.record", { n: units.length, name: taker === null ? "…" : show.holder(taker.code) })}
          </button>
          <button type="button" class="button" onClick={() => setAsking(false)}>{t("word.back")}</button>
        </div>
      </>
    );
  }
  return (
    <>
      <section aria-label={t("hand.what")}>
        <h2>{t("hand.what")}</h2>
        {held.length === 0 ? <p class="empty">{t("hand.nothing")}</p> : (
          <ul class="units">
            {held.map((holding) => (
              <li key={holding.unit}>
                <label class="unit tick-unit">
                  <input type="checkbox" checked={ready.has(holding.unit)} onChange={() => toggle(holding.unit)} />
                  <span class="grow"><HoldingLine holding={holding} /></span>
                </label>
              </li>
            ))}
          </ul>
        )}
      </section>
      {units.length > OFFER_LIMIT && <p class="warning">{t("hand.too-many", { n: OFFER_LIMIT })}</p>}
      <Scanner label={t("hand.scan-unit")} onScan={scanUnit} />
      <div class="sticky">
        <button
          type="button"
          class="button primary big wide"
          disabled={units.length === 0 || units.length > OFFER_LIMIT}
          onClick={() => setAsking(true)}
        >
          {t("hand.next", { n: units.length })}
        </button>
      </div>
    </>
  );
}

function Offer({ offer, units, taker }: { readonly offer: string; readonly units: number; readonly taker: HolderCode | undefined }) {
  const { t, commit } = useApp();
  const show = useShow();
  return (
    <section class="card center">
      <h2>✓ {t("hand.recorded", { n: units, name: show.holder(taker) })}</h2>
      <p role="status">{t("hand.show-offer")}</p>
      <QrCode text={offer} label={t("hand.offer-alt", { n: units })} />
      <button
        type="button"
        class="button primary big wide"
        onClick={() => {
          void commit(() => ({ keep: { handOver: undefined } }));
          go("home");
        }}
      >
        {t("hand.done")}
      </button>
    </section>
  );
}

/** How often the taker's card is made anew, so that a photograph of it soon is too old. */
const FRESH_MS = 120_000;

function Take() {
  const { t, store, commit, stamp, say, syncSoon } = useApp();
  const state = useFieldState();
  const show = useShow();
  const card = useCard(state);
  const [busy, once] = useOnce();
  const [offer, setOffer] = useState<{ code: Extract<HandCode, { is: "offer" }>; text: string; check: Check } | null>(null);
  const { bundle } = state;
  if (bundle === undefined) return null;

  const scan = async (text: string): Promise<Feedback> => {
    const read = readScan(text);
    if (read.is === "box" || read.is === "tube") {
      go("receive");
      return { tone: "ask", text: spaced(read.unit) };
    }
    const code = readHandCode(text);
    if (code === null || code.is !== "offer") return { tone: "bad", text: t("scan.not-hand") };
    if (code.taker !== bundle.holder.code) return { tone: "bad", text: t("hand.not-for-you", { name: show.holder(code.taker) }) };
    const check = await checkSignature(store.state, code);
    if (check === "bad") return { tone: "bad", text: t("hand.bad-signature") };
    const { holdings } = pictureOf(store.state);
    if (code.units.every(({ unit }) => holdings.has(unit))) return { tone: "bad", text: t("hand.again") };
    setOffer({ code, text: text.trim(), check });
    return { tone: "good", text: t("hand.offer-from", { name: show.holder(code.giver) }) };
  };
  const accept = () =>
    once(async () => {
      if (offer === null) return;
      const units = offer.code.units.map(({ unit }) => unit);
      const done = await commit((latest) => ({
        add: handOver(latest, units, { giver: offer.code.giver, taker: bundle.holder.code, countersign: offer.text }, stamp()),
      }));
      if (!done) return;
      setOffer(null);
      say(t("hand.accepted", { n: units.length }), "good");
      syncSoon();
      go("home");
    });

  if (offer !== null) {
    return (
      <section class="card">
        <h2>{t("hand.offer-from", { name: show.holder(offer.code.giver) })}</h2>
        <p class="small">{t(`hand.${offer.check === "verified" ? "verified" : "unverified"}`)}</p>
        <ul class="units">
          {offer.code.units.map(({ unit, count }) => (
            <li key={unit} class="unit">
              <span class="unit-line">
                <span class={kindOf(unit) === "B" ? "kind box" : "kind tube"}>{kindOf(unit) === "B" ? t("unit.box") : t("unit.tube")}</span>
                <Code unit={unit} />
              </span>
              {count !== undefined && <span class="unit-facts">{t("word.tubes", { n: count })}</span>}
            </li>
          ))}
        </ul>
        <p>{t("hand.check-units")}</p>
        <div class="buttons">
          <button type="button" class="button" onClick={() => setOffer(null)}>{t("word.cancel")}</button>
          <button type="button" class="button primary big" disabled={busy} onClick={accept}>
            {t("hand.accept", { n: offer.code.units.length })}
          </button>
        </div>
      </section>
    );
  }
  return (
    <>
      <section class="card center">
        <h2>{t("hand.show-card")}</h2>
        {card !== null && <QrCode text={card} label={t("hand.my-code-alt", { code: bundle.holder.code })} />}
        <p><strong>{show.name(bundle.holder.name)}</strong><br /><span class="small">{bundle.holder.code}</span></p>
      </section>
      <Scanner label={t("hand.scan-offer")} onScan={scan} />
      <a class="button quiet wide" href="#/receive">{t("hand.or-scan-box")}</a>
    </>
  );
}

/** This device's card, made anew from time to time; a badge while there is no key. */
function useCard(state: State): string | null {
  const { store, stamp } = useApp();
  const [card, setCard] = useState<string | null>(null);
  const holder = state.bundle?.holder.code;
  const device = state.device;
  useEffect(() => {
    if (holder === undefined) return;
    if (device === undefined) {
      setCard(badge(holder));
      return;
    }
    let gone = false;
    const make = async () => {
      const text = cardToSign(holder, device.id, stamp().now);
      const signature = await sign(device, text);
      if (!gone) setCard(withSignature(text, signature));
    };
    void make();
    const timer = setInterval(() => void make(), FRESH_MS);
    return () => {
      gone = true;
      clearInterval(timer);
    };
  }, [holder, device, store, stamp]);
  return card;
}
