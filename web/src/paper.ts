// The one button of the pages for printing.

document.querySelector("[data-print]")?.addEventListener("click", () => print());
