/** The map: takes what is to be shown, tells what is pointed at, opened and drawn. */
import "maplibre-gl/dist/maplibre-gl.css";
import { type GeoJSONSource, Map as MapLibre, NavigationControl, ScaleControl, setWorkerUrl } from "maplibre-gl";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url";
import { authorization, ownAddress } from "../api/client";
import type { Located } from "../api/types";
import type { Box, WherePart } from "../question/parts";
import { zoomWhere } from "../reading/ground";
import type { Drawing } from "../state/store";
import { calm, type Theme } from "../view/theme";
import { coastlines, FINE_FROM } from "./coast";
import { Drawer } from "./drawer";
import { areaFeature, type Hit, hitFeatures } from "./features";
import { graticule } from "./graticule";
import { Imagery } from "./imagery";
import { baseStyle, fillOpacity, HIT_LAYERS, paints } from "./style";

setWorkerUrl(workerUrl);

export interface Told {
  onHover: (id: string | null) => void;
  onOpen: (id: string) => void;
  onView: (box: Box) => void;
  onDrawn: (area: WherePart["area"] | null) => void;
}

const PADDING = 48;
const DEEPEST_FIT = 15;

export class Atlas {
  private readonly map: MapLibre;
  private readonly drawer: Drawer;
  private readonly imagery: Imagery;
  private readonly ready: Promise<void>;
  private hits: readonly Hit[] = [];
  private pointed: string | null = null;
  private chosen: string | null = null;
  private isFine = false;

  constructor(
    private readonly container: HTMLElement,
    private readonly told: Told,
  ) {
    this.map = new MapLibre({
      container,
      style: baseStyle(),
      center: [0, 20],
      zoom: 0.8,
      maxZoom: 20,
      renderWorldCopies: false,
      attributionControl: { compact: true },
      dragRotate: false,
      pitchWithRotate: false,
      fadeDuration: calm() ? 0 : 150,
      transformRequest: (url) => {
        const own = ownAddress(url);
        return own.startsWith(location.origin) ? { url: own, headers: authorization() } : { url: own };
      },
    });
    this.map.touchZoomRotate.disableRotation();
    this.map.addControl(new NavigationControl({ showCompass: false }), "top-right");
    this.map.addControl(new ScaleControl({ unit: "metric" }), "bottom-left");
    this.map.getCanvas().setAttribute("aria-label", "Map of the results. Arrow keys move it, + and − zoom.");
    this.drawer = new Drawer(this.map, told.onDrawn);
    this.imagery = new Imagery(this.map);
    this.ready = new Promise((resolve) => this.map.once("load", () => resolve()));
    this.map.on("moveend", () => this.moved());
    this.map.on("movestart", () => this.still(false));
    this.map.on("dataloading", () => this.still(false));
    this.map.on("resize", () => this.still(false));
    this.map.on("idle", () => this.still(true));
    this.map.on("mousemove", (event) => this.pointedAt(event.point));
    this.map.on("mouseout", () => told.onHover(null));
    this.map.on("click", (event) => {
      if (this.drawer.mode !== "look") return;
      const id = this.at(event.point);
      if (id) told.onOpen(id);
    });
    this.map.on("error", () => {}); // tiles that cannot be read leave the ground bare; the service's state is told elsewhere
    void this.ready.then(() => {
      container.dataset["ready"] = "true";
      const credits = container.querySelector(".maplibregl-ctrl-attrib"); // there to be opened, not in the way
      credits?.classList.remove("maplibregl-compact-show");
      credits?.removeAttribute("open");
      this.moved();
    });
    void coastlines(false).then((land) => this.data("land", land));
  }

  showHits(hits: readonly Hit[]): void {
    this.hits = hits;
    const { footprints, points } = hitFeatures(hits);
    void this.data("hits", footprints);
    void this.data("points", points);
  }

  setHover(id: string | null): void {
    void this.state(this.pointed, { hover: false });
    this.pointed = id;
    void this.state(id, { hover: true });
  }

  /** Mark the chosen result, and go there where it cannot be seen. */
  setChosen(id: string | null, box: Box | null): void {
    void this.state(this.chosen, { chosen: false });
    this.chosen = id;
    void this.state(id, { chosen: true });
    if (id && box) void this.ready.then(() => this.goTo(box));
  }

  fit([west, south, east, north]: Box): void {
    const duration = calm() ? 0 : 600;
    const east2 = east < west ? east + 360 : east;
    const [width, height] = [this.container.clientWidth, this.container.clientHeight];
    const padding = Math.min(PADDING, width / 6, height / 6);
    this.map.fitBounds([west, south, east2, north], { padding, maxZoom: DEEPEST_FIT, duration });
  }

  showArea(area: WherePart["area"] | null): void {
    void this.data("area", areaFeature(area));
  }

