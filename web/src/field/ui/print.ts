// Printing one part of a screen: the style sheet shows only `.print-now` on paper.

/** Prints the element with the given id. */
export function printPart(id: string): void {
  const part = document.getElementById(id);
  if (part === null) return;
  part.classList.add("print-now");
  document.body.classList.add("printing");
  const after = () => {
    part.classList.remove("print-now");
    document.body.classList.remove("printing");
  };
  addEventListener("afterprint", after, { once: true });
  print();
}
