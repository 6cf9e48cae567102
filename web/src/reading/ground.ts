/** Where results lie: boxes, middles, and the zoom from which a footprint can be seen. */
import type { Geometry, Position } from "geojson";
import type { Item } from "../api/types";
import type { Box } from "../question/parts";

export function boxOfGeometry(geometry: Geometry | null): Box | null {
  if (!geometry) return null;
  const points = positions(geometry);
  if (!points.length) return null;
  const [xs, ys] = [points.map((point) => point[0] ?? 0), points.map((point) => point[1] ?? 0)];
  return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
}

export function boxOfItem(item: Item): Box | null {
  return item.bbox?.length === 4 ? (item.bbox as Box) : boxOfGeometry(item.geometry);
}

/** Return the box around all; null where nothing has a place. */
export function around(boxes: readonly (Box | null)[]): Box | null {
  let found: Box | null = null;
  for (const box of boxes) {
    if (!box) continue;
    found = found
      ? [Math.min(found[0], box[0]), Math.min(found[1], box[1]), Math.max(found[2], box[2]), Math.max(found[3], box[3])]
      : [...box];
  }
  return found;
}

export const middle = ([west, south, east, north]: Box): [number, number] => [
  west <= east ? (west + east) / 2 : (((west + east + 360) / 2 + 180) % 360) - 180,
  (south + north) / 2,
];

/** Return the zoom at which a box is so many pixels wide, on tiles of 512 pixels. */
export function zoomWhere([west, south, east, north]: Box, pixels: number): number {
  const degrees = Math.max(east - west, (north - south) / Math.max(0.1, Math.cos((south * Math.PI) / 180)), 1e-9);
  return Math.log2((pixels * 360) / (512 * degrees));
}

function positions(geometry: Geometry): Position[] {
  if (geometry.type === "GeometryCollection") return geometry.geometries.flatMap(positions);
  return flat(geometry.coordinates);
}

function flat(value: unknown): Position[] {
  if (!Array.isArray(value)) return [];
  return typeof value[0] === "number" ? [value as Position] : value.flatMap(flat);
}
