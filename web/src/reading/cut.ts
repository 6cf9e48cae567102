/** Where results stop being convincing: the value of each, the scale they lie on, and what a cut leaves. */
import type { Item } from "../api/types";
import type { Cut } from "../question/parts";

/** What results are measured by: how probably they are right, or, where that is not known, their score. */
export interface Scale {
  kind: "probability" | "score";
  low: number;
  high: number;
}

export function scaleOf(items: readonly Item[]): Scale | null {
  const probabilities = values(items, "satseek:probability");
  if (probabilities.length && probabilities.length === items.length) return { kind: "probability", low: 0, high: 1 };
  const scores = values(items, "satseek:score");
  if (!scores.length) return null;
  const [low, high] = [Math.min(...scores), Math.max(...scores)];
  return high > low ? { kind: "score", low, high } : { kind: "score", low: low - 0.5, high: high + 0.5 };
}

export function measureOf(item: Item, scale: Scale | null): number | null {
  if (!scale) return null;
  const value = item.properties[scale.kind === "probability" ? "satseek:probability" : "satseek:score"];
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

/** Return where a value lies on its scale, from 0 to 1. */
export function share(value: number, scale: Scale): number {
  return Math.min(1, Math.max(0, (value - scale.low) / (scale.high - scale.low)));
}

/** Return the least value that is kept: a cut of one's own, or what the service found convincing. */
export function threshold(cut: Cut, automatic: number | null, scale: Scale | null): number {
  if (!scale) return Number.NEGATIVE_INFINITY;
  if (cut !== "auto") return scale.kind === "probability" ? cut : scale.low + cut * (scale.high - scale.low);
  return scale.kind === "probability" && automatic !== null ? automatic : Number.NEGATIVE_INFINITY;
}

export function kept(items: readonly Item[], scale: Scale | null, least: number): Item[] {
  if (!scale || least === Number.NEGATIVE_INFINITY) return [...items];
  return items.filter((item) => (measureOf(item, scale) ?? Number.NEGATIVE_INFINITY) >= least - 1e-9);
}

function values(items: readonly Item[], name: "satseek:probability" | "satseek:score"): number[] {
  return items.map((item) => item.properties[name]).filter((value): value is number => typeof value === "number");
}
