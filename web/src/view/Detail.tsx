/** The chosen result: its picture, the other sensor beside it, why it was found, and what may be done with it. */
import { signal } from "@preact/signals";
import { useEffect, useRef, useState } from "preact/hooks";
import { twins } from "../api/service";
import type { Item } from "../api/types";
import { sensorName, sensorOf, titleOf } from "../reading/format";
import { add, close } from "../state/going";
import { judge } from "../state/judging";
import { labels } from "../state/store";
import { Compare } from "./Compare";
import { Facts } from "./Facts";
import { Icon, type IconName } from "./icons";
import { Rendering } from "./Rendering";
import { WhyView } from "./WhyView";

export type Mode = "picture" | "compare" | "why";
export const detailMode = signal<Mode>("picture");
const MODES: [Mode, IconName, string][] = [
  ["picture", "image", "Picture"],
  ["compare", "compare", "Other sensor"],
  ["why", "why", "Why"],
];

export function Detail({ item }: { item: Item }) {
  const others = useTwins(item.id);
  const panel = useRef<HTMLElement>(null);
  useEffect(() => {
    panel.current?.scrollTo({ top: 0 });
  }, [item.id]);
  const mode = detailMode.value;
  const label = labels.value.get(item.id);
  return (
    <aside class="detail" ref={panel} data-testid="detail" data-id={item.id} aria-label="The chosen result">
      <header class="detail-head">
        <div class="segmented" role="group" aria-label="How it is shown">
          {MODES.map(([name, icon, said]) => (
            <button
              type="button"
              key={name}
              data-testid={`mode-${name}`}
              aria-pressed={mode === name}
              onClick={() => {
                detailMode.value = name;
              }}
            >
              <Icon name={icon} size={14} /> {said}
            </button>
          ))}
        </div>
        <button
          type="button"
          class="bare"
          data-testid="detail-close"
          aria-label="Close the result"
          title="Close (Esc)"
          onClick={() => close()}
        >
          <Icon name="close" />
        </button>
      </header>
      {mode === "picture" && <Rendering item={item} />}
      {mode === "compare" && <Compare item={item} others={others} />}
      {mode === "why" && <WhyView item={item} />}
      <div class="detail-body">
        <p class="eyebrow">{sensorName(sensorOf(item))}</p>
        <h2>{titleOf(item)}</h2>
        <div class="detail-actions">
          <button
            type="button"
            class="button yes"
            data-testid="detail-yes"
            aria-pressed={label === "yes"}
            title="Yes, this is it (y)"
            onClick={() => judge(item, "yes")}
          >
            <Icon name="check" size={14} /> Yes
          </button>
          <button
            type="button"
            class="button no"
            data-testid="detail-no"
            aria-pressed={label === "no"}
            title="No, this is not it (n)"
            onClick={() => judge(item, "no")}
          >
            <Icon name="close" size={14} /> No
          </button>
          <button
            type="button"
            class="button"
            data-testid="detail-like"
            title="More like this (m)"
            onClick={() => add({ kind: "like", id: item.id, weight: 1, on: true })}
          >
            <Icon name="plus" size={14} /> More like this
          </button>
          <button
            type="button"
            class="button"
            data-testid="detail-unlike"
            title="Less like this (l)"
            onClick={() => add({ kind: "unlike", id: item.id, weight: 1, on: true })}
          >
            <Icon name="minus" size={14} /> Less
          </button>
        </div>
        <Facts item={item} />
      </div>
    </aside>
  );
}

/** Ask what other sensors saw here; null while asking. */
function useTwins(id: string): Item[] | null {
  const [found, setFound] = useState<Item[] | null>(null);
  useEffect(() => {
    let gone = false;
    setFound(null);
    twins(id)
      .catch(() => [])
      .then((items) => {
        if (!gone) setFound(items);
      });
    return () => {
      gone = true;
    };
  }, [id]);
  return found;
}
