/** Reading answers: places, colours, labels, heat, texts. */
import { describe, expect, it } from "vitest";
import { ownAddress } from "../src/api/client";
import { flattened, unwrapped } from "../src/map/coast";
import { hitFeatures } from "../src/map/features";
import { graticule, stepOf } from "../src/map/graticule";
import { asCurl, python } from "../src/question/code";
import { lookParameters, USUAL } from "../src/question/look";
import { percent, period, place } from "../src/reading/format";
import { around, boxOfGeometry, middle, zoomWhere } from "../src/reading/ground";
import { gridOf, levels } from "../src/reading/heat";
import { labelsCsv, labelsGeojson } from "../src/reading/labels";
import { colour } from "../src/reading/ramp";
import { refusal } from "../src/state/bringing";
import { item } from "./worlds";

describe("places", () => {
  it("lie in the box around all that have one", () => {
    expect(around([[0, 0, 1, 1], null, [-2, 0.5, 0, 3]])).toEqual([-2, 0, 1, 3]);
    expect(around([null])).toBeNull();
    expect(
      boxOfGeometry({
        type: "MultiPoint",
        coordinates: [
          [1, 2],
          [3, -4],
        ],
      }),
    ).toEqual([1, -4, 3, 2]);
  });

  it("have a middle, even over the date line", () => {
    expect(middle([10, 0, 20, 10])).toEqual([15, 5]);
    expect(middle([170, 0, -170, 10])[0]).toBeCloseTo(-180);
  });

  it("can be seen from some zoom on", () => {
    expect(zoomWhere([0, 0, 360, 1], 512)).toBeCloseTo(0);
    expect(zoomWhere([0, 0, 0.01, 0.01], 14)).toBeGreaterThan(9);
  });

  it("become footprints and points; results without a place become neither", () => {
    const { footprints, points } = hitFeatures([
      { item: item("a", { bbox: [0, 0, 1, 1] }), share: 0.7 },
      { item: item("b"), share: null },
    ]);
    expect([footprints.features.length, points.features.length]).toEqual([1, 1]);
    expect(points.features[0]?.geometry).toEqual({ type: "Point", coordinates: [0.5, 0.5] });
  });

  it("are crossed by a handful of lines at any zoom", () => {
    for (const width of [360, 40, 3, 0.2, 0.02]) {
      const lines = graticule([0 - width / 2, 10, width / 2, 10 + width / 4]).features.length;
      expect(lines).toBeGreaterThan(6);
      expect(lines).toBeLessThan(45);
    }
    expect(stepOf(1e-6)).toBe(0.001);
  });
});

describe("texts", () => {
  it("do not claim certainty", () => {
    expect([0, 0.004, 0.5, 0.996, 1].map(percent)).toEqual(["0 %", "<1 %", "50 %", ">99 %", "100 %"]);
  });

  it("say periods and places as people do", () => {
    expect(period("2023-05-12T00:00:00Z/2023-05-18T23:59:59Z")).toBe("2023-05-12 – 2023-05-18");
    expect(period("../2024-01-01")).toBe("until 2024-01-01");
    expect(place([-8.5, -43.25], 2)).toBe("43.25° S, 8.50° W");
  });

  it("are safe in a shell and in Python", () => {
    expect(asCurl("http://h", "/search", { q: "l'île" }, false)).toContain(`'{"q":"l'\\''île"}'`);
    expect(python({ a: [true, null, 1.5, 'x"y'] })).toBe('{"a": [True, None, 1.5, "x\\"y"]}');
  });
});

describe("labels", () => {
  const judged = [{ item: item("a", { score: 0.5, bbox: [0, 0, 1, 1] }), verdict: "yes" as const }];

  it("are rows that no spreadsheet takes for formulas", () => {
    const [head, row] = labelsCsv(judged, '=HYPERLINK("x"),y').split("\r\n");
    expect(head).toBe("id,label,sensor,datetime,score,bbox,question");
    expect(row).toContain(`"'=HYPERLINK(""x""),y"`);
  });

  it("are features with their verdict", () => {
    expect(JSON.parse(labelsGeojson(judged, "q")).features[0].properties).toMatchObject({ label: "yes" });
  });
});

