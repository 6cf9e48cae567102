/** Watching over the service: is it there, what does it hold, does it want a token. */
import { keepToken, tells } from "../api/client";
import { archive, isWell, suggestions } from "../api/service";
import { askNow } from "./asking";
import * as store from "./store";

const QUIET_SECONDS = 20;
const AWAY_SECONDS = 2;
let timer: ReturnType<typeof setTimeout> | undefined;

/** Begin to watch. */
export function watch(): void {
  tells.reached = (is) => {
    if (store.online.value === is) return;
    store.online.value = is;
    if (is) store.comebacks.value += 1;
    look(is ? QUIET_SECONDS : AWAY_SECONDS);
  };
  tells.wantsToken = (again) => {
    store.tokenWanted.value = again ? "again" : "first";
  };
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) look(0);
  });
  look(QUIET_SECONDS);
}

/** Read what is in the archive. */
export async function readFacts(): Promise<void> {
  try {
    store.facts.value = await archive();
    store.examples.value = store.facts.value.chips ? await suggestions() : [];
  } catch {
    // away, or a token is wanted: the page says so, and asks again
  }
}

export async function takeToken(value: string): Promise<void> {
  keepToken(value);
  store.tokenWanted.value = null;
  await readFacts();
  if (store.tokenWanted.value === null) await askNow();
}

function look(seconds: number): void {
  clearTimeout(timer);
  timer = setTimeout(async () => {
    if (document.hidden) return look(QUIET_SECONDS);
    const before = store.online.value;
    const well = await isWell();
    if (well && (!before || store.facts.value === null)) await comeBack();
    look(well ? QUIET_SECONDS : AWAY_SECONDS);
  }, seconds * 1000);
}

/** The service is there again: what could not be asked is asked now. */
async function comeBack(): Promise<void> {
  if (store.tokenWanted.value) return;
  await readFacts();
  if (store.phase.value === "error" || store.answer.value === null) await askNow();
}
