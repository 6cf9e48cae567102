/** What the service says, as far as the page reads it. */
import type { Feature, FeatureCollection, Geometry } from "geojson";

export interface HitProperties {
  title?: string;
  datetime?: string | null;
  gsd?: number;
  "satseek:sensor"?: string;
  "satseek:rank"?: number;
  "satseek:score"?: number | null;
  "satseek:probability"?: number | null;
  "satseek:parts"?: Record<string, number | null>;
  "satseek:merged"?: string[];
  "satseek:caption"?: string;
  "satseek:keywords"?: string[];
  "satseek:labels"?: string[];
  "satseek:scene"?: string;
  "satseek:overlap"?: number;
  "satseek:days"?: number | null;
  [name: string]: unknown;
}

export interface Link {
  rel: string;
  href: string;
  title?: string;
}

export interface Asset {
  href: string;
  title?: string;
}

export interface Item {
  type: "Feature";
  id: string;
  geometry: Geometry | null;
  bbox?: number[];
  collection?: string;
  properties: HitProperties;
  links?: Link[];
  assets?: Record<string, Asset>;
}

export interface Explanation {
  milliseconds: Record<string, number>;
  index: string;
  model: string;
  rows: number;
  candidates: number;
}

export interface CutFacts {
  asked: "auto" | number | null;
  probability: number | null;
  kept: number;
  dropped: number;
}

export interface Answer {
  type: "FeatureCollection";
  features: Item[];
  numberReturned: number;
  numberMatched?: number;
  "satseek:query"?: Record<string, unknown>;
  "satseek:notes"?: string[];
  "satseek:message"?: string | null;
  "satseek:cut"?: CutFacts | null;
  "satseek:explanation"?: Explanation;
}

export interface SensorFacts {
  chips: number;
  title: string;
  unit?: string;
  bands: string[];
  drawings: string[];
}

export interface ArchiveFacts {
  chips: number;
  without_place: number;
  bbox: [number, number, number, number] | null;
  datetime: [string, string] | null;
  sensors: Record<string, SensorFacts>;
  model: { name: string; version?: string; summary?: string; limits?: string; licence?: string };
  words: boolean;
  limits: { results: number; upload_bytes: number };
  ingest_from?: string[];
}

export interface Suggestion {
  title: string;
  shows: string;
  query: Record<string, unknown>;
}

export interface SceneProperties {
  title?: string;
  sensor: string;
  datetime?: string | null;
  chips?: number;
  item?: string;
  tiles?: string;
}
export type Scene = Feature<Geometry, SceneProperties> & { id: string };
export type Scenes = FeatureCollection<Geometry, SceneProperties>;

export interface Why {
  rows: number;
  columns: number;
  grid: number[][] | number[];
  method?: string;
}

export interface Overlay {
  href: string;
  bounds: [number, number, number, number];
}

export interface Located {
  type: "FeatureCollection";
  features: Feature[];
  "satseek:overlay"?: Overlay | null;
  "satseek:found"?: boolean;
  [name: string]: unknown;
}

export interface Refined {
  query: Record<string, unknown>;
  method?: string;
  judged?: unknown;
}
