/** Locating: where in the visible scene the words and examples are, as a heat map. */

import { Problem } from "../api/client";
import { locate } from "../api/service";
import { toBody } from "../question/body";
import { isWeighted, ranks, type SensorsPart, sentenceOf } from "../question/parts";
import * as store from "./store";

/** Ask for the heat map of what the map shows. */
export async function locateHere(): Promise<void> {
  const question = store.question.value;
  const bbox = store.view.value;
  if (!bbox || !ranks(question)) {
    store.tell({
      kind: "problem",
      text: "Ask for something first: words or an example. Then it can be looked for here.",
    });
    return;
  }
  const sensors = question.parts.find((part): part is SensorsPart => part.kind === "sensors" && part.on)?.names;
  const parts = question.parts.filter((part) => isWeighted(part) || part.kind === "when");
  const one = store.imagery.value;
  const sensor = sensors?.[0] ?? (one !== "all" && one !== "off" ? one : undefined);
  store.untell("problem");
  store.locatingNow.value = true;
  try {
    const body = toBody({ ...question, merge: true, parts });
    const located = await locate({ ...body, bbox, ...(sensor ? { sensor } : {}) });
    store.heat.value = { located, of: sentenceOf(question) || "the question" };
    if (located["satseek:found"] === false) {
      store.tell({ kind: "told", text: "Nothing in this scene is convincing; the heat shows where it comes nearest." });
    }
  } catch (error) {
    const absent = error instanceof Problem && error.status === 405;
    const said = error instanceof Error ? error.message : String(error);
    store.tell({ kind: "problem", text: absent ? "This service draws no heat maps." : said });
  } finally {
    store.locatingNow.value = false;
  }
}
