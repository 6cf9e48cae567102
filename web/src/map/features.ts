/** What is shown on the map as GeoJSON. */
import type { FeatureCollection, Polygon } from "geojson";
import type { Item } from "../api/types";
import type { Box, WherePart } from "../question/parts";
import { boxOfItem, middle, zoomWhere } from "../reading/ground";

export interface Hit {
  item: Item;
  share: number | null; // where it lies on the scale of probability, null in a listing
}

export const NOTHING: FeatureCollection = { type: "FeatureCollection", features: [] };
const SEEN_PIXELS = 9; // a footprint that is smaller is shown as a point

/** Return footprints, and points for where these are too small to be seen. */
export function hitFeatures(hits: readonly Hit[]): { footprints: FeatureCollection; points: FeatureCollection } {
  const footprints: FeatureCollection = { type: "FeatureCollection", features: [] };
  const points: FeatureCollection = { type: "FeatureCollection", features: [] };
  for (const { item, share } of hits) {
    const box = boxOfItem(item);
    if (!box) continue;
    const properties = { id: item.id, share: share ?? -1, order: share ?? 0, seen: zoomWhere(box, SEEN_PIXELS) };
    footprints.features.push({ type: "Feature", geometry: item.geometry ?? polygonOf(box), properties });
    points.features.push({ type: "Feature", geometry: { type: "Point", coordinates: middle(box) }, properties });
  }
  return { footprints, points };
}

export function areaFeature(area: WherePart["area"] | null): FeatureCollection {
  if (!area) return NOTHING;
  const geometry = "bbox" in area ? polygonOf(area.bbox) : area.intersects;
  return { type: "FeatureCollection", features: [{ type: "Feature", geometry, properties: {} }] };
}

export function polygonOf([west, south, east, north]: Box): Polygon {
  const far = east < west ? east + 360 : east;
  return {
    type: "Polygon",
    coordinates: [
      [
        [west, south],
        [far, south],
        [far, north],
        [west, north],
        [west, south],
      ],
    ],
  };
}
