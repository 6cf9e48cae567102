/** Asking: the question goes to the service, what comes back goes into the store. */
import { batch } from "@preact/signals";
import { Away, Problem } from "../api/client";
import { RESULTS, search } from "../api/service";
import type { Answer } from "../api/types";
import { toBody } from "../question/body";
import { type Question, ranks } from "../question/parts";
import { titleOf } from "../reading/format";
import { asksForPictures, broughtAgain } from "./forgotten";
import * as store from "./store";
import { write } from "./writing";

let under: AbortController | null = null;

/** Ask the question as it stands; an older one that is still under way is given up. */
export async function askNow(isAgain = false): Promise<void> {
  under?.abort();
  const mine = new AbortController();
  under = mine;
  const question = store.question.value;
  store.phase.value = "loading";
  store.trouble.value = null;
  const began = performance.now();
  const body = { ...toBody(question), limit: question.limit ?? RESULTS };
  const cuts = ranks(question) && question.cut === "auto";
  try {
    const answer = await search(cuts ? { ...body, cut: "auto" } : body, mine.signal); // the convincing part comes first
    batch(() => {
      store.automatic.value = cuts ? automaticOf(answer) : { least: null, message: null };
      store.answer.value = answer;
      store.asked.value = question;
      store.roundTrip.value = performance.now() - began;
      store.heat.value = null;
      remember(answer);
      store.phase.value = "ready";
      const stays = store.opened.value !== null && store.byId.value.has(store.current.value ?? "");
      if (!stays) store.current.value = store.shown.value[0]?.id ?? null; // the keys begin at the best
    });
    if (ranks(question)) await completed(body, answer, cuts, mine.signal);
  } catch (error) {
    if (mine.signal.aborted) return;
    if (!isAgain && error instanceof Problem && asksForPictures(question)) await askWithPictures(error, question);
    else failed(error, question);
  } finally {
    if (under === mine) under = null;
  }
}

/** Ask once more with pictures that the service may have forgotten. */
async function askWithPictures(problem: Problem, question: Question): Promise<void> {
  const again = await broughtAgain(question).catch(() => null);
  if (!again) {
    failed(problem, question);
    return;
  }
  store.question.value = again;
  write("replace");
  await askNow(true);
}

/** Fetch what the first answer left out: the results below the cut, or where the service would have cut. */
async function completed(body: object, first: Answer, cuts: boolean, signal: AbortSignal): Promise<void> {
  if (cuts && !first["satseek:cut"]?.dropped) return;
  try {
    if (cuts) {
      const all = await search(body, signal);
      store.answer.value = {
        ...all,
        "satseek:explanation": first["satseek:explanation"] ?? all["satseek:explanation"],
      } as Answer;
    } else {
      store.automatic.value = automaticOf(await search({ ...body, cut: "auto", fields: { include: ["id"] } }, signal));
    }
  } catch {
    // what is shown stands without it
  }
}

/** Keep what results are called, for chips that name them. */
function remember(answer: Answer): void {
  const titles = new Map(store.titles.value);
  for (const item of answer.features) titles.set(item.id, titleOf(item));
  store.titles.value = titles;
}

function failed(error: unknown, question: Question): void {
  batch(() => {
    store.trouble.value = error instanceof Error ? error.message : String(error);
    store.phase.value = "error";
    if (error instanceof Away) return; // what was found stays
    store.answer.value = null;
    store.asked.value = question;
  });
}

/** Return where the service cut. */
export function automaticOf(answer: Answer): store.Automatic {
  const cut = answer["satseek:cut"];
  const message = answer["satseek:message"] ?? null;
  if (typeof cut?.probability === "number") return { least: cut.probability, message };
  return { least: cut && cut.kept === 0 && cut.dropped > 0 ? 1.01 : null, message };
}

/** Return what a download asks for: exactly what is shown. */
export function exportBody(question: Question): Record<string, unknown> {
  const ids = store.shown.value.map((item) => item.id);
  return { ...toBody(question), ids, limit: Math.max(1, ids.length) };
}
