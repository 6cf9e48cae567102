/** Small answers to test with. */
import type { Item } from "../src/api/types";

export function item(id: string, facts: { probability?: number | null; score?: number; bbox?: number[] } = {}): Item {
  const { probability, score, bbox } = facts;
  return {
    type: "Feature",
    id,
    geometry: null,
    ...(bbox && { bbox }),
    collection: "rgb",
    properties: {
      datetime: "2024-05-06T07:08:09Z",
      ...(probability !== undefined && { "satseek:probability": probability }),
      ...(score !== undefined && { "satseek:score": score }),
    },
  };
}
