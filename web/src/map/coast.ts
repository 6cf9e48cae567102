/** Coastlines of Natural Earth (public domain), from the package world-atlas; loaded beside the page, never from the web. */
import type { Feature, FeatureCollection, Position } from "geojson";
import { feature } from "topojson-client";
import type { Topology } from "topojson-specification";
import fine from "world-atlas/land-50m.json?url";
import coarse from "world-atlas/land-110m.json?url";
import { NOTHING } from "./features";

export const FINE_FROM = 3.5; // the zoom from which the coarse coast looks coarse

/** Return the land; nothing where it cannot be read. */
export async function coastlines(isFine: boolean): Promise<FeatureCollection> {
  try {
    const topology = (await (await fetch(isFine ? fine : coarse)).json()) as Topology;
    const { land } = topology.objects;
    return land ? flattened(feature(topology, land)) : NOTHING;
  } catch {
    return NOTHING;
  }
}

/** Lay the land of a sphere flat: its rings run over the date line and around the pole, those of a map must not. */
export function flattened(land: Feature | FeatureCollection): FeatureCollection {
  const features = (land.type === "FeatureCollection" ? land.features : [land]).flatMap((each) => {
    const { geometry } = each;
    const polygons =
      geometry.type === "MultiPolygon"
        ? geometry.coordinates
        : geometry.type === "Polygon"
          ? [geometry.coordinates]
          : [];
    return polygons.flatMap((rings) => pieces(together(rings.map(unwrapped))));
  });
  return { type: "FeatureCollection", features };
}

/** Return a ring without jumps over the date line; one around the pole is closed along the map's lower edge. */
export function unwrapped(ring: readonly Position[]): Position[] {
  let turns = 0;
  let before = ring[0]?.[0] ?? 0;
  const found: Position[] = ring.map(([longitude = 0, latitude = 0]) => {
    if (longitude - before > 180) turns -= 360;
    if (before - longitude > 180) turns += 360;
    before = longitude;
    return [longitude + turns, latitude];
  });
  const [first, last] = [found[0], found.at(-1)];
  if (turns === 0 || !first || !last) return found;
  const edge = found.reduce((sum, point) => sum + (point[1] ?? 0), 0) < 0 ? -90 : 90;
  return [...found, [last[0] ?? 0, edge], [first[0] ?? 0, edge], first];
}

/** Bring the holes of a polygon to the turn of the globe on which its outline lies. */
function together([outline = [], ...holes]: Position[][]): Position[][] {
  const longitudes = outline.map((point) => point[0] ?? 0);
  const [west, east] = [Math.min(...longitudes), Math.max(...longitudes)];
  const turned = holes.map((hole) => {
    const at = hole[0]?.[0] ?? 0;
    const shift = at < west ? 360 : at > east ? -360 : 0;
    return hole.map(([longitude = 0, latitude = 0]) => [longitude + shift, latitude]);
  });
  return [outline, ...turned];
}

/** Return the pieces of a polygon that lie on the map: what runs over the date line comes in on the other side. */
function pieces(rings: Position[][]): Feature[] {
  return [0, 360, -360].flatMap((shift) => {
    const shifted = rings.map((ring) => clipped(ring.map(([x = 0, y = 0]) => [x + shift, y])));
    if (!shifted[0]?.length) return [];
    const coordinates = shifted.filter((ring) => ring.length > 3);
    return [{ type: "Feature" as const, properties: {}, geometry: { type: "Polygon" as const, coordinates } }];
  });
}

/** Cut a ring at the edges of the map, one after another. */
function clipped(ring: Position[]): Position[] {
  let found = ring;
  for (const [axis, edge, sign] of EDGES) found = clippedAt(found, axis, edge, sign);
  return found;
}

const EDGES: [axis: 0 | 1, edge: number, sign: 1 | -1][] = [
  [0, -180, 1],
  [0, 180, -1],
  [1, -85.05, 1],
  [1, 85.05, -1],
];

function clippedAt(ring: Position[], axis: 0 | 1, edge: number, sign: 1 | -1): Position[] {
  const depth = (point: Position) => ((point[axis] ?? 0) - edge) * sign;
  const found: Position[] = [];
  for (let at = 1; at < ring.length; at += 1) {
    const [from = [], to = []] = [ring[at - 1], ring[at]];
    const [before, after] = [depth(from), depth(to)];
    if (before >= 0) found.push(from);
    if (before >= 0 !== after >= 0) {
      const share = before / (before - after);
      found.push([0, 1].map((each) => (from[each] ?? 0) + share * ((to[each] ?? 0) - (from[each] ?? 0))));
    }
  }
  const [first] = found;
  return first && found.length > 2 ? [...found, first] : [];
}
