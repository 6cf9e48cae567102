/** The paths of the service that the page asks, one function each. */
import { Away, ask, askJson, Problem, post } from "./client";
import type { Answer, ArchiveFacts, Item, Located, Refined, Scenes, Suggestion, Why } from "./types";

export const RESULTS = 200;
const item = (id: string) => `/items/${encodeURIComponent(id)}`;

export const archive = () => askJson<ArchiveFacts>("/archive");
export const suggestions = async () => (await askJson<{ suggestions: Suggestion[] }>("/suggest")).suggestions;
export const search = (body: object, signal: AbortSignal) => askJson<Answer>("/search", post(body, signal));
export const oneItem = (id: string) => askJson<Item>(item(id));

export const thumbnail = (id: string, size = 256) => `${item(id)}/thumbnail?size=${size}`;
export const preview = (id: string, parameters: URLSearchParams) => `${item(id)}/preview?${parameters}`;

/** Whether the service is well; never throws. */
export async function isWell(): Promise<boolean> {
  try {
    await ask("/healthz");
    return true;
  } catch (error) {
    return !(error instanceof Away) && !(error instanceof Problem && error.status >= 500);
  }
}

export async function scenes(bbox: readonly number[], sensors: readonly string[], limit: number): Promise<Scenes> {
  const parameters = new URLSearchParams({ bbox: bbox.map((side) => side.toFixed(6)).join(","), limit: `${limit}` });
  for (const sensor of sensors) parameters.append("sensor", sensor);
  return askJson<Scenes>(`/scenes?${parameters}`);
}

/** Chips of other sensors at a chip's place; none where the service knows no such path. */
export const twins = async (id: string) =>
  (await orAbsent(askJson<Answer>(`${item(id)}/twins?limit=3`)))?.features ?? [];

/** Why a chip was found; null where the service or the model cannot tell. */
export const why = (id: string, query: URLSearchParams) => orAbsent(askJson<Why>(`${item(id)}/why?${query}`));

export const locate = (body: object) => askJson<Located>("/locate", post(body));

/** A better question from what was judged; null where the service does not refine. */
export const refine = (query: object, yes: string[], no: string[]) =>
  orAbsent(askJson<Refined>("/refine", post({ query, yes, no })));

/** Send a picture; returns the name by which it can be asked for. */
export async function bringImage(file: Blob, name: string): Promise<string> {
  const form = new FormData();
  form.append("image", file, name);
  form.append("query", JSON.stringify({ limit: 1 }));
  const answer = await askJson<Answer>("/search/image", { method: "POST", body: form });
  const like = answer["satseek:query"]?.["like"];
  const first: unknown = Array.isArray(like) ? like[0] : like;
  if (typeof first === "string") return first;
  if (first && typeof first === "object" && "chip" in first) return String(first.chip);
  throw new Problem(500, "The service took the picture but did not say under which name.");
}

export async function download(body: object, format: "geojson" | "geoparquet" | "csv"): Promise<Blob> {
  return (await ask(`/search?f=${format}`, post(body))).blob();
}

async function orAbsent<T>(asked: Promise<T>): Promise<T | null> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof Problem && [404, 405, 501].includes(error.status)) return null;
    throw error;
  }
}
