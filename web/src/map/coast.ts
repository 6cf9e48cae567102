/** Coastlines of Natural Earth (public domain), from the package world-atlas; loaded beside the page, never from the web. */
import type { FeatureCollection } from "geojson";
import { feature } from "topojson-client";
import type { Topology } from "topojson-specification";
import coarse from "world-atlas/land-50m.json?url";
import { NOTHING } from "./features";

/** Return the land; nothing where it cannot be read. */
export async function coastlines(): Promise<FeatureCollection> {
  try {
    const topology = (await (await fetch(coarse)).json()) as Topology;
    const land = topology.objects["land"];
    if (!land) return NOTHING;
    const found = feature(topology, land);
    return found.type === "FeatureCollection" ? found : { type: "FeatureCollection", features: [found] };
  } catch {
    return NOTHING;
  }
}
