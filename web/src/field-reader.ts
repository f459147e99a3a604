// The worker that finds codes in camera pictures: QR codes (ours), and what manufacturers print
// on tubes and plates. It gets a picture and answers with the texts in it.

import { prepareZXingModule, readBarcodes, type ReaderOptions } from "zxing-wasm/reader";

prepareZXingModule({
  overrides: { locateFile: (file: string) => `/assets/${file}` },
  fireImmediately: true,
});

const OPTIONS: ReaderOptions = {
  formats: ["QRCode", "Code128", "DataMatrix"],
  maxNumberOfSymbols: 2,
  tryDownscale: false,
};

interface Picture {
  readonly data: Uint8ClampedArray<ArrayBuffer>;
  readonly width: number;
  readonly height: number;
}

addEventListener("message", ({ data: picture }: MessageEvent<Picture>) => {
  const image = new ImageData(picture.data, picture.width, picture.height);
  readBarcodes(image, OPTIONS).then(
    (codes) => postMessage(codes.filter(({ isValid }) => isValid).map(({ text }) => text)),
    () => postMessage([]),
  );
});
