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
    return polygons.flatMap((rings) => copies(rings.map(unwrapped)));
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

/** Return a polygon wherever the map shows it: what lies beyond the date line comes in again on the other side. */
function copies(rings: Position[][]): Feature[] {
  const longitudes = (rings[0] ?? []).map((point) => point[0] ?? 0);
  const [west, east] = [Math.min(...longitudes), Math.max(...longitudes)];
  const shifts = [0, ...(west < -180 ? [360] : []), ...(east > 180 ? [-360] : [])];
  return shifts.map((shift) => ({
    type: "Feature",
    properties: {},
    geometry: {
      type: "Polygon",
      coordinates: rings.map((ring) => ring.map(([longitude = 0, latitude = 0]) => [longitude + shift, latitude])),
    },
  }));
}
