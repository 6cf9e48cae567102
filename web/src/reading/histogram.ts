/** How many results lie where on their scale. */
import type { Item } from "../api/types";
import { measureOf, type Scale, share } from "./cut";

export interface Bin {
  from: number; // on the scale, 0 to 1
  to: number;
  count: number;
}

/** Count values into bins of equal width; the greatest value belongs to the last one. */
export function histogram(items: readonly Item[], scale: Scale, bins = 40): Bin[] {
  const counts = new Array<number>(bins).fill(0);
  for (const item of items) {
    const value = measureOf(item, scale);
    if (value === null) continue;
    const at = Math.min(bins - 1, Math.floor(share(value, scale) * bins));
    counts[at] = (counts[at] ?? 0) + 1;
  }
  return counts.map((count, index) => ({ from: index / bins, to: (index + 1) / bins, count }));
}

/** Return bar heights from 0 to 1 on a root scale, so that few good ones are seen beside many bad ones. */
export function heights(bins: readonly Bin[]): number[] {
  const most = Math.max(1, ...bins.map((bin) => bin.count));
  return bins.map((bin) => (bin.count ? Math.max(0.06, Math.sqrt(bin.count / most)) : 0));
}
