/** Going from question to question: every change is an entry of the browser's history. */
import { oneItem } from "../api/service";
import type { Item } from "../api/types";
import { ofAddress, toAddress } from "../question/address";
import { type Cut, NOTHING, type Part, type Question, sentenceOf, withoutPart, withPart } from "../question/parts";
import { typedParts } from "../question/typed";
import { askNow } from "./asking";
import * as store from "./store";
import { write } from "./writing";

/** Ask another question: it is written into the address and asked. */
export async function go(question: Question): Promise<void> {
  const same = toAddress(question) === toAddress(store.question.value);
  store.question.value = question;
  store.typing.value = sentenceOf(question);
  close(false);
  write(same ? "replace" : "push");
  store.untell("broken-url");
  await askNow();
}

/** Ask an example: it shows what comes nearest where nothing is convincing, as it is there to be looked at. */
export async function goToExample(question: Question): Promise<void> {
  await go(question);
  if (store.question.value === question && store.unconvincing.value) moveCut(0);
}

/** Add a part; a cut of one's own was made for another question and goes. */
export const add = (part: Part): Promise<void> => go(withPart({ ...store.question.value, cut: "auto" }, part));
export const remove = (name: string): Promise<void> => go(withoutPart({ ...store.question.value, cut: "auto" }, name));

/** Ask what stands in the bar. */
export function askTyped(): void {
  const { sentence, keywords } = typedParts(store.typing.value);
  let question: Question = withoutPart({ ...store.question.value, cut: "auto" }, "sentence");
  const before = store.question.value.parts.find((part) => part.kind === "sentence");
  if (sentence) {
    const weight = before?.kind === "sentence" ? before.weight : 1;
    question = withPart(question, { kind: "sentence", text: sentence, weight, on: true });
  }
  for (const keyword of keywords) question = withPart(question, keyword);
  void go(question);
}

/** Move the cut; nothing is asked for that, the results are there already. */
export function moveCut(cut: Cut): void {
  store.question.value = { ...store.question.value, cut };
  write("replace");
}

/** Open a result. */
export function open(item: Item): void {
  store.opened.value = item;
  store.chosen.value = item.id;
  store.current.value = item.id;
  write("replace");
}

export function close(writes = true): void {
  store.opened.value = null;
  store.chosen.value = null;
  if (writes) write("replace");
}

export const startOver = (): Promise<void> => go(NOTHING);

/** Take the question from the address: at the beginning, and when somebody goes back or forward. */
export async function fromAddress(): Promise<void> {
  const { question, item, problems } = ofAddress(location.search);
  store.question.value = question;
  store.typing.value = sentenceOf(question);
  store.opened.value = null;
  store.chosen.value = item;
  store.untell("broken-url");
  if (problems.length) {
    const told = problems.join("; ");
    store.tell({ kind: "broken-url", text: `Part of this link could not be read and was left out: ${told}.` });
  }
  await askNow();
  if (item) await openById(item);
}

async function openById(id: string): Promise<void> {
  const held = store.byId.value.get(id);
  try {
    open(held ?? (await oneItem(id)));
  } catch {
    store.chosen.value = null;
    store.tell({ kind: "broken-url", text: "The result that this link names is not in this archive." });
  }
}
