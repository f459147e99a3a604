// How syncing goes: the pill in the header, and the problem in words.

import { useEffect, useState } from "preact/hooks";
import { countPhotos } from "../core/photo";
import { countQueue } from "../core/queue";
import { useApp, useFieldState } from "./app";
import { useShow } from "./widgets";

/** Whether the browser believes that there is a network. */
export function useOnline(): boolean {
  const [online, setOnline] = useState(navigator.onLine);
  useEffect(() => {
    const look = () => setOnline(navigator.onLine);
    addEventListener("online", look);
    addEventListener("offline", look);
    return () => {
      removeEventListener("online", look);
      removeEventListener("offline", look);
    };
  }, []);
  return online;
}

/** Always in view: whether everything is with the server, and if not, how much is not. */
export function SyncPill() {
  const { t } = useApp();
  const state = useFieldState();
  const online = useOnline();
  const { waiting, unrecorded, refused: said } = countQueue(state.entries, state.session?.account);
  const photos = countPhotos(state);
  const refused = said + photos.refused;
  const text = refused > 0 ? t("sync.refused", { n: refused })
    : unrecorded > 0 ? t("sync.unrecorded", { n: unrecorded })
    : waiting > 0 ? t("sync.waiting", { n: waiting })
    : photos.waiting > 0 ? t("sync.photos", { n: photos.waiting })
    : t("sync.all");
  const kind = refused + unrecorded > 0 ? "refused" : waiting + photos.waiting > 0 ? "waiting" : "all";
  return (
    <a class={`pill ${kind}`} href="#/queue">
      {!online && <span class="offline">{t("sync.offline")}</span>}
      <span class="pill-text">{text}</span>
    </a>
  );
}

/** When the last sync was, and what stands in the way of the next. */
export function SyncProblem() {
  const { t } = useApp();
  const { sync, session } = useFieldState();
  const show = useShow();
  const needsSignIn = session !== undefined && session.token === null;
  const problem = needsSignIn ? "sign-in" : sync?.problem;
  return (
    <div class="sync-state">
      <p class="small">
        {sync?.lastSuccess === undefined ? t("sync.never") : t("sync.last", { time: show.time(sync.lastSuccess + sync.clockOffset) })}
      </p>
      {problem !== undefined && (
        <p class="warning" role="status">
          {t(`sync.problem.${problem}`)}
          {problem !== "sign-in" && sync?.nextTry !== undefined && ` ${t("sync.next", { time: show.clock(sync.nextTry + sync.clockOffset) })}`}
        </p>
      )}
      {needsSignIn && <a class="button primary wide" href="#/sign-in">{t("sync.sign-in")}</a>}
    </div>
  );
}
