/** Judging results: yes and no, and a better question made of them. */
import { refine } from "../api/service";
import type { Item } from "../api/types";
import { ofBody, toBody } from "../question/body";
import { type Question, withPart } from "../question/parts";
import type { Judged, Verdict } from "../reading/labels";
import { go } from "./going";
import * as store from "./store";

/** Mark a result; the same mark once more takes it away. */
export function judge(item: Item, verdict: Verdict | null): void {
  const labels = new Map(store.labels.value);
  if (verdict === null || labels.get(item.id) === verdict) labels.delete(item.id);
  else labels.set(item.id, verdict);
  store.judgedItems.set(item.id, item);
  store.labels.value = labels;
}

export function judged(): Judged[] {
  return [...store.labels.value].flatMap(([id, verdict]) => {
    const item = store.judgedItems.get(id);
    return item ? [{ item, verdict }] : [];
  });
}

export function forget(): void {
  store.labels.value = new Map();
  store.judgedItems.clear();
}

/** Ask anew from what was judged: by the service's own method, else with the results as examples. */
export async function refineNow(): Promise<void> {
  const of = (verdict: Verdict) => [...store.labels.value].filter(([, each]) => each === verdict).map(([id]) => id);
  const [yes, no] = [of("yes"), of("no")];
  const now = store.question.value;
  try {
    const refined = await refine(toBody(now), yes, no);
    if (refined) {
      const { question } = ofBody(refined.query);
      go({ ...question, cut: "auto", merge: now.merge });
      return;
    }
  } catch (error) {
    store.tell({ kind: "problem", text: error instanceof Error ? error.message : String(error) });
    return;
  }
  let question: Question = { ...now, cut: "auto" };
  for (const id of yes) question = withPart(question, { kind: "like", id, weight: 1, on: true });
  for (const id of no) question = withPart(question, { kind: "unlike", id, weight: 1, on: true });
  go(question);
}
