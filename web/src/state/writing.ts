/** Writing the question into the address. */
import { toAddress } from "../question/address";
import * as store from "./store";

export function write(how: "push" | "replace"): void {
  const query = toAddress(store.question.value, store.chosen.value);
  const address = location.pathname + (query ? `?${query}` : "");
  if (address === location.pathname + location.search) return;
  // A cut that is dragged writes often; browsers refuse more than some hundred a minute.
  try {
    history[how === "push" ? "pushState" : "replaceState"](null, "", address);
  } catch {
    // the address follows with the next change
  }
}
