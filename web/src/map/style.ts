/** How the map looks: bare ground, coast and graticule, scenes between, areas, heat and results on top. */
import type { ExpressionSpecification, LayerSpecification, StyleSpecification } from "maplibre-gl";
import { mapStops } from "../reading/ramp";
import type { Theme } from "../view/theme";
import { NOTHING } from "./features";

export const HIT_LAYERS = ["hits-fill", "points"] as const;
const LISTED = "#e8590c"; // results of a listing: nothing ranks them
const flag = (name: string): ExpressionSpecification => ["boolean", ["feature-state", name], false];
const marked: ExpressionSpecification = ["any", flag("hover"), flag("chosen")];
const COLOUR: ExpressionSpecification = [
  "case",
  ["<", ["get", "share"], 0],
  LISTED,
  ["interpolate", ["linear"], ["get", "share"], ...mapStops()] as ExpressionSpecification,
];

/** Return an expression that differs by whether a footprint is large enough at a zoom to be seen as such. */
function whereSeen(
  seen: ExpressionSpecification | number,
  unseen: ExpressionSpecification | number,
): ExpressionSpecification {
  const at = (zoom: number): ExpressionSpecification => ["case", ["<=", ["get", "seen"], zoom], seen, unseen];
  const steps = Array.from({ length: 41 }, (_, index) => index / 2 + 0.5).flatMap((zoom) => [zoom, at(zoom)]);
  return ["step", ["zoom"], at(0), ...steps] as unknown as ExpressionSpecification;
}

/** Return how far footprints cover what lies under them; less of it where heat must be seen. */
export const fillOpacity = (factor: number): ExpressionSpecification => [
  "case",
  marked,
  0.22 * factor,
  ["<", ["get", "share"], 0],
  0.02 * factor,
  0.06 * factor,
];

const COLOURS = {
  light: { ground: "#dfe6ea", land: "#f4f3ee", coast: "#a9b6bd", lines: "#c3cdd3", casing: "#10181d" },
  dark: { ground: "#0d1418", land: "#1a2329", coast: "#44545e", lines: "#263239", casing: "#05080a" },
};

/** Return what changes between light and dark. */
export function paints(theme: Theme): [layer: string, property: string, value: string][] {
  const colours = COLOURS[theme];
  return [
    ["ground", "background-color", colours.ground],
    ["land", "fill-color", colours.land],
    ["coast", "line-color", colours.coast],
    ["graticule", "line-color", colours.lines],
    ["hits-casing", "line-color", colours.casing],
  ];
}

const line = (id: string, source: string, paint: Record<string, unknown>): LayerSpecification =>
  ({ id, type: "line", source, paint }) as LayerSpecification;

export function baseStyle(): StyleSpecification {
  const empty = () => ({ type: "geojson" as const, data: NOTHING });
  const hits = () => ({ ...empty(), promoteId: "id" });
  const colours = COLOURS.light;
  return {
    version: 8,
    sources: {
      land: { ...empty(), attribution: "Coastlines: Natural Earth" },
      graticule: empty(),
      area: empty(),
      spots: empty(),
      hits: hits(),
      points: hits(),
      drawn: empty(),
    },
    layers: [
      { id: "ground", type: "background", paint: { "background-color": colours.ground } },
      { id: "land", type: "fill", source: "land", paint: { "fill-color": colours.land } },
      line("coast", "land", { "line-color": colours.coast, "line-width": 0.7 }),
      line("graticule", "graticule", { "line-color": colours.lines, "line-width": 0.7 }),
      { id: "area-fill", type: "fill", source: "area", paint: { "fill-color": "#1c7ed6", "fill-opacity": 0.06 } },
      line("area-casing", "area", { "line-color": "#ffffff", "line-width": 4, "line-opacity": 0.7 }),
      line("area-line", "area", { "line-color": "#1c7ed6", "line-width": 2, "line-dasharray": [2, 1.5] }),
      line("spots-line", "spots", { "line-color": "#ffffff", "line-width": 2, "line-dasharray": [1, 1] }),
      {
        id: "hits-fill",
        type: "fill",
        source: "hits",
        layout: { "fill-sort-key": ["get", "order"] },
        paint: { "fill-color": COLOUR, "fill-opacity": fillOpacity(1) },
      },
      {
        ...line("hits-casing", "hits", {
          "line-color": colours.casing,
          "line-opacity": 0.65,
          "line-width": ["case", marked, 6, 3.4],
        }),
        layout: { "line-sort-key": ["get", "order"], "line-join": "round" },
      } as LayerSpecification,
      {
        ...line("hits-line", "hits", {
          "line-color": ["case", flag("chosen"), "#ffffff", COLOUR],
          "line-width": ["case", marked, 3.4, 1.8],
        }),
        layout: { "line-sort-key": ["get", "order"], "line-join": "round" },
      } as LayerSpecification,
      {
        id: "points",
        type: "circle",
        source: "points",
        layout: { "circle-sort-key": ["get", "order"] },
        paint: {
          "circle-color": COLOUR,
          "circle-radius": whereSeen(0, ["case", marked, 9, 5.5]),
          "circle-stroke-color": ["case", marked, "#ffffff", "rgba(10, 18, 24, 0.75)"],
          "circle-stroke-width": whereSeen(0, ["case", marked, 2.5, 1.2]),
        },
      },
      {
        id: "drawn-fill",
        type: "fill",
        source: "drawn",
        filter: ["==", ["geometry-type"], "Polygon"],
        paint: { "fill-color": "#1c7ed6", "fill-opacity": 0.15 },
      },
      line("drawn-line", "drawn", { "line-color": "#1c7ed6", "line-width": 2 }),
      {
        id: "drawn-corner",
        type: "circle",
        source: "drawn",
        filter: ["==", ["geometry-type"], "Point"],
        paint: {
          "circle-color": "#ffffff",
          "circle-radius": 4,
          "circle-stroke-color": "#1c7ed6",
          "circle-stroke-width": 2,
        },
      },
    ],
  };
}
