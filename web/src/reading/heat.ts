/** A grid of how well each place in a picture fits, as pixels of magma from clear to bright. */
import type { Why } from "../api/types";

const STOPS = [
  [20, 14, 54],
  [99, 25, 128],
  [183, 55, 121],
  [252, 137, 97],
  [252, 253, 191],
];

/** Return a grid as rows of numbers; null where there is nothing in it. */
export function gridOf(why: Why): number[][] | null {
  const { grid, columns } = why;
  if (!Array.isArray(grid) || !grid.length) return null;
  if (Array.isArray(grid[0])) return grid as number[][];
  const flat = grid as number[];
  if (!columns || flat.length % columns) return null;
  return Array.from({ length: flat.length / columns }, (_, row) => flat.slice(row * columns, (row + 1) * columns));
}

/** Return RGBA pixels: the lowest value is clear, the highest bright; a grid without contrast stays clear. */
export function levels(grid: readonly (readonly number[])[]): Uint8ClampedArray<ArrayBuffer> {
  const flat = grid.flat();
  const known = flat.filter(Number.isFinite);
  const [low, high] = [Math.min(...known), Math.max(...known)];
  const pixels = new Uint8ClampedArray(flat.length * 4);
  flat.forEach((value, index) => {
    const level = high > low && Number.isFinite(value) ? (value - low) / (high - low) : 0;
    const at = level * (STOPS.length - 1);
    const [from, to] = [STOPS[Math.floor(at)] ?? [0, 0, 0], STOPS[Math.ceil(at)] ?? [0, 0, 0]];
    for (let channel = 0; channel < 3; channel += 1) {
      const [start, end] = [from[channel] ?? 0, to[channel] ?? 0];
      pixels[index * 4 + channel] = start + (at % 1) * (end - start);
    }
    pixels[index * 4 + 3] = 255 * Math.min(1, level * 1.3);
  });
  return pixels;
}
