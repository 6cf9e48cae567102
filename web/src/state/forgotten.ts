/** Pictures that the service has forgotten, as after a restart, are brought again from what the page still holds. */
import { bringImage } from "../api/service";
import { isExample, type Part, type Question } from "../question/parts";
import * as store from "./store";

const isBrought = (part: Part): boolean => isExample(part) && part.id.startsWith("upload-") && part.on;

export const asksForPictures = (question: Question): boolean => question.parts.some(isBrought);

/** Return the question with its pictures under new names; null where one of them is not held here. */
export async function broughtAgain(question: Question): Promise<Question | null> {
  const parts: Part[] = [];
  for (const part of question.parts) {
    if (!isExample(part) || !isBrought(part)) {
      parts.push(part);
      continue;
    }
    const held = store.uploads.value.get(part.id);
    if (!held) return null;
    const id = await bringImage(held.file, held.name);
    store.uploads.value = new Map(store.uploads.value).set(id, held);
    parts.push({ ...part, id });
  }
  return { ...question, parts };
}
