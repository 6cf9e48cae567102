/** What was judged, as files that others read: CSV and GeoJSON. */
import type { Item } from "../api/types";

export type Verdict = "yes" | "no";

export interface Judged {
  item: Item;
  verdict: Verdict;
}

/** Return one row a judged result; texts are quoted as RFC 4180 says, and cannot be taken for formulas. */
export function labelsCsv(judged: readonly Judged[], question: string): string {
  const rows = judged.map(({ item, verdict }) => [
    item.id,
    verdict,
    item.properties["satseek:sensor"] ?? item.collection ?? "",
    item.properties.datetime ?? "",
    item.properties["satseek:score"] ?? "",
    item.bbox?.join(" ") ?? "",
    question,
  ]);
  const head = ["id", "label", "sensor", "datetime", "score", "bbox", "question"];
  return `${[head, ...rows].map((row) => row.map(cell).join(",")).join("\r\n")}\r\n`;
}

export function labelsGeojson(judged: readonly Judged[], question: string): string {
  const features = judged.map(({ item, verdict }) => ({
    type: "Feature",
    id: item.id,
    geometry: item.geometry,
    properties: {
      label: verdict,
      sensor: item.properties["satseek:sensor"] ?? item.collection,
      datetime: item.properties.datetime ?? null,
      question,
    },
  }));
  return JSON.stringify({ type: "FeatureCollection", features });
}

function cell(value: unknown): string {
  const text = typeof value === "string" && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
