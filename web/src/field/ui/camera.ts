// Reading codes from the camera, again and again, until told to stop. The reader runs in a
// worker of its own (src/field-reader.ts), so that the screen stays quick.

/** How the camera is. */
export type CameraState = "starting" | "running" | "denied" | "missing";

/** What one may do with a running camera. */
export interface Camera {
  stop(): void;
  /** Whether this camera has a light. */
  readonly hasTorch: boolean;
  torch(on: boolean): Promise<void>;
}

/** Milliseconds between two looks. Eight a second feels immediate and spares the battery. */
const PAUSE_MS = 120;
/** Width of the picture that is searched: enough for a code held at arm's length. */
const SEARCH_WIDTH = 800;
/** A code that stays in view counts once; it counts again after it was away this long. */
const AWAY_MS = 1_800;
/** From one screen to the next the camera stays on: starting it takes a second each time. */
const LINGER_MS = 4_000;
const READER = "/assets/field-reader.js";

/** What a camera needs to run, shared by the screens that follow each other. */
interface Source {
  readonly stream: MediaStream;
  readonly worker: Worker;
}

let source: Promise<Source> | undefined;
let users = 0;
let closing: ReturnType<typeof setTimeout> | undefined;
/** When each code was last in view, over all screens: one tube in view is one scan. */
const lastSeen = new Map<string, number>();

async function openSource(): Promise<Source> {
  const stream = await navigator.mediaDevices.getUserMedia({
    audio: false,
    video: { facingMode: { ideal: "environment" }, width: { ideal: 1280 }, height: { ideal: 720 } },
  });
  return { stream, worker: new Worker(READER, { type: "module" }) };
}

function take(): Promise<Source> {
  users += 1;
  clearTimeout(closing);
  source ??= openSource();
  source.catch(() => (source = undefined));
  return source;
}

function release(): void {
  users -= 1;
  if (users > 0) return;
  closing = setTimeout(() => {
    const old = source;
    source = undefined;
    void old?.then(({ stream, worker }) => {
      worker.terminate();
      for (const track of stream.getTracks()) track.stop();
    }, () => undefined);
  }, LINGER_MS);
}

interface Torch {
  torch?: boolean;
}

/** Starts the camera in `video` and calls `seen` for each code that comes into view. */
export async function startCamera(video: HTMLVideoElement, seen: (text: string) => void): Promise<Camera> {
  let stopped = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const stop = () => {
    if (stopped) return;
    stopped = true;
    clearTimeout(timer);
    video.srcObject = null;
    release();
  };
  try {
    const { stream, worker } = await take();
    video.srcObject = stream;
    await video.play();

    const canvas = document.createElement("canvas");
    const pen = canvas.getContext("2d", { willReadFrequently: true });
    const look = () => {
      if (stopped) return;
      if (pen === null || video.videoWidth === 0 || document.hidden) {
        timer = setTimeout(look, PAUSE_MS * 2);
        return;
      }
      const scale = Math.min(1, SEARCH_WIDTH / video.videoWidth);
      canvas.width = Math.round(video.videoWidth * scale);
      canvas.height = Math.round(video.videoHeight * scale);
      pen.drawImage(video, 0, 0, canvas.width, canvas.height);
      const { data, width, height } = pen.getImageData(0, 0, canvas.width, canvas.height);
      worker.postMessage({ data, width, height }, [data.buffer]);
    };
    worker.onmessage = ({ data: texts }: MessageEvent<readonly string[]>) => {
      if (stopped) return;
      const now = performance.now();
      for (const text of texts) {
        const before = lastSeen.get(text);
        lastSeen.set(text, now);
        if (before === undefined || now - before > AWAY_MS) seen(text);
      }
      timer = setTimeout(look, PAUSE_MS);
    };
    look();

    const [track] = stream.getVideoTracks();
    return {
      stop,
      hasTorch: (track?.getCapabilities?.() as Torch | undefined)?.torch === true,
      torch: async (on) => {
        // `torch` is not among the constraints that TypeScript knows.
        await track?.applyConstraints({ advanced: [{ torch: on } as MediaTrackConstraintSet] });
      },
    };
  } catch (error) {
    stop();
    throw error;
  }
}

/** Why a camera could not be started. */
export function cameraProblem(error: unknown): CameraState {
  const name = error instanceof DOMException ? error.name : "";
  return name === "NotAllowedError" || name === "SecurityError" ? "denied" : "missing";
}
