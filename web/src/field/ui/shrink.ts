// Makes a photo small on the device. It is drawn anew on a canvas, so nothing of the camera's file is left but the
// picture: no place where it was taken, no name of the phone.

/** What could be read of a file was no picture. */
export class NotAPicture extends Error {}

/** The picture as a JPEG whose longest side is at most `side` pixels and whose bytes are at most `most`. */
export async function shrink(file: Blob, side: number, most: number): Promise<Blob> {
  const picture = await createImageBitmap(file, { imageOrientation: "from-image" }).catch(() => {
    throw new NotAPicture("this is no picture");
  });
  try {
    // A busy picture may be too large at the first try: then it loses sharpness, and at last size.
    for (const [scale, quality] of [[1, 0.8], [1, 0.6], [0.75, 0.6], [0.5, 0.5], [0.25, 0.4]] as const) {
      const part = Math.min(1, (side * scale) / Math.max(picture.width, picture.height));
      const canvas = document.createElement("canvas");
      canvas.width = Math.max(1, Math.round(picture.width * part));
      canvas.height = Math.max(1, Math.round(picture.height * part));
      const pen = canvas.getContext("2d");
      if (pen === null) throw new NotAPicture("this browser draws nothing");
      pen.drawImage(picture, 0, 0, canvas.width, canvas.height);
      const small = await new Promise<Blob | null>((done) => canvas.toBlob(done, "image/jpeg", quality));
      if (small !== null && small.size <= most) return small;
    }
  } finally {
    picture.close();
  }
  throw new NotAPicture("this picture cannot be made small");
}
