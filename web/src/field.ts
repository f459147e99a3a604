// The field app. It is served at /field/ and works there without a network.

import { start } from "./field/ui/main";

const root = document.getElementById("app");
if (root !== null) {
  start(root).catch((error: unknown) => {
    root.textContent = String(error);
  });
}
