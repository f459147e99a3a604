// Loading a 96-well plate. The plate is drawn turned by a quarter, letters across and numbers
// down, so that a well is large enough for a gloved finger on a phone.

import { useState } from "preact/hooks";
import { finishPlate, pictureOf } from "../core/actions";
import { chooseWell, COLUMNS, loadTube, newPlate, type OpenPlate, ROWS, unloadLast } from "../core/plate";
import { readScan } from "../core/scan";
import { spaced, type UnitCode } from "../core/unit";
import { useApp, useFieldState, useOnce } from "./app";
import { byBarcode } from "./box";
import { Ask } from "./dialog";
import { type Feedback, Scanner } from "./scanner";
import { Title } from "./widgets";

const LONGEST_NAME = 40;

/** The screen. */
export function Plate() {
  const { t } = useApp();
  const { plate } = useFieldState();
  return (
    <>
      <Title>{t("plate.title")}</Title>
      {plate === undefined ? <Begin /> : <Loading plate={plate} />}
    </>
  );
}

function Begin() {
  const { t, commit } = useApp();
  const begin = async (text: string): Promise<Feedback> => {
    const name = text.normalize("NFKC").trim();
    if (name === "" || [...name].length > LONGEST_NAME) return { tone: "bad", text: t("plate.need-name") };
    const read = readScan(name);
    if (read.is !== "foreign" && read.is !== "mistyped") return { tone: "bad", text: read.is === "empty" ? t("scan.empty") : t(`scan.is-${read.is}`) };
    await commit((now) => (now.plate === undefined ? { keep: { plate: newPlate(name) } } : null));
    return { tone: "good", text: name };
  };
  return (
    <>
      <p class="lead">{t("plate.name-help")}</p>
      <Scanner label={t("plate.name")} onScan={begin} />
    </>
  );
}

function Loading({ plate }: { readonly plate: OpenPlate }) {
  const { t, store, commit, stamp, say, syncSoon } = useApp();
  const [doubt, setDoubt] = useState<UnitCode | null>(null);
  const [giveUp, setGiveUp] = useState(false);
  const [busy, once] = useOnce();

  const load = async (tube: UnitCode, sure: boolean): Promise<Feedback> => {
    if (!sure && !pictureOf(store.state).holdings.has(tube)) {
      setDoubt(tube);
      return { tone: "ask", text: t("plate.not-held") };
    }
    let came: ReturnType<typeof loadTube> | undefined;
    const done = await commit((now) => {
      if (now.plate === undefined) return null;
      came = loadTube(now.plate, tube);
      return came.ok ? { keep: { plate: came.plate } } : null;
    });
    if (!done || came === undefined) return null;
    if (came.ok) return { tone: "good", text: t("plate.loaded", { well: came.well, code: spaced(tube) }) };
    if (came.code === "plate-full") return { tone: "bad", text: t("plate.full") };
    return { tone: "bad", text: t("plate.on-plate", { well: came.well }) };
  };
  const scan = (text: string): Feedback | Promise<Feedback> => {
    const read = readScan(text);
    if (read.is === "tube") return load(read.unit, false);
    if (read.is === "mistyped") return { tone: "bad", text: t("scan.mistyped", { text: read.text }) };
    const foreign = read.is === "foreign" ? byBarcode(store.state, read.text) : undefined;
    return foreign === undefined ? { tone: "bad", text: t("scan.not-tube") } : load(foreign, false);
  };
  const undo = () =>
    once(async () => {
      const last = plate.wells.at(-1);
      const done = await commit((now) => (now.plate === undefined ? null : { keep: { plate: unloadLast(now.plate) } }));
      if (done && last !== undefined) say(t("plate.undone", { well: last.well }), "ask");
    });
  const finish = () =>
    once(async () => {
      const done = await commit((now) => (now.plate === undefined ? null : finishPlate(now, stamp())));
      if (!done) return;
      say(t("plate.finished", { code: plate.plate, n: plate.wells.length }), "good");
      syncSoon();
    });
  const label = plate.next === null ? t("plate.full") : t("plate.scan", { well: plate.next });
  return (
    <>
      <section class="tube-head" aria-label={t("plate.name")}>
        <div><span class="code">{plate.plate}</span></div>
        <p class="count"><strong>{plate.wells.length}</strong>/{96 - plate.controls.length}</p>
      </section>
      <Scanner label={label} onScan={scan} paused={doubt !== null || giveUp} />
      <Grid plate={plate} onChoose={(well) => void commit((now) => (now.plate === undefined ? null : { keep: { plate: chooseWell(now.plate, well) } }))} />
      <div class="buttons">
        <button type="button" class="button" disabled={plate.wells.length === 0 || busy} onClick={undo}>{t("plate.undo")}</button>
        <button type="button" class="button quiet" onClick={() => setGiveUp(true)}>{t("plate.discard")}</button>
      </div>
      <div class="sticky">
        <button type="button" class="button primary big wide" disabled={plate.wells.length === 0 || busy} onClick={finish}>
          {t("plate.finish", { n: plate.wells.length })}
        </button>
      </div>
      {doubt !== null && (
        <Ask
          title={t("box.ask-title")}
          yes={t("box.put-in")}
          onYes={() => {
            setDoubt(null);
            void load(doubt, true).then((came) => {
              if (came !== null) say(came.text, came.tone);
            });
          }}
          onNo={() => setDoubt(null)}
        >
          <p class="code">{spaced(doubt)}</p>
          <p>{t("plate.not-held")}</p>
        </Ask>
      )}
      {giveUp && (
        <Ask
          title={t("plate.discard")}
          yes={t("plate.discard")}
          danger
          onYes={() => {
            setGiveUp(false);
            void commit(() => ({ keep: { plate: undefined } }));
          }}
          onNo={() => setGiveUp(false)}
        >
          <p>{t("plate.discard-lead", { n: plate.wells.length })}</p>
        </Ask>
      )}
    </>
  );
}

function Grid({ plate, onChoose }: { readonly plate: OpenPlate; readonly onChoose: (well: string) => void }) {
  const { t } = useApp();
  const tubes = new Map(plate.wells.map(({ well, tube }) => [well, tube]));
  return (
    <table class="plate" aria-label={t("plate.grid")}>
      <thead>
        <tr>
          <td />
          {ROWS.map((row) => <th key={row} scope="col">{row}</th>)}
        </tr>
      </thead>
      <tbody>
        {COLUMNS.map((column) => (
          <tr key={column}>
            <th scope="row">{column}</th>
            {ROWS.map((row) => {
              const well = `${row}${column}`;
              const tube = tubes.get(well);
              const control = plate.controls.includes(well);
              const next = plate.next === well;
              const kind = control ? "control" : tube !== undefined ? "filled" : next ? "next" : "free";
              const label =
                tube !== undefined
                  ? t("plate.well-tube", { well, code: tube.slice(-4) })
                  : control
                    ? t("plate.well-control", { well })
                    : next
                      ? t("plate.well-next", { well })
                      : t("plate.well-free", { well });
              return (
                <td key={well}>
                  <button type="button" class={`well ${kind}`} aria-label={label} disabled={control || tube !== undefined} onClick={() => onChoose(well)}>
                    {control ? t("plate.control") : tube !== undefined ? tube.slice(-4) : next ? "●" : ""}
                  </button>
                </td>
              );
            })}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
