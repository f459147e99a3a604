// What build.mjs puts in place of these names.

/** Every built file but the service worker itself, for it to keep for use without a network. */
declare const __PRECACHE__: readonly {
  /** Path on the server, for example "/assets/field.js". */
  readonly url: string;
  /** Size in bytes. */
  readonly bytes: number;
  /** SHA-256 of the content, in hexadecimal. */
  readonly sha256: string;
}[];

/** Changes whenever the content of any built file changes: 16 hexadecimal digits. */
declare const __BUILD__: string;
