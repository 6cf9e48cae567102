/** Why a result was found: where in its picture the question points, and what each part of it gave. */
import { useEffect, useRef, useState } from "preact/hooks";
import { preview, why } from "../api/service";
import type { Item, Why } from "../api/types";
import { searchAddress } from "../question/address";
import { isWeighted, ranks } from "../question/parts";
import { titleOf } from "../reading/format";
import { gridOf, levels } from "../reading/heat";
import { asked } from "../state/store";
import { Picture } from "./Picture";

export function WhyView({ item }: { item: Item }) {
  const found = useWhy(item.id);
  const [strength, setStrength] = useState(65);
  const grid = found.why ? gridOf(found.why) : null;
  return (
    <div class="rendering" data-testid="why" data-state={grid ? "ready" : found.state}>
      <div class="why">
        <Picture
          class="detail-picture"
          src={preview(item.id, new URLSearchParams({ size: "768" }))}
          alt={titleOf(item)}
        />
        {grid && <Heat grid={grid} strength={strength / 100} />}
      </div>
      <div class="controls">
        <p class="hint wide" data-testid="why-text">
          {said(found.state, found.told, grid !== null)}
        </p>
        {grid && (
          <label class="wide">
            Strength
            <input
              type="range"
              data-testid="why-strength"
              min="0"
              max="100"
              value={strength}
              onInput={(event) => setStrength(Number(event.currentTarget.value))}
            />
          </label>
        )}
      </div>
      <Parts item={item} />
    </div>
  );
}

function said(state: string, told: string, drawn: boolean): string {
  if (drawn) return "Bright where the picture fits the question best.";
  if (state === "asking") return "Looking where the question points…";
  if (state === "nothing") return "Nothing was asked that ranks: words or an example have a why.";
  return told || "This service draws no such map; below is what each part of the question gave.";
}

/** What each part of the question gave, as bars. */
function Parts({ item }: { item: Item }) {
  const parts = Object.entries(item.properties["satseek:parts"] ?? {}).filter(
    (entry): entry is [string, number] => typeof entry[1] === "number",
  );
  if (!parts.length) return null;
  const most = Math.max(1, ...parts.map(([, value]) => Math.abs(value)));
  return (
    <table class="parts">
      <caption>What each part gave</caption>
      <tbody>
        {parts.map(([name, value]) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <td>
              <span class="part-bar">
                <i style={{ width: `${(Math.abs(value) / most) * 100}%` }} class={value < 0 ? "against" : ""} />
              </span>
            </td>
            <td class="number">{value.toFixed(2)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Heat({ grid, strength }: { grid: number[][]; strength: number }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [rows, columns] = [grid.length, grid[0]?.length ?? 0];
  useEffect(() => {
    const context = canvas.current?.getContext("2d");
    if (!context || !rows || !columns) return;
    context.putImageData(new ImageData(levels(grid), columns, rows), 0, 0);
  }, [grid]);
  return (
    <canvas ref={canvas} class="heat" width={columns} height={rows} style={{ opacity: strength }} aria-hidden="true" />
  );
}

function useWhy(id: string) {
  const [found, setFound] = useState<{ state: string; why: Why | null; told: string }>({
    state: "asking",
    why: null,
    told: "",
  });
  const question = asked.value;
  useEffect(() => {
    if (!ranks(question)) {
      setFound({ state: "nothing", why: null, told: "" });
      return;
    }
    let gone = false;
    setFound({ state: "asking", why: null, told: "" });
    // Where, when and which sensor are met already; only what ranks is asked about.
    const ranking = { ...question, merge: true, parts: question.parts.filter(isWeighted) };
    const parameters = new URLSearchParams(searchAddress(ranking).split("?")[1]);
    why(id, parameters)
      .then((answer) => ({ state: answer ? "ready" : "absent", why: answer, told: "" }))
      .catch((error: unknown) => ({ state: "failed", why: null, told: error instanceof Error ? error.message : "" }))
      .then((next) => {
        if (!gone) setFound(next);
      });
    return () => {
      gone = true;
    };
  }, [id, question]);
  return found;
}
