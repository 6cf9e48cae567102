/** Icons, drawn on a grid of 16; they say nothing to screen readers, the buttons around them do. */

const PATHS = {
  search: "M7 2.500a4.500 4.500 0 1 1 0 9a4.500 4.500 0 0 1 0-9zM10.500 10.500l3.500 3.500",
  close: "M4 4l8 8M12 4l-8 8",
  plus: "M8 3v10M3 8h10",
  minus: "M3 8h10",
  check: "M3 8.500l3.200 3.200L13 4.800",
  image: "M2.500 3.500h11v9h-11zM2.500 11l3.200-3.200l2.500 2.500l2.300-2l3 2.700M10.800 6.300h.01",
  box: "M3 3h10v10H3z",
  polygon: "M8 2.300l5.500 4.200l-2.100 6.700H4.600L2.500 6.500z",
  fit: "M2.500 6V2.500H6M10 2.500h3.500V6M13.500 10v3.500H10M6 13.500H2.500V10",
  here: "M8 14s4.500-4 4.500-7.500a4.500 4.500 0 1 0-9 0C3.500 10 8 14 8 14zM8 5v3M6.500 6.500h3",
  heat: "M8 2c.5 2.500 3.500 3.600 3.500 7a3.500 3.500 0 0 1-7 0c0-1.500.8-2.300 1.400-3c.3 1 .9 1.400 1.300 1.500C7.400 6 7 4 8 2z",
  layers: "M8 2.500l5.500 3L8 8.500l-5.500-3zM2.500 8.300l5.500 3l5.500-3M2.500 11l5.500 3l5.500-3",
  grid: "M3 3h4v4H3zM9 3h4v4H9zM3 9h4v4H3zM9 9h4v4H9z",
  list: "M3 4h10M3 8h10M3 12h10",
  share:
    "M6.500 9.500l3-3M7 4.500l1.200-1.200a2.900 2.900 0 0 1 4.100 4.100L11 8.600M9 11.500l-1.200 1.200a2.900 2.900 0 0 1-4.100-4.100L5 7.400",
  download: "M8 2.500v7.500M4.800 7L8 10.200L11.200 7M3 13.500h10",
  sun: "M8 5.200a2.800 2.800 0 1 1 0 5.600a2.800 2.800 0 0 1 0-5.600zM8 1.500v1.300M8 13.200v1.300M1.500 8h1.300M13.200 8h1.300M3.400 3.400l.9.9M11.700 11.700l.9.9M12.600 3.400l-.9.9M4.300 11.700l-.9.9",
  moon: "M13 9.600A5.500 5.500 0 1 1 6.400 3a4.500 4.500 0 0 0 6.600 6.600z",
  help: "M5.800 6a2.200 2.200 0 1 1 3.200 2c-.7.400-1 .8-1 1.500M8 12h.01",
  calendar: "M2.500 4h11v9.500h-11zM2.500 7h11M5.500 2.500V5M10.500 2.500V5",
  sensor: "M8 8l3.500-3.500M6 4.500a6 6 0 0 0 5.500 5.500M3 13l3-3M3.500 7.200a8 8 0 0 0 5.300 5.300z",
  edit: "M3 13l.6-2.800L10.800 3l2.200 2.200L5.800 12.400z",
  more: "M8 3v10M3 8h10M3.500 3.500h.01",
  compare: "M8 2v12M2.500 4h3.500v8H2.500zM10 4h3.500v8H10z",
  why: "M2.500 2.500h11v11h-11zM2.500 6.200h11M2.500 9.800h11M6.200 2.500v11M9.800 2.500v11",
  warn: "M8 2.500l6 10.500H2zM8 6.500v3M8 11.300h.01",
  up: "M8 13V3.500M4 7.500L8 3.500l4 4",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, size = 16 }: { name: IconName; size?: number }) {
  return (
    <svg class="icon" viewBox="0 0 16 16" width={size} height={size} aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}

export function Mark() {
  return (
    <svg class="mark" viewBox="0 0 32 32" width="28" height="28" aria-hidden="true">
      <rect width="32" height="32" rx="8" class="mark-ground" />
      <path
        class="mark-frame"
        d="M8 13V9.500A1.500 1.500 0 0 1 9.500 8H13M19 8h3.500A1.500 1.500 0 0 1 24 9.500V13M24 19v3.500a1.500 1.500 0 0 1-1.500 1.500H19M13 24H9.500A1.500 1.500 0 0 1 8 22.500V19"
      />
      <circle cx="16" cy="16" r="3.200" class="mark-found" />
    </svg>
  );
}
