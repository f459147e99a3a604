// Taking the photo that proves a receipt, with its preview.

import { useEffect, useRef, useState } from "preact/hooks";
import { LARGEST, LONGEST_SIDE, type TakenPhoto } from "../core/photo";
import { useApp, useOnce } from "./app";
import { shrink } from "./shrink";

/** The SHA-256 of bytes in hexadecimal. */
async function hashOf(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** A button for the camera, and what was taken. */
export function PhotoField(props: { readonly name: string; readonly photo: TakenPhoto | undefined; readonly onPhoto: (photo: TakenPhoto | undefined) => void }) {
  const { t, say } = useApp();
  const { name, photo, onPhoto } = props;
  const input = useRef<HTMLInputElement>(null);
  const [busy, once] = useOnce();
  const shown = useShown(photo);
  const take = async () => {
    const file = input.current?.files?.[0];
    if (file === undefined) return;
    try {
      const bytes = new Uint8Array(await (await shrink(file, LONGEST_SIDE, LARGEST)).arrayBuffer());
      onPhoto({ hash: await hashOf(bytes), bytes });
      // Bad news of the picture before stays until the next.
      say(t("photo.ready"));
    } catch {
      say(t("photo.unreadable"), "bad");
    } finally {
      // The same picture may be chosen again.
      if (input.current !== null) input.current.value = "";
    }
  };
  return (
    <div class="photo">
      {shown !== undefined && photo !== undefined && (
        <figure>
          <img src={shown} alt={t("photo.of", { door: name })} />
          <figcaption class="small">{t("photo.size", { n: Math.ceil(photo.bytes.length / 1024) })}</figcaption>
        </figure>
      )}
      <div class="options two">
        <label class="button file">
          {t(photo === undefined ? "photo.take" : "photo.again")}
          <input
            ref={input}
            class="visually-hidden"
            type="file"
            accept="image/*"
            capture="environment"
            disabled={busy}
            aria-label={`${t(photo === undefined ? "photo.take" : "photo.again")} (${name})`}
            onChange={() => once(take)}
          />
        </label>
        {photo !== undefined && <button type="button" class="button quiet" onClick={() => onPhoto(undefined)}>{t("photo.drop")}</button>}
      </div>
      {photo === undefined && <p class="small">{t("photo.hint")}</p>}
    </div>
  );
}

/** An address under which the browser shows the photo; given back when it is no longer shown. */
function useShown(photo: TakenPhoto | undefined): string | undefined {
  const [shown, show] = useState<string>();
  useEffect(() => {
    if (photo === undefined) return show(undefined);
    const address = URL.createObjectURL(new Blob([photo.bytes], { type: "image/jpeg" }));
    show(address);
    return () => URL.revokeObjectURL(address);
  }, [photo]);
  return shown;
}
