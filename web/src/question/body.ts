/** A question as the service is asked it, and back: the JSON form of its Query. */
import type { Geometry } from "geojson";
import { type Box, type Part, type Question, REST_KEYS, type WordPart } from "./parts";

export type Body = Record<string, unknown>;
const MOST_RESULTS = 1000; // of one answer

/** Return the body of POST /search, without what is switched off, and without limit and cut. */
export function toBody(question: Question): Body {
  const body: Body = {};
  for (const part of question.parts) {
    if (part.on) addPart(body, part);
  }
  if (!question.merge) body["merge"] = false;
  return body;
}

function addPart(body: Body, part: Part): void {
  const push = (key: string, value: unknown) => {
    body[key] = [...((body[key] as unknown[] | undefined) ?? []), value];
  };
  switch (part.kind) {
    case "sentence":
      body["q"] = part.text;
      if (part.weight !== 1) body["weight"] = part.weight;
      break;
    case "must":
    case "not":
      push(part.kind, part.weight === 1 ? part.text : { text: part.text, weight: part.weight });
      break;
    case "like":
    case "unlike":
      push(part.kind, part.weight === 1 ? part.id : { chip: part.id, weight: part.weight });
      break;
    case "where":
      Object.assign(body, part.area);
      break;
    case "when":
      body["datetime"] = part.datetime;
      break;
    case "sensors":
      body["sensors"] = part.names;
      break;
    case "rest":
      body[part.key] = part.value;
  }
}

/** Read the JSON form of a query; what cannot be read is told and left out. */
export function ofBody(value: Body): { question: Question; problems: string[] } {
  const problems: string[] = [];
  const parts: Part[] = [];
  const tell = (key: string, given: unknown) => problems.push(`${key} “${short(given)}”`);
  if (typeof value["q"] === "string" && value["q"].trim()) {
    parts.push({ kind: "sentence", text: value["q"], weight: weightOf(value["weight"]) ?? 1, on: true });
  }
  if (value["weight"] !== undefined && weightOf(value["weight"]) === null) tell("weight", value["weight"]);
  for (const kind of ["must", "not", "like", "unlike"] as const) {
    for (const given of listed(value[kind])) {
      const read = weighted(given, kind === "must" || kind === "not" ? "text" : "chip");
      if (read === null) tell(kind, given);
      else if (kind === "must" || kind === "not") parts.push({ kind, text: read.name, weight: read.weight, on: true });
      else parts.push({ kind, id: read.name, weight: read.weight, on: true });
    }
  }
  if (value["bbox"] != null) {
    const bbox = boxOf(value["bbox"]);
    if (bbox) parts.push({ kind: "where", area: { bbox }, on: true });
    else tell("bbox", value["bbox"]);
  } else if (value["intersects"] != null) {
    if (isArea(value["intersects"])) parts.push({ kind: "where", area: { intersects: value["intersects"] }, on: true });
    else tell("intersects", value["intersects"]);
  }
  if (value["datetime"] != null) {
    const datetime = String(value["datetime"]);
    if (isPeriod(datetime)) parts.push({ kind: "when", datetime, on: true });
    else tell("datetime", datetime);
  }
  const names = listed(value["sensors"] ?? value["collections"])
    .map(String)
    .filter(Boolean);
  if (names.length) parts.push({ kind: "sensors", names, on: true });
  for (const key of REST_KEYS) {
    if (value[key] != null) parts.push({ kind: "rest", key, value: value[key], on: true });
  }
  const cut = value["cut"] ?? "auto";
  const fits = cut === "auto" || (typeof cut === "number" && cut >= 0 && cut <= 1);
  if (!fits) tell("cut", cut);
  const question: Question = { parts, cut: fits ? (cut as Question["cut"]) : "auto", merge: value["merge"] !== false };
  const limit = value["limit"];
  if (Number.isInteger(limit) && Number(limit) >= 1 && Number(limit) <= MOST_RESULTS) question.limit = Number(limit);
  else if (limit != null) tell("limit", limit);
  return { question, problems };
}

/** Read a box; null for anything that is none. */
export function boxOf(value: unknown): Box | null {
  const sides = (typeof value === "string" ? value.split(",") : Array.isArray(value) ? value : []).map((side) =>
    typeof side === "string" && !side.trim() ? Number.NaN : Number(side),
  );
  if (sides.length !== 4 || !sides.every(Number.isFinite)) return null;
  const [west, south, east, north] = sides as Box;
  const onGlobe = Math.abs(west) <= 180 && Math.abs(east) <= 180 && Math.abs(south) <= 90 && Math.abs(north) <= 90;
  return onGlobe && south < north && west !== east ? [west, south, east, north] : null;
}

/** Whether a text is a date, a moment or an interval of these, as STAC writes it. */
export function isPeriod(text: string): boolean {
  const ends = text.split("/");
  const open = (end: string) => end === "" || end === "..";
  const moment = /^\d{4}(-\d{2}(-\d{2}(T[\d:.]+(Z|[+-]\d{2}:?\d{2})?)?)?)?$/;
  const reads = (end: string) => moment.test(end) && !Number.isNaN(Date.parse(end));
  if (ends.length === 1) return reads(text);
  return ends.length === 2 && ends.every((end) => open(end) || reads(end)) && !ends.every(open);
}

function isArea(value: unknown): value is Geometry {
  const kinds = ["Polygon", "MultiPolygon", "Point", "MultiPoint", "LineString", "MultiLineString"];
  if (!value || typeof value !== "object" || !("type" in value) || !("coordinates" in value)) return false;
  return kinds.includes(String(value.type)) && Array.isArray(value.coordinates);
}

function weighted(given: unknown, key: "text" | "chip"): { name: string; weight: number } | null {
  if (typeof given === "string") return given.trim() ? { name: given, weight: 1 } : null;
  if (!given || typeof given !== "object") return null;
  const { [key]: name, weight = 1 } = given as Record<string, unknown>;
  const read = weightOf(weight);
  return typeof name === "string" && name.trim() && read !== null ? { name, weight: read } : null;
}

function weightOf(value: unknown): number | null {
  return typeof value === "number" && Number.isFinite(value) && value >= 0 ? value : null;
}

function listed(value: unknown): unknown[] {
  return value == null ? [] : Array.isArray(value) ? value : [value];
}

function short(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

/** Return the words of a part as they are written in the bar. */
export const written = (part: WordPart): string =>
  part.kind === "sentence" ? part.text : `${part.kind}: ${part.text}`;
