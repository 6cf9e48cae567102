/** What the page knows, as signals; what follows from it, as computed ones. */
import { computed, signal } from "@preact/signals";
import type { Answer, ArchiveFacts, Item, Located, Suggestion } from "../api/types";
import { type Box, NOTHING, type Question, ranks } from "../question/parts";
import { kept, type Scale, scaleOf, threshold } from "../reading/cut";
import { boxOfItem } from "../reading/ground";
import type { Verdict } from "../reading/labels";

export type Phase = "idle" | "loading" | "ready" | "error";
export type Drawing = "look" | "box" | "polygon";
export interface Banner {
  kind: "broken-url" | "upload" | "problem" | "told";
  text: string;
}
/** What the service itself finds convincing: the least probability, or nothing at all. */
export interface Automatic {
  least: number | null;
  message: string | null;
}

export const question = signal<Question>(NOTHING);
export const typing = signal("");
export const phase = signal<Phase>("idle");
export const trouble = signal<string | null>(null);
export const answer = signal<Answer | null>(null);
export const asked = signal<Question>(NOTHING); // the question that the answer belongs to
export const automatic = signal<Automatic>({ least: null, message: null });
export const roundTrip = signal<number | null>(null);

export const facts = signal<ArchiveFacts | null>(null);
export const examples = signal<Suggestion[]>([]);
export const chosen = signal<string | null>(null);
export const current = signal<string | null>(null); // the card that keys act on
export const hovered = signal<string | null>(null);
export const opened = signal<Item | null>(null); // what the detail shows, in the answer or not
export const labels = signal<ReadonlyMap<string, Verdict>>(new Map());
export const judgedItems = new Map<string, Item>();
export const uploads = signal<ReadonlyMap<string, { name: string; url: string; file: Blob }>>(new Map());

export const titles = signal<ReadonlyMap<string, string>>(new Map()); // of results that were seen
export const online = signal(true);
export const comebacks = signal(0); // how often the service was away and came back
export const tokenWanted = signal<"first" | "again" | null>(null);
export const banners = signal<Banner[]>([]);
export const helpOpen = signal(false);
export const layout = signal<"grid" | "list">("grid");
export const side = signal<"results" | "map">("results"); // of a phone

export const view = signal<Box | null>(null); // what the map shows
export const drawing = signal<Drawing>("look");
export const heat = signal<{ located: Located; of: string } | null>(null);
export const locatingNow = signal(false);
export const imagery = signal<"off" | "all" | string>("all");

export const items = computed<Item[]>(() => answer.value?.features ?? []);
export const byId = computed(() => new Map(items.value.map((item) => [item.id, item])));
export const scale = computed<Scale | null>(() => (ranks(asked.value) ? scaleOf(items.value) : null));
export const least = computed(() => threshold(question.value.cut, automatic.value.least, scale.value));
export const shown = computed(() => kept(items.value, scale.value, least.value));
export const places = computed(() => shown.value.filter((item) => boxOfItem(item) !== null));

/** Whether nothing that was found is convincing, though something was found. */
export const unconvincing = computed(() => {
  const found = items.value.length + (answer.value?.["satseek:cut"]?.dropped ?? 0);
  return found > 0 && shown.value.length === 0;
});
export const emptyArchive = computed(() => facts.value?.chips === 0);
export const placeless = computed(
  () => facts.value !== null && facts.value.chips > 0 && facts.value.without_place >= facts.value.chips,
);

export function tell(banner: Banner): void {
  banners.value = [...banners.value.filter((each) => each.text !== banner.text), banner];
}

export function untell(kind: Banner["kind"]): void {
  if (banners.value.some((each) => each.kind === kind)) {
    banners.value = banners.value.filter((each) => each.kind !== kind);
  }
}
