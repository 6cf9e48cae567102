/** Numbers, dates and places as people read them. */
import type { Item } from "../api/types";
import type { Box, Part } from "../question/parts";
import type { Scale } from "./cut";

export const count = (value: number): string => value.toLocaleString("en");
/** Return a share in per cent; what is not certain is not said to be. */
export function percent(value: number): string {
  if (value > 0.99 && value < 1) return ">99 %";
  return value > 0 && value < 0.01 ? "<1 %" : `${Math.round(value * 100)} %`;
}
export const onScale = (value: number, scale: Scale): string =>
  scale.kind === "probability" ? percent(value) : value.toFixed(2);
export const milliseconds = (value: number): string =>
  value < 10 ? `${value.toFixed(1)} ms` : `${Math.round(value)} ms`;
export const megabytes = (bytes: number): string => `${Math.round(bytes / 1e6)} MB`;

export function day(datetime: string | null | undefined): string {
  return datetime ? datetime.slice(0, 10) : "";
}

/** Return an interval as two days, or one where both are the same. */
export function period(datetime: string): string {
  const [from = "", to] = datetime.split("/");
  if (to === undefined) return from.slice(0, 10);
  const [first, last] = [from, to].map((end) => (end === ".." ? "" : end.slice(0, 10)));
  if (!first) return `until ${last}`;
  if (!last) return `since ${first}`;
  return first === last ? `${first}` : `${first} – ${last}`;
}

export function place([longitude, latitude]: readonly [number, number], digits = 4): string {
  const side = (value: number, plus: string, minus: string) =>
    `${Math.abs(value).toFixed(digits)}° ${value < 0 ? minus : plus}`;
  return `${side(latitude, "N", "S")}, ${side(longitude, "E", "W")}`;
}

export const SENSOR_NAMES: Record<string, string> = { rgb: "True colour", s1: "Radar S1", s2: "Sentinel-2" };
export const sensorName = (sensor: string): string => SENSOR_NAMES[sensor] ?? sensor;
export const sensorOf = (item: Item): string => item.properties["satseek:sensor"] ?? item.collection ?? "";
export const titleOf = (item: Item): string => item.properties.title || item.id;

/** Return what a chip says of its part. */
export function partText(part: Part): string {
  switch (part.kind) {
    case "sentence":
    case "must":
    case "not":
      return part.text;
    case "like":
    case "unlike":
      return part.id.startsWith("upload-") ? "your picture" : `…${part.id.slice(-6)}`;
    case "where":
      return "bbox" in part.area ? boxText(part.area.bbox) : part.area.intersects.type.toLowerCase();
    case "when":
      return period(part.datetime);
    case "sensors":
      return part.names.map(sensorName).join(", ");
    case "rest":
      return `${part.key.replace("_", " ")} ${typeof part.value === "string" ? part.value : JSON.stringify(part.value)}`;
  }
}

/** Return a box as short as its size allows. */
export function boxText(box: Box): string {
  const widest = Math.max(Math.abs(box[2] - box[0]), box[3] - box[1]);
  const digits = Math.min(5, Math.max(0, Math.ceil(1 - Math.log10(widest))));
  return box.map((side) => side.toFixed(digits)).join(", ");
}
