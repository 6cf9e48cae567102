/** Keys that work anywhere but where something is typed. */
import { ranks } from "../question/parts";
import { share } from "../reading/cut";
import { add, close, moveCut, open } from "../state/going";
import { judge } from "../state/judging";
import * as store from "../state/store";
import { detailMode } from "./Detail";

export const KEYS: [keys: string, what: string][] = [
  ["/", "to the bar"],
  ["← ↑ → ↓", "from result to result"],
  ["Enter", "open the result"],
  ["y · n · u", "mark yes, mark no, unmark"],
  ["m · l", "more like this, less like this"],
  ["p · c · w", "the picture, the other sensor beside it, why it was found"],
  ["+ · −", "move the cut up or down"],
  ["Esc", "close, or stop drawing"],
  ["?", "these keys"],
];

export function listenToKeys(): () => void {
  document.addEventListener("keydown", pressed);
  return () => document.removeEventListener("keydown", pressed);
}

function pressed(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  const target = event.target instanceof Element ? event.target : null;
  if (target?.closest("input, select, textarea, dialog, [popover], [role=slider], .maplibregl-canvas")) {
    if (event.key === "Escape" && target instanceof HTMLInputElement) target.blur();
    return;
  }
  if (act(event.key)) event.preventDefault();
}

/** Do what a key stands for; returns whether it stands for something. */
function act(key: string): boolean {
  if (key.startsWith("Arrow")) return step(key);
  if (key === "/") {
    const bar = document.querySelector<HTMLInputElement>("#query");
    bar?.focus();
    bar?.select();
    return true;
  }
  if (key === "?") {
    store.helpOpen.value = true;
    return true;
  }
  if (key === "Escape") {
    if (store.drawing.value !== "look") store.drawing.value = "look";
    else if (store.opened.value) close();
    else return false;
    return true;
  }
  if (key === "+" || key === "=" || key === "-") return nudge(key === "-" ? -0.02 : 0.02);
  return onCurrent(key);
}

function onCurrent(key: string): boolean {
  const item = store.opened.value ?? store.byId.value.get(store.current.value ?? "");
  if (!item) return false;
  switch (key) {
    case "y":
      judge(item, "yes");
      break;
    case "n":
      judge(item, "no");
      break;
    case "u":
      judge(item, null);
      break;
    case "m":
      add({ kind: "like", id: item.id, weight: 1, on: true });
      break;
    case "l":
      add({ kind: "unlike", id: item.id, weight: 1, on: true });
      break;
    case "p":
    case "c":
    case "w":
      if (!store.opened.value) open(item);
      detailMode.value = key === "p" ? "picture" : key === "c" ? "compare" : "why";
      break;
    default:
      return false;
  }
  return true;
}

function nudge(by: number): boolean {
  const { value: scale } = store.scale;
  if (!scale || !ranks(store.question.value)) return false;
  const now = Number.isFinite(store.least.value) ? share(store.least.value, scale) : 0;
  moveCut(Math.min(1, Math.max(0, Math.round((now + by) * 100) / 100)));
  return true;
}

/** Go to the next card in a direction, as the cards lie on the screen. */
function step(key: string): boolean {
  const cards = [...document.querySelectorAll<HTMLElement>("[data-testid=card]")];
  if (!cards.length) return false;
  const at = cards.findIndex((card) => card.dataset["id"] === store.current.value);
  const next = at < 0 ? 0 : neighbour(cards, at, key);
  const id = cards[next]?.dataset["id"] ?? "";
  store.current.value = id;
  const item = store.byId.value.get(id);
  if (store.opened.value && item) open(item);
  cards[next]?.querySelector<HTMLElement>("[data-testid=card-open]")?.focus({ preventScroll: true });
  cards[next]?.scrollIntoView({ block: "nearest" });
  return true;
}

function neighbour(cards: HTMLElement[], at: number, key: string): number {
  if (key === "ArrowRight") return Math.min(cards.length - 1, at + 1);
  if (key === "ArrowLeft") return Math.max(0, at - 1);
  const first = cards[0]?.offsetTop ?? 0;
  const columns = Math.max(
    1,
    cards.findIndex((card) => card.offsetTop > first + 2),
  );
  const next = at + (key === "ArrowDown" ? columns : -columns);
  return next < 0 || next >= cards.length ? at : next;
}
