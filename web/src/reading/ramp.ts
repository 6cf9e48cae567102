/** Colours of probability: viridis, which reads the same with any colour vision and in grey. */

const STOPS = ["#46327e", "#365c8d", "#277f8e", "#1fa187", "#4ac16d", "#a0da39", "#fde725"];

/** Return the colour of a share from 0 to 1 as `rgb(r, g, b)`. */
export function colour(share: number): string {
  const at = Math.min(1, Math.max(0, share)) * (STOPS.length - 1);
  const low = Math.min(STOPS.length - 2, Math.floor(at));
  const [from, to] = [channels(STOPS[low]), channels(STOPS[low + 1])];
  const mixed = from.map((value, index) => Math.round(value + (at - low) * ((to[index] ?? 0) - value)));
  return `rgb(${mixed.join(", ")})`;
}

/** Return the ramp as stops of a MapLibre interpolation over [0, 1]. */
export const mapStops = (): (number | string)[] => STOPS.flatMap((stop, index) => [index / (STOPS.length - 1), stop]);

export const gradient = `linear-gradient(to right, ${STOPS.join(", ")})`;

function channels(hex = "#000000"): number[] {
  return [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16));
}
