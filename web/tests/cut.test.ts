/** The cut: the scale results lie on, what is kept, how many lie where. */
import { describe, expect, it } from "vitest";
import { kept, scaleOf, threshold } from "../src/reading/cut";
import { heights, histogram } from "../src/reading/histogram";
import { automaticOf } from "../src/state/asking";
import { item } from "./worlds";

const sure = [0.99, 0.9, 0.6, 0.2, 0].map((probability, index) =>
  item(`${index}`, { probability, score: 1 - index / 5 }),
);
const scored = [0.8, 0.5, 0.3].map((score, index) => item(`${index}`, { score, probability: null }));

describe("the scale", () => {
  it("is the probability where every result has one, else the score", () => {
    expect(scaleOf(sure)).toEqual({ kind: "probability", low: 0, high: 1 });
    expect(scaleOf(scored)).toEqual({ kind: "score", low: 0.3, high: 0.8 });
    expect(scaleOf([...sure, ...scored])?.kind).toBe("score");
    expect(scaleOf([item("a")])).toBeNull();
  });

  it("has room on both sides of a single score", () => {
    expect(scaleOf([item("a", { score: 0.5 })])).toEqual({ kind: "score", low: 0, high: 1 });
  });
});

describe("the cut", () => {
  const scale = scaleOf(sure);

  it("is the service's own until somebody moves it", () => {
    expect(kept(sure, scale, threshold("auto", 0.57, scale))).toHaveLength(3);
    expect(kept(sure, scale, threshold(0.95, 0.57, scale))).toHaveLength(1);
    expect(kept(sure, scale, threshold(0, 0.57, scale))).toHaveLength(5);
  });

  it("keeps everything where the service names none, or nothing is ranked", () => {
    expect(kept(sure, scale, threshold("auto", null, scale))).toHaveLength(5);
    expect(kept(scored, null, threshold(0.5, 0.5, null))).toHaveLength(3);
  });

  it("is a share of the range where only scores are known", () => {
    const own = scaleOf(scored);
    expect(kept(scored, own, threshold(0.5, null, own))).toHaveLength(1);
    expect(kept(scored, own, threshold("auto", 0.9, own))).toHaveLength(3);
  });

  it("leaves nothing where the service keeps nothing", () => {
    const nothing = { type: "FeatureCollection" as const, features: [], numberReturned: 0 };
    const cut = { asked: "auto" as const, probability: null, kept: 0, dropped: 9 };
    const { least } = automaticOf({ ...nothing, "satseek:cut": cut, "satseek:message": "No." });
    expect(kept(sure, scale, threshold("auto", least, scale))).toEqual([]);
  });
});

describe("the histogram", () => {
  it("counts every result once, the greatest in the last bin", () => {
    const scale = scaleOf(sure);
    if (!scale) throw new Error("no scale");
    const bins = histogram([...sure, item("best", { probability: 1, score: 1 })], scale, 10);
    expect(bins.map((bin) => bin.count)).toEqual([1, 0, 1, 0, 0, 0, 1, 0, 0, 3]);
    expect(Math.max(...heights(bins))).toBe(1);
    expect(heights(bins).every((height, index) => height > 0 === (bins[index]?.count ?? 0) > 0)).toBe(true);
  });
});
