/** The form of an area: drawn on the map, taken from what it shows, or typed as four sides. */
import { useState } from "preact/hooks";
import { boxOf } from "../question/body";
import type { Box, WherePart } from "../question/parts";
import { boxOfGeometry } from "../reading/ground";
import { add } from "../state/going";
import { drawing, question, side, view } from "../state/store";
import { Icon } from "./icons";
import { hasMap } from "./webgl";

const SIDES = ["west", "south", "east", "north"] as const;

export function AreaForm({ close }: { close: () => void }) {
  const [texts, setTexts] = useState<string[]>(() => startingBox().map(short));
  const box = boxOf(texts);
  const typed = texts.some((text) => text.trim());

  function submitted(event: Event): void {
    event.preventDefault();
    if (!box) return;
    close();
    add({ kind: "where", area: { bbox: box }, on: true });
  }
  function draw(mode: "box" | "polygon"): void {
    close();
    side.value = "map";
    drawing.value = mode;
  }
  function takeView(): void {
    if (view.value) setTexts(view.value.map(short));
  }

  return (
    <form class="form" onSubmit={submitted}>
      {hasMap.value && (
        <div class="row-buttons">
          <button type="button" class="button" data-first data-testid="area-draw-box" onClick={() => draw("box")}>
            <Icon name="box" size={14} /> Rectangle
          </button>
          <button type="button" class="button" data-testid="area-draw-polygon" onClick={() => draw("polygon")}>
            <Icon name="polygon" size={14} /> Polygon
          </button>
          <button type="button" class="button" data-testid="area-view" onClick={takeView} disabled={!view.value}>
            <Icon name="fit" size={14} /> This view
          </button>
        </div>
      )}
      <div class="sides">
        {SIDES.map((name, index) => (
          <label key={name} class={`side-${name}`}>
            {name}
            <input
              data-testid={`area-${name}`}
              type="text"
              inputMode="decimal"
              value={texts[index] ?? ""}
              onInput={(event) => {
                const next = [...texts];
                next[index] = event.currentTarget.value;
                setTexts(next);
              }}
            />
          </label>
        ))}
      </div>
      <p class="hint">In degrees; west and south are negative.</p>
      {typed && !box && (
        <p class="wrong" role="alert">
          Four numbers: longitudes within ±180, latitudes within ±90, south below north.
        </p>
      )}
      <button type="submit" class="primary" data-testid="area-apply" disabled={!box}>
        Apply
      </button>
    </form>
  );
}

function startingBox(): (number | null)[] {
  const held = question.value.parts.find((part): part is WherePart => part.kind === "where")?.area;
  const box: Box | null = held ? ("bbox" in held ? held.bbox : boxOfGeometry(held.intersects)) : null;
  return box ?? [null, null, null, null];
}

const short = (value: number | null): string => (value === null ? "" : String(Math.round(value * 1e5) / 1e5));
