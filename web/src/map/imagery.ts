/** Scenes drawn under the results: tiles of those that the view shows large enough to be seen. */
import type { Map as MapLibre } from "maplibre-gl";
import { ownAddress } from "../api/client";
import { scenes } from "../api/service";
import type { Scene } from "../api/types";
import type { Box } from "../question/parts";
import { zoomWhere } from "../reading/ground";
import { tokenWanted } from "../state/store";

const MOST = 12; // scenes drawn at once
const ASKED = 60;
const SEEN_PIXELS = 40; // a scene that is smaller is not drawn
const ORDER = ["s1", "s2", "rgb"]; // from below to above: the finest lies on top

export class Imagery {
  private which = "off";
  private shown = new Map<string, string>(); // scene -> layer
  private asked = 0;

  constructor(private readonly map: MapLibre) {}

  show(which: string): void {
    this.which = which;
    const bounds = this.map.getBounds();
    this.follow([bounds.getWest(), bounds.getSouth(), bounds.getEast(), bounds.getNorth()]);
  }

  /** Draw the scenes of a view, and take those away that it does not show. */
  follow(view: Box): void {
    this.asked += 1;
    void this.draw(view, this.asked);
  }

  private async draw(view: Box, turn: number): Promise<void> {
    const found = this.which === "off" || tokenWanted.peek() ? [] : await this.found(view);
    if (turn !== this.asked || found === null || !this.map.getLayer("area-fill")) return;
    const wanted = new Map(found.map((scene) => [scene.id, scene]));
    for (const [id, layer] of this.shown) {
      if (wanted.has(id)) continue;
      this.map.removeLayer(layer);
      this.map.removeSource(layer);
      this.shown.delete(id);
    }
    for (const scene of found) this.add(scene);
    for (const scene of found) {
      const layer = this.shown.get(scene.id);
      if (layer) this.map.moveLayer(layer, "area-fill"); // each above the one before
    }
  }

  private async found(view: Box): Promise<Scene[] | null> {
    const clamped: Box = [
      Math.max(-180, view[0]),
      Math.max(-90, view[1]),
      Math.min(180, view[2]),
      Math.min(90, view[3]),
    ];
    try {
      const page = await scenes(clamped, this.which === "all" ? [] : [this.which], ASKED);
      const zoom = this.map.getZoom();
      const large = (page.features as Scene[]).filter(
        (scene) => scene.bbox && scene.properties.tiles && zoomWhere(scene.bbox as Box, SEEN_PIXELS) < zoom,
      );
      const rank = (scene: Scene) => ORDER.indexOf(scene.properties.sensor);
      return large.slice(0, MOST).sort((a, b) => rank(a) - rank(b));
    } catch {
      return null; // the service is away, or knows no scenes
    }
  }

  private add(scene: Scene): void {
    const tiles = scene.properties.tiles;
    if (!tiles || this.shown.has(scene.id)) return;
    const layer = `scene-${scene.id}`;
    this.map.addSource(layer, {
      type: "raster",
      tiles: [ownAddress(tiles)],
      tileSize: 256,
      bounds: scene.bbox as Box,
      minzoom: 0,
      maxzoom: 19,
    });
    this.map.addLayer(
      { id: layer, type: "raster", source: layer, paint: { "raster-fade-duration": 150 } },
      "area-fill",
    );
    this.shown.set(scene.id, layer);
  }
}
