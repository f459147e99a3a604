// Line drawings for the tiles. They say nothing that the words beside them do not.

const PATHS = {
  collect: "M8 3h8M9.500 3v15.500a2.500 2.500 0 0 0 5 0V3M9.500 12h5",
  box: "M3 8l9-5 9 5v9l-9 5-9-5zM3 8l9 5 9-5M12 13v9",
  hand: "M4 8h13l-3-3M20 16H7l3 3",
  receive: "M12 3v11m-4-4 4 4 4-4M4 15v5h16v-5",
  plate: "M3 5h18v14H3zM7.5 9h.01M12 9h.01M16.500 9h.01M7.500 12h.01M12 12h.01M16.500 12h.01M7.500 15h.01M12 15h.01M16.500 15h.01",
  result: "M4 20h16M4 16l5-1 4-9 4 5h3",
  doors: "M6 21V4h12v17M3 21h18M14.500 12.500h.01",
  sweep: "M4 20V9l5-4 5 4v11M14 20v-8h6v8M3 20h18M8 12h2M8 16h2",
  interview: "M4 5h16v11H9l-5 4zM8 9h8M8 12h5",
  medicine: "M8 3h8v4H8zM7 7h10v14H7zM12 11v6M9 14h6",
  delivery: "M3 6h11v10H3zM14 9h4l3 4v3h-7zM7 19h.01M17 19h.01",
  paper: "M6 3h9l4 4v14H6zM14 3v5h5M9 12h7M9 16h7",
  home: "M4 11l8-7 8 7v9h-5v-6H9v6H4z",
  held: "M3 8l9-5 9 5v9l-9 5-9-5zM3 8l9 5 9-5M12 13v9",
  queue: "M7 17V5m-4 4 4-4 4 4M17 7v12m-4-4 4 4 4-4",
  settings: "M4 7h10M18 7h2M4 17h2M10 17h10M14 5v4M8 15v4",
} as const;

/** The name of an icon. */
export type IconName = keyof typeof PATHS;

export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round">
      <path d={PATHS[name]} />
    </svg>
  );
}
