// A question in front of everything else. The browser's own dialog keeps the focus inside, gives
// it back afterwards, and closes on Escape.

import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { useApp } from "./app";

interface Props {
  readonly title: string;
  readonly onClose: () => void;
  readonly children: ComponentChildren;
  /** As tall as the screen: for lists and forms. */
  readonly tall?: boolean;
}

export function Dialog({ title, onClose, children, tall = false }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const name = useId();
  const close = useRef(onClose);
  close.current = onClose;
  useEffect(() => {
    const shown = dialog.current;
    shown?.showModal();
    return () => shown?.close();
  }, []);
  return (
    <dialog
      ref={dialog}
      class={tall ? "tall" : ""}
      aria-labelledby={name}
      onCancel={(event) => {
        event.preventDefault();
        close.current();
      }}
    >
      <h2 id={name} tabIndex={-1} autofocus>{title}</h2>
      {children}
    </dialog>
  );
}

interface AskProps {
  readonly title: string;
  readonly children: ComponentChildren;
  readonly yes: string;
  readonly no?: string;
  readonly danger?: boolean;
  /** "No" is the safe answer: it stands out. */
  readonly careful?: boolean;
  readonly onYes: () => void;
  readonly onNo: () => void;
}

/** A yes-or-no question; Escape means no. */
export function Ask({ title, children, yes, no, danger = false, careful = false, onYes, onNo }: AskProps) {
  const { t } = useApp();
  return (
    <Dialog title={title} onClose={onNo}>
      <div class="ask-text">{children}</div>
      <div class="buttons">
        <button type="button" class={danger ? "button danger" : careful ? "button" : "button primary"} onClick={onYes}>{yes}</button>
        <button type="button" class={careful ? "button primary" : "button"} onClick={onNo}>{no ?? t("word.cancel")}</button>
      </div>
    </Dialog>
  );
}
