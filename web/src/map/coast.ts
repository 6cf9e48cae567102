/** Coastlines of Natural Earth (public domain), from the package world-atlas; loaded beside the page, never from the web. */
import type { FeatureCollection } from "geojson";
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
    if (!land) return NOTHING;
    const found = feature(topology, land);
    return found.type === "FeatureCollection" ? found : { type: "FeatureCollection", features: [found] };
  } catch {
    return NOTHING;
  }
}
