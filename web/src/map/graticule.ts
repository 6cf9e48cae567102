/** Lines of longitude and latitude, as close as the view needs them. */
import type { FeatureCollection } from "geojson";
import type { Box } from "../question/parts";

const STEPS = [30, 15, 10, 5, 2, 1, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001];
const LINES = 7;

/** Return the step at which a width of so many degrees is crossed by a handful of lines. */
export function stepOf(degrees: number): number {
  return STEPS.find((step) => degrees / step >= LINES) ?? 0.001;
}

export function graticule([west, south, east, north]: Box): FeatureCollection {
  const step = stepOf(Math.max(east - west, (north - south) * 1.5, 0.005));
  const [low, high] = [Math.max(-85, south - step), Math.min(85, north + step)];
  const lines: number[][][] = [];
  for (let at = Math.ceil((west - step) / step); at * step <= east + step; at += 1) {
    if (Math.abs(at * step) <= 180)
      lines.push([
        [at * step, low],
        [at * step, high],
      ]);
  }
  for (let at = Math.ceil(low / step); at * step <= high; at += 1) {
    lines.push([
      [Math.max(-180, west - step), at * step],
      [Math.min(180, east + step), at * step],
    ]);
  }
  const features = lines.map((coordinates) => ({
    type: "Feature" as const,
    geometry: { type: "LineString" as const, coordinates },
    properties: {},
  }));
  return { type: "FeatureCollection", features };
}
