// A laboratory (or a courier from somebody without a phone) takes a box; a laboratory opens it
// and compares what is there with what was sent.

import { useState } from "preact/hooks";
import { handOver, openBox, pictureOf } from "../core/actions";
import { compare, type OpenReceipt } from "../core/box";
import { inHand } from "../core/holdings";
import { readScan } from "../core/scan";
import { kindOf, spaced, type UnitCode } from "../core/unit";
import type { HolderCode } from "../core/wire";
import { go, useApp, useFieldState, useOnce } from "./app";
import { byBarcode } from "./box";
import { Ask } from "./dialog";
import { type Feedback, Scanner } from "./scanner";
import { Code, HoldingLine, Select, TextField, Title, useShow } from "./widgets";

/** The screen. */
export function Receive() {
  const { t } = useApp();
  const { receipt } = useFieldState();
  return (
    <>
      <Title>{t("receive.title")}</Title>
      {receipt === undefined ? <Arrivals /> : receipt.received ? <Checking receipt={receipt} /> : <Taking receipt={receipt} />}
    </>
  );
}

function Arrivals() {
  const { t, store, commit, stamp, syncSoon } = useApp();
  const state = useFieldState();
  const { bundle } = state;
  if (bundle === undefined) return null;
  const isLab = bundle.holder.code.startsWith("lab:");
  const waiting = inHand(pictureOf(state)).filter(({ unit }) => isLab && kindOf(unit) === "B");

  const begin = async (box: UnitCode, received: boolean): Promise<Feedback> => {
    const { boxes, holdings } = pictureOf(store.state);
    const expected = boxes.get(box);
    const count = holdings.get(box)?.count;
    const receipt: OpenReceipt = {
      box,
      ...(expected === undefined ? {} : { expected }),
      ...(count === undefined ? {} : { expectedCount: count }),
      received,
      found: [],
    };
    await commit((now) => (now.receipt === undefined ? { keep: { receipt } } : null));
    return { tone: "good", text: spaced(box) };
  };
  const takeTube = async (tube: UnitCode): Promise<Feedback> => {
    if (pictureOf(store.state).holdings.has(tube)) return { tone: "bad", text: t("hand.again") };
    const taken = await commit((now) => ({ add: handOver(now, [tube], { taker: bundle.holder.code }, stamp()) }));
    if (!taken) return null;
    syncSoon();
    return { tone: "good", text: t("receive.tube-taken", { code: spaced(tube) }) };
  };
  const scan = (text: string): Feedback | Promise<Feedback> => {
    const read = readScan(text);
    if (read.is === "box") return begin(read.unit, pictureOf(store.state).holdings.has(read.unit));
    if (read.is === "tube") return takeTube(read.unit);
    if (read.is === "hand") {
      go("hand", "take");
      return { tone: "ask", text: t("scan.is-hand") };
    }
    if (read.is === "mistyped") return { tone: "bad", text: t("scan.mistyped", { text: read.text }) };
    return { tone: "bad", text: t("scan.not-box") };
  };
  return (
    <>
      <Scanner label={t("receive.scan")} onScan={scan} />
      {waiting.length > 0 && (
        <section aria-label={t("receive.waiting")}>
          <h2>{t("receive.waiting")}</h2>
          <ul class="units">
            {waiting.map((holding) => (
              <li key={holding.unit}>
                <button type="button" class="unit" onClick={() => void begin(holding.unit, true)}><HoldingLine holding={holding} /></button>
              </li>
            ))}
          </ul>
        </section>
      )}
    </>
  );
}

function Taking({ receipt }: { readonly receipt: OpenReceipt }) {
  const { t, commit, stamp, say, syncSoon } = useApp();
  const state = useFieldState();
  const show = useShow();
  const [giver, setGiver] = useState<string>(receipt.giver ?? "");
  const [counted, setCounted] = useState("");
  const [busy, once] = useOnce();
  const { bundle } = state;
  if (bundle === undefined) return null;
  const expected = receipt.expected?.length ?? receipt.expectedCount;
  const number = /^\d{1,4}$/.test(counted.trim()) ? Number(counted) : undefined;
  const difference = expected !== undefined && number !== undefined ? number - expected : 0;
  const isLab = bundle.holder.code.startsWith("lab:");
  const givers = bundle.holders.filter(({ code }) => code !== bundle.holder.code && !code.startsWith("lab:"));

  const take = () =>
    once(async () => {
      const note = number === undefined ? {} : { note: `counted ${number}${expected === undefined ? "" : `, expected ${expected}`}` };
      const sides = { ...(giver === "" ? {} : { giver: giver as HolderCode }), taker: bundle.holder.code, ...note };
      const done = await commit((now) => ({
        add: handOver(now, [receipt.box], sides, stamp()),
        keep: { receipt: isLab ? { ...receipt, received: true } : undefined },
      }));
      if (!done) return;
      say(t("receive.taken", { code: spaced(receipt.box) }), "good");
      syncSoon();
      if (!isLab) go("home");
    });
  return (
    <section class="card stack">
      <h2>{t("unit.box")} <Code unit={receipt.box} /></h2>
      <p>{expected === undefined ? t("receive.expected-unknown") : t("receive.expected", { n: expected })}</p>
      <Select
        label={t("receive.from")}
        value={giver}
        options={[{ value: "", label: t("hand.unknown-giver") }, ...givers.map(({ code, name }) => ({ value: code, label: show.name(name) }))]}
        onChange={setGiver}
      />
      <TextField label={t("receive.count")} value={counted} onInput={setCounted} inputMode="numeric" maxLength={4} />
      {difference !== 0 && <p class="warning">{t("receive.differs", { n: difference })}</p>}
      <div class="buttons">
        <button type="button" class="button" onClick={() => void commit(() => ({ keep: { receipt: undefined } }))}>{t("word.cancel")}</button>
        <button type="button" class="button primary big" disabled={busy} onClick={take}>{t("receive.take")}</button>
      </div>
    </section>
  );
}

