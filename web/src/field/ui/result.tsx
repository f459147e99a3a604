// A single tube's result, for small laboratories and repairs. What it means is decided by the
// protocol on the server.

import { useState } from "preact/hooks";
import { recordResult } from "../core/actions";
import { readScan } from "../core/scan";
import { spaced, type UnitCode } from "../core/unit";
import type { RecordResult } from "../core/wire";
import { useApp, useFieldState, useOnce } from "./app";
import { byBarcode } from "./box";
import { Ask } from "./dialog";
import { type Feedback, Scanner } from "./scanner";
import { Choice, Code, TextField, Title, useShow } from "./widgets";

/** Cycles that a run can have; beyond is a slip of the finger. */
const LOWEST_CT = 5;
const HIGHEST_CT = 50;
const SHOWN = 10;

/** The screen. */
export function Results() {
  const { t, store } = useApp();
  const state = useFieldState();
  const show = useShow();
  const [tube, setTube] = useState<UnitCode | null>(null);
  const scan = (text: string): Feedback => {
    const read = readScan(text);
    const unit = read.is === "tube" ? read.unit : read.is === "foreign" ? byBarcode(store.state, read.text) : undefined;
    if (unit === undefined) return { tone: "bad", text: read.is === "mistyped" ? t("scan.mistyped", { text: read.text }) : t("scan.not-tube") };
    setTube(unit);
    return { tone: "good", text: spaced(unit) };
  };
  const recent = state.entries
    .flatMap(({ command, madeAt, seq }) =>
      "testing" in command && "record_result" in command.testing ? [{ ...command.testing.record_result, madeAt, seq }] : [],
    )
    .slice(-SHOWN)
    .reverse();
  return (
    <>
      <Title>{t("result.title")}</Title>
      {tube === null ? (
        <>
          <p class="lead">{t("result.lead")}</p>
          <Scanner label={t("result.scan")} onScan={scan} />
        </>
      ) : <Reading key={tube} tube={tube} onDone={() => setTube(null)} />}
      {recent.length > 0 && (
        <section aria-label={t("result.recent")}>
          <h2>{t("result.recent")}</h2>
          <ul class="plain">
            {recent.map((each) => (
              <li key={each.seq}>
                <Code unit={each.tube} /> <span class="small">{show.clock(each.madeAt)}</span>
                <br />
                <span class="small">
                  N {each.ct_n ?? t("result.nothing-detected")} · ORF1ab {each.ct_orf1ab ?? t("result.nothing-detected")}
                </span>
              </li>
            ))}
          </ul>
        </section>
      )}
    </>
  );
}

/** A typed Ct: a number, nothing, or a mistake. */
function readCt(text: string): number | null | "wrong" {
  const plain = text.normalize("NFKC").trim().replace(",", ".");
  if (plain === "") return null;
  const ct = Number(plain);
  return /^\d{1,2}(\.\d{1,3})?$/.test(plain) && ct >= LOWEST_CT && ct <= HIGHEST_CT ? ct : "wrong";
}

function Reading({ tube, onDone }: { readonly tube: UnitCode; readonly onDone: () => void }) {
  const { t, commit, stamp, say, syncSoon } = useApp();
  const state = useFieldState();
  const [n, setN] = useState("");
  const [orf, setOrf] = useState("");
  const [control, setControl] = useState("");
  const [status, setStatus] = useState<RecordResult["status"]>("final");
  const [tried, setTried] = useState(false);
  const [asking, setAsking] = useState(false);
  const [busy, once] = useOnce();
  const lab = state.bundle?.holder.code;
  const read = { n: readCt(n), orf: readCt(orf), control: readCt(control) };
  const wrong = Object.values(read).includes("wrong");
  const nothing = Object.values(read).every((ct) => ct === null);

  const save = () =>
    once(async () => {
      setAsking(false);
      if (lab === undefined) return;
      const at = stamp();
      const result: RecordResult = {
        tube,
        lab,
        ...plateOf(state.entries, tube),
        ...(typeof read.n === "number" ? { ct_n: read.n } : {}),
        ...(typeof read.orf === "number" ? { ct_orf1ab: read.orf } : {}),
        ...(typeof read.control === "number" ? { ct_control: read.control } : {}),
        tested_at: at.now,
        status,
      };
      if (!(await commit((now) => recordResult(now, result, at)))) return;
      say(t("result.saved", { code: spaced(tube) }), "good");
      syncSoon();
      onDone();
    });
  const submit = (event: Event) => {
    event.preventDefault();
    setTried(true);
    if (wrong) return;
    if (nothing) setAsking(true);
    else save();
  };
  const field = (label: string, value: string, set: (text: string) => void, ct: number | null | "wrong") => (
    <TextField
      label={label}
      value={value}
      onInput={set}
      inputMode="decimal"
      maxLength={6}
      error={tried && ct === "wrong" ? t("result.wrong-ct", { field: label }) : undefined}
    />
  );
  return (
    <form class="card stack" onSubmit={submit} noValidate>
      <h2>{t("result.tube", { code: spaced(tube) })}</h2>
      <p class="small">{t("result.empty-help")}</p>
      {field(t("result.ct-n"), n, setN, read.n)}
      {field(t("result.ct-orf"), orf, setOrf, read.orf)}
      {field(t("result.ct-control"), control, setControl, read.control)}
      <Choice
        legend={t("result.status")}
        name="status"
        value={status}
        options={[
          { value: "preliminary", label: t("result.preliminary") },
          { value: "final", label: t("result.final") },
        ]}
        onChange={setStatus}
      />
      <div class="buttons">
        <button type="button" class="button" onClick={onDone}>{t("word.cancel")}</button>
        <button type="submit" class="button primary big" disabled={busy}>{t("result.save")}</button>
      </div>
      {asking && (
        <Ask title={t("box.ask-title")} yes={t("result.save")} onYes={save} onNo={() => setAsking(false)}>
          <p>{t("result.none")}</p>
        </Ask>
      )}
    </form>
  );
}

/** The plate and well that this device loaded the tube into. */
function plateOf(entries: ReturnType<typeof useFieldState>["entries"], tube: UnitCode): { plate?: string; well?: string } {
  for (const { command } of [...entries].reverse()) {
    if (!("testing" in command) || !("load_plate" in command.testing)) continue;
    const { plate, wells } = command.testing.load_plate;
    const well = wells.find((each) => each.tube === tube)?.well;
    if (well !== undefined) return { plate, well };
  }
  return {};
}