describe("pictures", () => {
  it("are asked for with as few parameters as say what is wanted", () => {
    expect(`${lookParameters(USUAL, 512)}`).toBe("size=512");
    const look = { ...USUAL, bands: ["B12", "B08", "B04"], rescale: [0, 0.3] as [number, number] };
    expect(`${lookParameters(look, 64)}`).toBe("size=64&bidx=B12&bidx=B08&bidx=B04&rescale=0%2C0.3");
  });

  it("that are too large or none are refused before they are sent", () => {
    const file = { name: "scene.tif", type: "image/tiff", size: 40_000_000 };
    expect(refusal(file, 20_000_000)).toContain("40 MB");
    expect(refusal({ ...file, size: 5 }, 20_000_000)).toBeNull();
    expect(refusal({ name: "notes.pdf", type: "application/pdf", size: 5 }, 10)).toContain("PNG");
    expect(refusal({ name: "scan.TIF", type: "", size: 5 }, 10)).toBeNull();
  });

  it("of heat are clear where least and bright where most", () => {
    const grid = gridOf({ rows: 1, columns: 2, grid: [0.1, 0.9] });
    expect(grid).toEqual([[0.1, 0.9]]);
    const pixels = levels(grid ?? []);
    expect([pixels[3], pixels[7]]).toEqual([0, 255]);
    expect(levels([[1, 1]])[3]).toBe(0);
    expect(gridOf({ rows: 0, columns: 0, grid: [] })).toBeNull();
  });

  it("have colours from the dark to the bright end of the ramp", () => {
    expect(colour(0)).toBe("rgb(70, 50, 126)");
    expect(colour(1)).toBe("rgb(253, 231, 37)");
  });
});

describe("addresses of the service", () => {
  it("are the page's own where the same machine goes by another name", () => {
    const origin = "http://localhost:5173";
    expect(ownAddress("http://127.0.0.1:8000/tiles/{z}/{x}/{y}?scene=a", origin)).toBe(
      "http://localhost:5173/tiles/{z}/{x}/{y}?scene=a",
    );
    expect(ownAddress("/search", origin)).toBe("/search");
    expect(ownAddress("https://elsewhere.example/x", origin)).toBe("https://elsewhere.example/x");
  });
});

describe("the coast", () => {
  it("runs over the date line without crossing the map", () => {
    const ring = [
      [170, 60],
      [-170, 60],
      [-170, 70],
      [170, 70],
      [170, 60],
    ];
    expect(unwrapped(ring).map((point) => point[0])).toEqual([170, 190, 190, 170, 170]);
    const both = flattened({ type: "Feature", properties: {}, geometry: { type: "Polygon", coordinates: [ring] } });
    expect(both.features.map((each) => boxOfGeometry(each.geometry))).toEqual([
      [170, 60, 180, 70],
      [-180, 60, -170, 70],
    ]);
  });

  it("keeps a lake in its land, on whichever side of the date line the land was begun", () => {
    const land = [-170, 60, 170, 60, 40, 60, 40, 40, 170, 40, -170, 40, -170, 60];
    const outline = Array.from({ length: 7 }, (_, at) => land.slice(2 * at, 2 * at + 2));
    const lake = [50, 45, 51, 45, 51, 46, 50, 45];
    const hole = Array.from({ length: 4 }, (_, at) => lake.slice(2 * at, 2 * at + 2));
    const flat = flattened({
      type: "Feature",
      properties: {},
      geometry: { type: "Polygon", coordinates: [outline, hole] },
    });
    const holes = flat.features.map((each) =>
      each.geometry.type === "Polygon" ? each.geometry.coordinates.slice(1) : [],
    );
    expect(holes.flat()).toEqual([hole]);
    expect(holes.map((each) => each.length).sort()).toEqual([0, 1]);
  });

  it("around the pole is closed at the edge of the map", () => {
    const ring = [0, 120, -120, 0].map((longitude) => [longitude, -75]);
    expect(unwrapped(ring).slice(-3)).toEqual([
      [360, -90],
      [0, -90],
      [0, -75],
    ]);
  });
});
