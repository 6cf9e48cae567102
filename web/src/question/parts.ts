/** The parts of a question: what each chip over the results stands for. */
import type { Geometry } from "geojson";

export type Box = [west: number, south: number, east: number, north: number];
export type WordKind = "sentence" | "must" | "not";
export type ExampleKind = "like" | "unlike";

export interface WordPart {
  kind: WordKind;
  text: string;
  weight: number;
  on: boolean;
}
export interface ExamplePart {
  kind: ExampleKind;
  id: string;
  weight: number;
  on: boolean;
}
export interface WherePart {
  kind: "where";
  area: { bbox: Box } | { intersects: Geometry };
  on: boolean;
}
export interface WhenPart {
  kind: "when";
  datetime: string;
  on: boolean;
}
export interface SensorsPart {
  kind: "sensors";
  names: string[];
  on: boolean;
}
/** A part that the page carries along but has no form for: a filter, properties, ids, shares. */
export interface RestPart {
  kind: "rest";
  key: RestKey;
  value: unknown;
  on: boolean;
}
export const REST_KEYS = ["filter", "properties", "ids", "max_cloud", "max_nodata"] as const;
export type RestKey = (typeof REST_KEYS)[number];

export type Part = WordPart | ExamplePart | WherePart | WhenPart | SensorsPart | RestPart;
export type Cut = "auto" | number;

export interface Question {
  parts: Part[];
  cut: Cut;
  merge: boolean;
  limit?: number; // results that are fetched, where others than usual are wanted
}

export const NOTHING: Question = { parts: [], cut: "auto", merge: true };

export const isWord = (part: Part): part is WordPart => ["sentence", "must", "not"].includes(part.kind);
export const isExample = (part: Part): part is ExamplePart => part.kind === "like" || part.kind === "unlike";
export const isWeighted = (part: Part): part is WordPart | ExamplePart => isWord(part) || isExample(part);

/** Which part a part is, whatever its weight: two of the same name replace each other. */
export function nameOf(part: Part): string {
  switch (part.kind) {
    case "must":
    case "not":
      return `${part.kind}:${part.text}`;
    case "like":
    case "unlike":
      return `${part.kind}:${part.id}`;
    case "rest":
      return `rest:${part.key}`;
    default:
      return part.kind;
  }
}

/** What would contradict a part, so that it goes when the part comes: must against not, like against unlike. */
function opposite(part: Part): string | null {
  if (part.kind === "must" || part.kind === "not") return `${part.kind === "must" ? "not" : "must"}:${part.text}`;
  if (isExample(part)) return `${part.kind === "like" ? "unlike" : "like"}:${part.id}`;
  return null;
}

/** Add a part, in the place of the one it replaces. */
export function withPart(question: Question, part: Part): Question {
  const [name, against] = [nameOf(part), opposite(part)];
  const parts = question.parts.filter((each) => nameOf(each) !== against);
  const at = parts.findIndex((each) => nameOf(each) === name);
  if (at >= 0) parts[at] = part;
  else if (part.kind === "sentence") parts.unshift(part);
  else parts.push(part);
  return { ...question, parts };
}

export function withoutPart(question: Question, name: string): Question {
  return { ...question, parts: question.parts.filter((part) => nameOf(part) !== name) };
}

/** Put a part where another was, such as after its text was edited. */
export function withReplaced(question: Question, name: string, part: Part): Question {
  const taken = question.parts.filter((each) => nameOf(each) === name || nameOf(each) !== nameOf(part));
  const parts = taken.map((each) => (nameOf(each) === name ? part : each));
  return { ...question, parts };
}

export const sentenceOf = (question: Question): string =>
  question.parts.find((part): part is WordPart => part.kind === "sentence")?.text ?? "";

/** Whether something is asked that ranks; without it an answer is a plain listing. */
export const ranks = (question: Question): boolean =>
  question.parts.some((part) => part.on && isWeighted(part) && part.weight > 0);

export const isEmpty = (question: Question): boolean => question.parts.length === 0;
