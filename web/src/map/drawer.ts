/** Drawing an area: a rectangle that is dragged, or a polygon whose corners are clicked. */
import type { Feature, Position } from "geojson";
import type { GeoJSONSource, Map as MapLibre, MapMouseEvent, MapTouchEvent } from "maplibre-gl";
import type { Box, WherePart } from "../question/parts";
import type { Drawing } from "../state/store";
import { NOTHING, polygonOf } from "./features";

type Point = [longitude: number, latitude: number];
const CLOSE_PIXELS = 10;
const LEAST_PIXELS = 4;

export class Drawer {
  mode: Drawing = "look";
  private corners: Point[] = [];
  private start: Point | null = null;

  constructor(
    private readonly map: MapLibre,
    private readonly onDrawn: (area: WherePart["area"] | null) => void,
  ) {
    map.on("mousedown", (event) => this.pressed(event));
    map.on("mousemove", (event) => this.moved(event));
    map.on("mouseup", (event) => this.released(event));
    map.on("touchstart", (event) => this.pressed(event));
    map.on("touchmove", (event) => this.moved(event));
    map.on("touchend", (event) => this.released(event));
    map.on("click", (event) => this.clicked(event));
    map.on("dblclick", (event) => {
      if (this.mode !== "polygon") return;
      event.preventDefault();
      this.finish();
    });
    document.addEventListener("keydown", this.key, true);
  }

  begin(mode: Drawing): void {
    if (mode === this.mode) return;
    this.mode = mode;
    this.corners = [];
    this.start = null;
    this.show([]);
    this.map.getCanvas().style.cursor = mode === "look" ? "" : "crosshair";
    this.map.dragPan[mode === "box" ? "disable" : "enable"]();
    this.map.doubleClickZoom[mode === "look" ? "enable" : "disable"]();
    this.map.boxZoom[mode === "look" ? "enable" : "disable"]();
  }

  stop(): void {
    document.removeEventListener("keydown", this.key, true);
  }

  private readonly key = (event: KeyboardEvent): void => {
    if (this.mode === "look") return;
    if (event.key === "Escape") this.give(null);
    else if (this.mode === "polygon" && event.key === "Enter") this.finish();
    else if (this.mode === "polygon" && event.key === "Backspace") this.show(this.corners.splice(-1) && this.corners);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };

  private pressed(event: MapMouseEvent | MapTouchEvent): void {
    if (this.mode !== "box") return;
    event.preventDefault();
    this.start = at(event);
  }

  private moved(event: MapMouseEvent | MapTouchEvent): void {
    if (this.mode === "box" && this.start) this.show(ringOf(boxBetween(this.start, at(event))));
    else if (this.mode === "polygon" && this.corners.length) this.show([...this.corners, at(event)]);
  }

  private released(event: MapMouseEvent | MapTouchEvent): void {
    if (this.mode !== "box" || !this.start) return;
    const [from, to] = [this.map.project(this.start), event.point];
    const bbox = boxBetween(this.start, at(event));
    this.start = null;
    if (Math.abs(from.x - to.x) < LEAST_PIXELS || Math.abs(from.y - to.y) < LEAST_PIXELS) this.show([]);
    else this.give({ bbox });
  }

  private clicked(event: MapMouseEvent): void {
    if (this.mode !== "polygon") return;
    const [first] = this.corners;
    if (first && this.corners.length > 2 && this.map.project(first).dist(event.point) < CLOSE_PIXELS) {
      this.finish();
      return;
    }
    const last = this.corners.at(-1);
    if (last && this.map.project(last).dist(event.point) < 3) return; // the second click of a double click
    this.corners.push(at(event));
    this.show(this.corners);
  }

  private finish(): void {
    const [first] = this.corners;
    if (!first || this.corners.length < 3) return;
    this.give({ intersects: { type: "Polygon", coordinates: [[...this.corners, first]] } });
  }

  private give(area: WherePart["area"] | null): void {
    this.begin("look");
    this.onDrawn(area);
  }

  private show(corners: readonly Position[]): void {
    const features: Feature[] = corners.map((corner) => ({
      type: "Feature",
      geometry: { type: "Point", coordinates: corner },
      properties: {},
    }));
    if (corners.length > 1) {
      const [first = [0, 0]] = corners;
      features.push({
        type: "Feature",
        geometry: { type: "Polygon", coordinates: [[...corners, first]] },
        properties: {},
      });
    }
    this.map.getSource<GeoJSONSource>("drawn")?.setData({ ...NOTHING, features });
  }
}

function at(event: MapMouseEvent | MapTouchEvent): Point {
  const round = (value: number) => Math.round(value * 1e6) / 1e6;
  const { lng, lat } = event.lngLat;
  return [round(Math.max(-180, Math.min(180, lng))), round(Math.max(-85, Math.min(85, lat)))];
}

function boxBetween(a: Point, b: Point): Box {
  return [Math.min(a[0], b[0]), Math.min(a[1], b[1]), Math.max(a[0], b[0]), Math.max(a[1], b[1])];
}

const ringOf = (box: Box): Position[] => polygonOf(box).coordinates[0]?.slice(0, 4) ?? [];
