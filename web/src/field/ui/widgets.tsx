// Small parts that several screens share.

import type { ComponentChildren } from "preact";
import { useEffect, useMemo, useRef } from "preact/hooks";
import qrcode from "qrcode-generator";
import { clockTime, dateTime, type Micros } from "../core/clock";
import type { Holding } from "../core/holdings";
import type { Bundle, Bilingual, HolderCode } from "../core/wire";
import { kindOf, spaced, type UnitCode } from "../core/unit";
import { settingsOf, textOr, useApp, useFieldState, useNow } from "./app";
import type { Translate } from "./texts";

/** A heading that takes the focus when the screen is opened, so that readers begin there. */
export function Title({ children }: { readonly children: ComponentChildren }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus({ preventScroll: true }), []);
  return <h1 ref={heading} tabIndex={-1}>{children}</h1>;
}

/** A unit's code in groups; screen readers spell it. */
export function Code({ unit }: { readonly unit: UnitCode }) {
  return <span class="code">{spaced(unit)}</span>;
}

/** A QR code, black on white whatever the theme: cameras need the contrast. */
export function QrCode({ text, label }: { readonly text: string; readonly label: string }) {
  const path = useMemo(() => {
    const code = qrcode(0, "M");
    code.addData(text, /^[0-9A-Z $%*+\-./:]+$/.test(text) ? "Alphanumeric" : "Byte");
    code.make();
    const size = code.getModuleCount();
    let dark = "";
    for (let y = 0; y < size; y++) {
      for (let x = 0; x < size; x++) if (code.isDark(y, x)) dark += `M${x + 4} ${y + 4}h1v1h-1z`;
    }
    return { dark, size: size + 8 };
  }, [text]);
  return (
    <svg class="qr" viewBox={`0 0 ${path.size} ${path.size}`} role="img" aria-label={label} shape-rendering="crispEdges">
      <rect width={path.size} height={path.size} fill="#fff" />
      <path d={path.dark} fill="#000" />
    </svg>
  );
}

/** A length of time in words. */
export function span(t: Translate, microseconds: number): string {
  const minutes = Math.max(0, Math.round(Math.abs(microseconds) / 60_000_000));
  if (minutes < 60) return t("word.minutes", { n: minutes });
  if (minutes < 2_880) return t("word.hours", { h: Math.floor(minutes / 60), m: minutes % 60 });
  return t("word.days", { n: Math.floor(minutes / 1_440) });
}

/** The name in the language of the app; the other language where this one has none. */
export function named(name: Bilingual, language: "zh" | "en"): string {
  return language === "zh" ? name.zh || name.en : name.en || name.zh;
}

/** Functions that show names and times as the settings and the area want them. */
export function useShow() {
  const state = useFieldState();
  const { language } = settingsOf(state);
  const zone = state.bundle?.time_zone ?? "Asia/Shanghai";
  return {
    name: (name: Bilingual) => named(name, language),
    holder: (code: HolderCode | undefined) => holderName(state.bundle, code, language),
    time: (at: Micros) => dateTime(at, zone),
    clock: (at: Micros) => clockTime(at, zone),
  };
}

/** The name of a holder, or its code when it is not on the list. */
export function holderName(bundle: Bundle | undefined, code: HolderCode | undefined, language: "zh" | "en"): string {
  if (code === undefined) return "";
  const holder = bundle?.holder.code === code ? bundle.holder : bundle?.holders.find((each) => each.code === code);
  return holder === undefined ? code : named(holder.name, language);
}

/** A unit in hand with its step and its deadline. */
export function HoldingLine({ holding }: { readonly holding: Holding }) {
  const { t } = useApp();
  const show = useShow();
  const now = useNow();
  const { unit, step, count, deadline } = holding;
  const box = kindOf(unit) === "B";
  const late = deadline !== undefined && deadline < now;
  return (
    <>
      <span class="unit-line">
        <span class={`kind ${box ? "box" : "tube"}`}>{box ? t("unit.box") : t("unit.tube")}</span>
        <Code unit={unit} />
      </span>
      <span class="unit-facts">
        <span>{textOr(t, `step.${step}`, step)}</span>
        {count !== undefined && <span>{box ? t("word.tubes", { n: count }) : t("word.persons", { n: count })}</span>}
        {deadline !== undefined && (
          <span class={late ? "late" : "due"}>
            {late ? t("due.late", { span: span(t, now - deadline) }) : t("due.by", { time: show.clock(deadline) })}
          </span>
        )}
      </span>
    </>
  );
}

/** One of several: large targets, one value. */
export function Choice<Value extends string>(props: {
  readonly legend: string;
  readonly name: string;
  readonly value: Value;
  readonly options: readonly { readonly value: Value; readonly label: string }[];
  readonly onChange: (value: Value) => void;
}) {
  return (
    <fieldset class="choice">
      <legend>{props.legend}</legend>
      <div class="options">
        {props.options.map(({ value, label }) => (
          <label key={value} class={value === props.value ? "option chosen" : "option"}>
            <input
              type="radio"
              name={props.name}
              value={value}
              checked={value === props.value}
              onChange={() => props.onChange(value)}
            />
            {label}
          </label>
        ))}
      </div>
    </fieldset>
  );
}

/** A labelled list to choose from. */
export function Select(props: {
  readonly label: string;
  readonly value: string;
  readonly options: readonly { readonly value: string; readonly label: string }[];
  readonly onChange: (value: string) => void;
}) {
  return (
    <label class="field">
      <span>{props.label}</span>
      <select value={props.value} onChange={(event) => props.onChange(event.currentTarget.value)}>
        {props.options.map(({ value, label }) => <option key={value} value={value}>{label}</option>)}
      </select>
    </label>
  );
}

/** A labelled text field, with its error below it. */
export function TextField(props: {
  readonly label: string;
  readonly value: string;
  readonly onInput: (value: string) => void;
  readonly type?: "text" | "password" | "tel" | "date";
  readonly inputMode?: "numeric" | "decimal" | "tel" | "text";
  readonly autocomplete?: string;
  readonly maxLength?: number;
  readonly help?: string;
  readonly error?: string | undefined;
  readonly autofocus?: boolean;
  readonly name?: string;
}) {
  const { label, value, onInput, help, error, type = "text", autocomplete = "off", maxLength = 120 } = props;
  return (
    <label class="field">
      <span>{label}</span>
      <input
        // One literal stands for all: the types list attributes by type.
        type={type as "text"}
        name={props.name}
        value={value}
        onInput={(event) => onInput(event.currentTarget.value)}
        inputMode={props.inputMode}
        autocomplete={autocomplete}
        maxLength={maxLength}
        spellcheck={false}
        autofocus={props.autofocus}
        aria-invalid={error !== undefined}
      />
      {help !== undefined && <small>{help}</small>}
      {error !== undefined && <small class="error" role="alert">{error}</small>}
    </label>
  );
}