  draw(mode: Drawing): void {
    this.drawer.begin(mode);
  }

  showImagery(which: string): void {
    void this.ready.then(() => this.imagery.show(which));
  }

  showHeat(located: Located | null): void {
    void this.ready.then(() => {
      const overlay = located?.["satseek:overlay"];
      if (this.map.getLayer("heat")) this.map.removeLayer("heat");
      if (this.map.getSource("heat")) this.map.removeSource("heat");
      if (overlay) {
        const [west, south, east, north] = overlay.bounds;
        const corners: [[number, number], [number, number], [number, number], [number, number]] = [
          [west, north],
          [east, north],
          [east, south],
          [west, south],
        ];
        this.map.addSource("heat", {
          type: "image",
          url: new URL(ownAddress(overlay.href), location.origin).href,
          coordinates: corners,
        });
        this.map.addLayer(
          { id: "heat", type: "raster", source: "heat", paint: { "raster-opacity": 0.75 } },
          "area-fill",
        );
      }
      this.map.setPaintProperty("hits-fill", "fill-opacity", fillOpacity(overlay ? 0 : 1));
      const source = this.map.getSource<GeoJSONSource>("spots");
      source?.setData({ type: "FeatureCollection", features: located?.features ?? [] });
    });
  }

  setTheme(theme: Theme): void {
    void this.ready.then(() => {
      for (const [layer, property, value] of paints(theme))
        this.map.setPaintProperty(layer, property as "line-color", value);
    });
  }

  remove(): void {
    this.drawer.stop();
    this.map.remove();
  }

  private async data(name: string, value: GeoJSON.FeatureCollection): Promise<void> {
    await this.ready;
    this.map.getSource<GeoJSONSource>(name)?.setData(value);
  }

  private async state(id: string | null, state: Record<string, boolean>): Promise<void> {
    if (!id) return;
    await this.ready;
    for (const source of ["hits", "points"]) this.map.setFeatureState({ source, id }, state);
  }

  /** Return the result at a point of the screen: the best where several lie. */
  private at(point: { x: number; y: number }): string | null {
    if (!this.map.getLayer("hits-fill")) return null;
    const around: [[number, number], [number, number]] = [
      [point.x - 4, point.y - 4],
      [point.x + 4, point.y + 4],
    ];
    const found = this.map.queryRenderedFeatures(around, { layers: [...HIT_LAYERS] });
    const best = found.sort((a, b) => Number(b.properties["order"]) - Number(a.properties["order"]))[0];
    return best ? String(best.properties["id"]) : null;
  }

  private pointedAt(point: { x: number; y: number }): void {
    if (this.drawer.mode !== "look") return;
    const id = this.at(point);
    this.map.getCanvas().style.cursor = id ? "pointer" : "";
    this.told.onHover(id);
  }

  private goTo(box: Box): void {
    const bounds = this.map.getBounds();
    const inside = bounds.contains([box[0], box[1]]) && bounds.contains([box[2], box[3]]);
    const seen = zoomWhere(box, 24) < this.map.getZoom();
    if (inside && seen) return;
    const zoom = Math.min(DEEPEST_FIT + 1, zoomWhere(box, Math.min(220, this.container.clientWidth / 2)));
    const center: [number, number] = [(box[0] + box[2]) / 2, (box[1] + box[3]) / 2];
    const target = inside || seen ? { center, zoom: seen ? this.map.getZoom() : zoom } : { center, zoom };
    if (calm()) this.map.jumpTo(target);
    else this.map.flyTo({ ...target, duration: 900 });
  }

  /** Say outside whether all that is to be drawn is drawn, and nothing moves. */
  private still(is: boolean): void {
    this.container.dataset["still"] = String(is);
  }

  private moved(): void {
    const bounds = this.map.getBounds();
    const { lng, lat } = this.map.getCenter();
    const clamp = (value: number, most: number) => Math.max(-most, Math.min(most, value));
    const box: Box = [
      clamp(bounds.getWest(), 180),
      clamp(bounds.getSouth(), 90),
      clamp(bounds.getEast(), 180),
      clamp(bounds.getNorth(), 90),
    ];
    this.container.dataset["center"] = `${lng.toFixed(6)},${lat.toFixed(6)}`;
    this.container.dataset["zoom"] = this.map.getZoom().toFixed(2);
    void this.data("graticule", graticule(box));
    if (!this.isFine && this.map.getZoom() > FINE_FROM) {
      this.isFine = true;
      void coastlines(true).then((land) => this.data("land", land));
    }
    this.imagery.follow(box);
    this.told.onView(box);
  }

  /** How many results lie on the map; for those who look from outside. */
  get size(): number {
    return this.hits.length;
  }
}
