/** A question in the page's address, the form that Query.to_url writes; and what else the page keeps there. */
import { type Body, ofBody, toBody } from "./body";
import { nameOf, type Question } from "./parts";

export interface Place {
  question: Question;
  item: string | null;
  problems: string[];
}

const LISTS = ["must", "not", "like", "unlike"];
const JSON_KEYS = [
  "weight",
  "intersects",
  "properties",
  "filter",
  "max_cloud",
  "max_nodata",
  "merge",
  "limit",
  "offset",
];
const KNOWN = new Set([...LISTS, ...JSON_KEYS, "q", "bbox", "datetime", "sensors", "collections", "ids", "cut"]);
const OWN = new Set(["off", "item"]); // what the page adds: parts that are switched off, the result that is open

/** Return the query part of an address, without its question mark. */
export function toAddress(question: Question, item: string | null = null): string {
  const everything = toBody({ ...question, parts: question.parts.map((part) => ({ ...part, on: true })) });
  const pairs = pairsOf(everything);
  if (question.cut !== "auto") pairs.push(["cut", String(round(question.cut))]);
  for (const part of question.parts) {
    if (!part.on) pairs.push(["off", nameOf(part)]);
  }
  if (question.limit !== undefined) pairs.push(["limit", String(question.limit)]);
  if (item) pairs.push(["item", item]);
  return new URLSearchParams(pairs).toString();
}

/** Return the address in which GET /search is asked the same. */
export function searchAddress(question: Question, more: Body = {}): string {
  return `/search?${new URLSearchParams(pairsOf({ ...toBody(question), ...more }))}`;
}

/** Read an address; what cannot be read is named in `problems` and left out. */
export function ofAddress(text: string): Place {
  const parameters = new URLSearchParams(text);
  const [value, problems]: [Body, string[]] = [{}, []];
  for (const [key, given] of parameters) {
    if (OWN.has(key) || given === "") continue;
    if (!KNOWN.has(key)) {
      problems.push(`“${key}” (unknown)`);
      continue;
    }
    try {
      read(value, key, given);
    } catch {
      problems.push(`${key} “${given.slice(0, 60)}”`);
    }
  }
  const { question, problems: more } = ofBody(value);
  const off = new Set(parameters.getAll("off"));
  question.parts = question.parts.map((part) => ({ ...part, on: !off.has(nameOf(part)) }));
  return { question, item: parameters.get("item"), problems: [...problems, ...more] };
}

function read(value: Body, key: string, given: string): void {
  if (LISTS.includes(key)) {
    const item: unknown = given.startsWith("{") ? JSON.parse(given) : given;
    value[key] = [...((value[key] as unknown[] | undefined) ?? []), item];
  } else if (key === "sensors" || key === "ids" || key === "collections") {
    value[key] = given.split(",").filter(Boolean);
  } else if (JSON_KEYS.includes(key)) {
    value[key] = key === "filter" && !given.startsWith("{") ? given : JSON.parse(given);
  } else if (key === "cut") {
    value[key] = given === "auto" ? given : Number(given);
  } else {
    value[key] = given;
  }
}

function pairsOf(body: Body): [string, string][] {
  const pairs: [string, string][] = [];
  for (const [key, value] of Object.entries(body)) {
    if (LISTS.includes(key)) {
      for (const item of value as unknown[]) pairs.push([key, itemText(key, item)]);
    } else if (["bbox", "sensors", "ids"].includes(key)) {
      pairs.push([key, (value as unknown[]).join(",")]);
    } else {
      pairs.push([key, typeof value === "string" ? value : JSON.stringify(value)]);
    }
  }
  return pairs;
}

function itemText(key: string, item: unknown): string {
  if (typeof item !== "string") return JSON.stringify(item);
  return item.startsWith("{") ? JSON.stringify({ [key === "must" || key === "not" ? "text" : "chip"]: item }) : item;
}

const round = (value: number): number => Math.round(value * 1000) / 1000;
