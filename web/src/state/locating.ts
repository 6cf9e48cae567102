/** Locating: where in the visible scene the words and examples are, as a heat map. */
import { locate } from "../api/service";
import { Problem } from "../api/client";
import { toBody } from "../question/body";
import { ranks, sentenceOf, type SensorsPart } from "../question/parts";
import * as store from "./store";

/** Ask for the heat map of what the map shows. */
export async function locateHere(): Promise<void> {
  const question = store.question.value;
  const bbox = store.view.value;
  if (!bbox || !ranks(question)) {
    store.tell({ kind: "problem", text: "Ask for something first: words or an example. Then it can be looked for here." });
    return;
  }
  const sensors = question.parts.find((part): part is SensorsPart => part.kind === "sensors" && part.on)?.names;
  const { bbox: _box, intersects: _area, sensors: _names, merge: _merge, ...body } = toBody(question);
  const one = store.imagery.value;
  const sensor = sensors?.[0] ?? (one !== "all" && one !== "off" ? one : undefined);
  store.untell("problem");
  store.locatingNow.value = true;
  try {
    const located = await locate({ ...body, bbox, ...(sensor ? { sensor } : {}) });
    store.heat.value = { located, of: sentenceOf(question) || "the question" };
    const said = located["satseek:message"];
    if (said) store.tell({ kind: "told", text: said });
  } catch (error) {
    const absent = error instanceof Problem && [404, 405].includes(error.status) && /not found|no such path/i.test(error.message);
    const text = absent ? "This service draws no heat maps." : error instanceof Error ? error.message : String(error);
    store.tell({ kind: "problem", text });
  } finally {
    store.locatingNow.value = false;
  }
}
