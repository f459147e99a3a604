// Putting tubes into a transport box. Every tube is a command of its own, written at once.

import { useState } from "preact/hooks";
import { packTube, pictureOf, sealBox } from "../core/actions";
import { readScan } from "../core/scan";
import type { State } from "../core/state";
import { kindOf, spaced, type UnitCode } from "../core/unit";
import { go, textOr, useApp, useFieldState, useOnce } from "./app";
import { Ask } from "./dialog";
import { type Feedback, Scanner } from "./scanner";
import { Code, HoldingLine, Title } from "./widgets";

/** The screen. */
export function Box() {
  const { t } = useApp();
  const state = useFieldState();
  return (
    <>
      <Title>{t("box.title")}</Title>
      {state.box === undefined ? <Choose state={state} /> : <Packing box={state.box.box} />}
    </>
  );
}

/** Tubes in hand that are in no box. */
function loose(state: State): UnitCode[] {
  const { holdings } = pictureOf(state);
  return [...holdings.values()]
    .filter(({ unit, within, step }) => kindOf(unit) === "T" && within === undefined && step === "sealed")
    .map(({ unit }) => unit);
}

function Choose({ state }: { readonly state: State }) {
  const { t, commit } = useApp();
  const picture = pictureOf(state);
  const begun = [...picture.holdings.values()].filter(({ unit, step }) => kindOf(unit) === "B" && step === "packing");
  const open = async (box: UnitCode): Promise<Feedback> => {
    const held = picture.holdings.get(box);
    if (held !== undefined && held.step !== "packing") {
      return { tone: "bad", text: t("box.already", { step: textOr(t, `step.${held.step}`, held.step) }) };
    }
    const tubes = picture.boxes.get(box) ?? [];
    const done = await commit((now) => (now.box === undefined ? { keep: { box: { box, tubes } } } : null));
    return done ? { tone: "good", text: t("box.started", { code: spaced(box) }) } : null;
  };
  const scan = (text: string): Feedback | Promise<Feedback> => {
    const read = readScan(text);
    if (read.is === "box") return open(read.unit);
    if (read.is === "empty") return { tone: "bad", text: t("scan.empty") };
    if (read.is === "mistyped") return { tone: "bad", text: t("scan.mistyped", { text: read.text }) };
    const what = read.is === "foreign" ? "" : t(`scan.is-${read.is}`);
    return { tone: "bad", text: `${what}${t("scan.not-box")}` };
  };
  const waiting = loose(state).length;
  return (
    <>
      <p class="lead">{waiting === 0 ? t("box.none-left") : t("box.left", { n: waiting })}</p>
      <Scanner label={t("box.scan-box")} onScan={scan} />
      {begun.length > 0 && (
        <section aria-label={t("box.resume")}>
          <h2>{t("box.resume")}</h2>
          <ul class="units">
            {begun.map((holding) => (
              <li key={holding.unit}>
                <button type="button" class="unit" onClick={() => void open(holding.unit)}><HoldingLine holding={holding} /></button>
              </li>
            ))}
          </ul>
        </section>
      )}
    </>
  );
}

function Packing({ box }: { readonly box: UnitCode }) {
  const { t, store, commit, stamp, say, syncSoon } = useApp();
  const state = useFieldState();
  const [doubt, setDoubt] = useState<{ readonly tube: UnitCode; readonly text: string } | null>(null);
  const [busy, once] = useOnce();
  const tubes = state.box?.tubes ?? [];

  const put = async (tube: UnitCode, sure: boolean): Promise<Feedback> => {
    const now = store.state;
    const { boxes, holdings } = pictureOf(now);
    if (now.box?.tubes.includes(tube)) return { tone: "bad", text: t("box.in-this") };
    if (!sure) {
      const other = [...boxes].find(([code, inside]) => code !== box && inside.includes(tube) && holdings.has(code));
      const text =
        other !== undefined
          ? t("box.in-other", { code: spaced(other[0]) })
          : holdings.has(tube)
            ? null
            : t("box.not-held");
      if (text !== null) {
        setDoubt({ tube, text });
        return { tone: "ask", text };
      }
    }
    const done = await commit((latest) =>
      latest.box?.box !== box || latest.box.tubes.includes(tube) ? null : packTube(latest, box, tube, stamp()),
    );
    const count = store.state.box?.tubes.length ?? 0;
    return done ? { tone: "good", text: t("box.added", { n: count, code: spaced(tube) }) } : null;
  };
  const scan = (text: string): Feedback | Promise<Feedback> => {
    const read = readScan(text);
    if (read.is === "tube") return put(read.unit, false);
    if (read.is === "empty") return { tone: "bad", text: t("scan.empty") };
    if (read.is === "mistyped") return { tone: "bad", text: t("scan.mistyped", { text: read.text }) };
    if (read.is === "foreign") {
      // A foreign tube has been given its id when it was filled: found by its barcode.
      const tube = byBarcode(store.state, read.text);
      return tube === undefined ? { tone: "bad", text: t("scan.not-tube") } : put(tube, false);
    }
    return { tone: "bad", text: `${t(`scan.is-${read.is}`)}${t("scan.not-tube")}` };
  };
  const seal = () =>
    once(async () => {
      const done = await commit((now) => (now.box?.box === box ? sealBox(now, box, stamp()) : null));
      if (!done) return;
      say(t("box.sealed", { code: spaced(box), n: tubes.length }), "good");
      syncSoon();
      go("hand");
    });
  const left = loose(state);
  return (
    <>
      <section class="tube-head" aria-label={t("unit.box")}>
        <div><Code unit={box} /></div>
        <p class="count"><strong>{tubes.length}</strong></p>
      </section>
      <Scanner label={t("box.scan-tube")} onScan={scan} paused={doubt !== null} />
      <p class={left.length > 0 ? "warning" : "good-news"}>
        {left.length > 0 ? t("box.left", { n: left.length }) : t("box.none-left")}
      </p>
      <section aria-label={t("box.content")}>
        <h2>{t("box.content")}</h2>
        {tubes.length === 0 ? <p class="empty">{t("box.empty")}</p> : (
          <ol class="members" reversed>
            {[...tubes].reverse().map((tube, at) => (
              <li key={tube}>
                <span class="position">{tubes.length - at}</span>
                <Code unit={tube} />
              </li>
            ))}
          </ol>
        )}
      </section>
      <button type="button" class="button quiet wide" onClick={() => void commit(() => ({ keep: { box: undefined } }))}>
        {t("box.later")}
      </button>
      <div class="sticky">
        <button type="button" class="button primary big wide" disabled={tubes.length === 0 || busy} onClick={seal}>
          {t("box.seal", { n: tubes.length })}
        </button>
      </div>
      {doubt !== null && (
        <Ask
          title={t("box.ask-title")}
          yes={t("box.put-in")}
          onYes={() => {
            setDoubt(null);
            void put(doubt.tube, true).then((came) => {
              if (came !== null) say(came.text, came.tone);
            });
          }}
          onNo={() => setDoubt(null)}
        >
          <p><Code unit={doubt.tube} /></p>
          <p>{doubt.text}</p>
        </Ask>
      )}
    </>
  );
}

/** The tube that was filled on this device under somebody else's barcode. */
export function byBarcode(state: State, barcode: string): UnitCode | undefined {
  for (const { command } of state.entries) {
    if ("testing" in command && "collect" in command.testing && command.testing.collect.barcode === barcode) {
      return command.testing.collect.tube;
    }
  }
  return undefined;
}
