// Forms with a photo: it is made small before it is sent, and nothing of the camera's file is left but the picture.
// Without this script the server takes a photo that is small already.

import { LARGEST, LONGEST_SIDE } from "./field/core/photo";
import { shrink } from "./field/ui/shrink";

document.addEventListener("change", (event) => {
  const input = event.target;
  if (!(input instanceof HTMLInputElement) || input.dataset["photo"] === undefined) return;
  const [file] = input.files ?? [];
  if (file === undefined) return;
  // Nobody sends the large one meanwhile.
  const button = input.form?.querySelector<HTMLButtonElement>("button[type=submit]");
  if (button) button.disabled = true;
  void shrink(file, LONGEST_SIDE, LARGEST)
    .then((small) => {
      const files = new DataTransfer();
      files.items.add(new File([small], "photo.jpg", { type: "image/jpeg" }));
      input.files = files.files;
    })
    // What cannot be made small goes as it is: the server says what is wrong with it.
    .catch(() => undefined)
    .finally(() => {
      if (button) button.disabled = false;
    });
});