function Checking({ receipt: kept }: { readonly receipt: OpenReceipt }) {
  const { t, store, commit, stamp, say, syncSoon } = useApp();
  const state = useFieldState();
  // With a network the server has told by now what was packed.
  const content = kept.expected ?? pictureOf(state).boxes.get(kept.box);
  const receipt: OpenReceipt = content === undefined ? kept : { ...kept, expected: content };
  const [asking, setAsking] = useState(false);
  const [busy, once] = useOnce();
  const { missing, surplus, difference } = compare(receipt);
  const expected = receipt.expected?.length ?? receipt.expectedCount;
  const lab = state.bundle?.holder.code;

  const found = async (tube: UnitCode): Promise<Feedback> => {
    if (store.state.receipt?.found.includes(tube)) return { tone: "bad", text: t("receive.tube-again") };
    const done = await commit((now) =>
      now.receipt === undefined || now.receipt.found.includes(tube)
        ? null
        : { keep: { receipt: { ...now.receipt, found: [...now.receipt.found, tube] } } },
    );
    if (!done) return null;
    if (receipt.expected !== undefined && !receipt.expected.includes(tube)) {
      return { tone: "ask", text: t("receive.tube-surplus", { code: spaced(tube) }) };
    }
    return { tone: "good", text: t("receive.tube-found", { n: store.state.receipt?.found.length ?? 0, code: spaced(tube) }) };
  };
  const scan = (text: string): Feedback | Promise<Feedback> => {
    const read = readScan(text);
    if (read.is === "tube") return found(read.unit);
    if (read.is === "mistyped") return { tone: "bad", text: t("scan.mistyped", { text: read.text }) };
    const foreign = read.is === "foreign" ? byBarcode(store.state, read.text) : undefined;
    return foreign === undefined ? { tone: "bad", text: t("scan.not-tube") } : found(foreign);
  };
  const finish = () =>
    once(async () => {
      setAsking(false);
      if (lab === undefined) return;
      const done = await commit((now) =>
        now.receipt === undefined ? null : openBox(now, now.receipt.box, lab, now.receipt.found, stamp()),
      );
      if (!done) return;
      say(t("receive.finished", { code: spaced(receipt.box), n: receipt.found.length }), "good");
      syncSoon();
    });
  const differs = (missing?.length ?? 0) > 0 || (surplus?.length ?? 0) > 0 || (difference ?? 0) !== 0;
  const absent = missing?.length ?? Math.max(0, -(difference ?? 0));
  const extra = surplus?.length ?? Math.max(0, difference ?? 0);
  return (
    <>
      <section class="tube-head" aria-label={t("unit.box")}>
        <div><Code unit={receipt.box} /></div>
        <p class={differs ? "count" : "count full"}>
          <strong>{receipt.found.length}</strong>{expected === undefined ? "" : `/${expected}`}
        </p>
      </section>
      <Scanner label={t("receive.scan-tubes")} onScan={scan} paused={asking} />
      {expected === undefined && <p class="small">{t("receive.expected-unknown")}</p>}
      {missing !== null && missing.length > 0 && (
        <section class="card" aria-label={t("receive.missing", { n: missing.length })}>
          <h2 class="due">{t("receive.missing", { n: missing.length })}</h2>
          <ul class="codes">{missing.map((tube) => <li key={tube}><Code unit={tube} /></li>)}</ul>
        </section>
      )}
      {surplus !== null && surplus.length > 0 && (
        <section class="card" aria-label={t("receive.surplus", { n: surplus.length })}>
          <h2 class="late">{t("receive.surplus", { n: surplus.length })}</h2>
          <ul class="codes">{surplus.map((tube) => <li key={tube}><Code unit={tube} /></li>)}</ul>
        </section>
      )}
      {receipt.found.length === 0 && (
        <button type="button" class="button quiet wide" onClick={() => void commit(() => ({ keep: { receipt: undefined } }))}>
          {t("receive.later")}
        </button>
      )}
      <div class="sticky">
        <button type="button" class="button primary big wide" disabled={busy} onClick={() => (differs ? setAsking(true) : finish())}>
          {t("receive.finish", { n: receipt.found.length })}
        </button>
      </div>
      {asking && (
        <Ask title={t("receive.finish-title")} yes={t("receive.finish-go")} onYes={finish} onNo={() => setAsking(false)}>
          <p>{t("receive.finish-lead", { missing: absent, surplus: extra })}</p>
        </Ask>
      )}
    </>
  );
}
