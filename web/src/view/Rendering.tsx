/** A result's picture, drawn as its sensor is usually drawn or as one chooses: drawing, bands, stretch. */
import { useState } from "preact/hooks";
import { preview } from "../api/service";
import type { Item } from "../api/types";
import { type Look, lookParameters, USUAL } from "../question/look";
import { sensorOf, titleOf } from "../reading/format";
import { facts } from "../state/store";
import { Picture } from "./Picture";

const COLORMAPS = ["greys", "viridis", "magma", "cividis"];
const looks = new Map<string, Look>(); // of each sensor, as long as the page is open

export function Rendering({ item }: { item: Item }) {
  const sensor = sensorOf(item);
  const held = facts.value?.sensors[sensor];
  const [look, setLook] = useState<Look>(looks.get(sensor) ?? USUAL);
  function change(part: Partial<Look>): void {
    const next = { ...look, ...part };
    looks.set(sensor, next);
    setLook(next);
  }
  const bands = held?.bands ?? [];
  const one = look.bands.length === 1;
  return (
    <div class="rendering">
      <Picture
        class="detail-picture"
        testid="detail-image"
        src={preview(item.id, lookParameters(look))}
        alt={titleOf(item)}
      />
      {held && (
        <div class="controls">
          <label>
            Drawing
            <select
              data-testid="drawing-select"
              value={look.bands.length ? (one ? "one" : "three") : look.drawing}
              onChange={(event) => change(chosen(event.currentTarget.value, bands))}
            >
              {held.drawings.map((name, index) => (
                <option key={name} value={index ? name : ""}>
                  {name}
                </option>
              ))}
              {bands.length > 2 && <option value="three">three bands…</option>}
              {bands.length > 1 && <option value="one">one band…</option>}
            </select>
          </label>
          <label>
            Stretch
            <select
              data-testid="stretch-select"
              value={look.rescale ? "own" : look.stretch}
              onChange={(event) => {
                const { value } = event.currentTarget;
                if (value === "own") change({ rescale: USUAL_RANGE[sensor] ?? [0, 255] });
                else change({ stretch: value as Look["stretch"], rescale: null });
              }}
            >
              <option value="sensor">usual for the sensor</option>
              <option value="percentile">2nd to 98th percentile</option>
              <option value="minmax">least to greatest</option>
              <option value="own">from … to …</option>
            </select>
          </label>
          {look.bands.map((band, index) => (
            <label key={index}>
              {one ? "Band" : ["Red", "Green", "Blue"][index]}
              <select
                data-testid={`band-${["red", "green", "blue"][index]}`}
                value={band}
                onChange={(event) => {
                  const next = [...look.bands];
                  next[index] = event.currentTarget.value;
                  change({ bands: next });
                }}
              >
                {bands.map((name) => (
                  <option key={name} value={name}>
                    {name}
                  </option>
                ))}
              </select>
            </label>
          ))}
          {one && (
            <label>
              Colours
              <select
                data-testid="colormap-select"
                value={look.colormap}
                onChange={(event) => change({ colormap: event.currentTarget.value })}
              >
                {COLORMAPS.map((name) => (
                  <option key={name} value={name}>
                    {name}
                  </option>
                ))}
              </select>
            </label>
          )}
          {look.rescale && (
            <Range range={look.rescale} unit={held.unit ?? ""} onChange={(rescale) => change({ rescale })} />
          )}
        </div>
      )}
    </div>
  );
}

const USUAL_RANGE: Record<string, [number, number]> = { s1: [-25, 0], s2: [0, 0.3], rgb: [0, 255] };

function chosen(value: string, bands: string[]): Partial<Look> {
  if (value === "three") return { bands: bands.slice(0, 3), drawing: "", colormap: "" };
  if (value === "one") return { bands: bands.slice(0, 1), drawing: "", colormap: "greys" };
  return { bands: [], drawing: value, colormap: "" };
}

function Range({
  range,
  unit,
  onChange,
}: {
  range: [number, number];
  unit: string;
  onChange: (range: [number, number]) => void;
}) {
  const [texts, setTexts] = useState(range.map(String));
  const typed = (index: 0 | 1, text: string) => {
    const next = texts.map((each, at) => (at === index ? text : each));
    setTexts(next);
    const [low, high] = next.map(Number);
    if (low !== undefined && high !== undefined && low < high) onChange([low, high]);
  };
  return (
    <>
      {([0, 1] as const).map((index) => (
        <label key={index}>
          {index ? "White" : "Black"} ({unit})
          <input
            data-testid={index ? "rescale-high" : "rescale-low"}
            type="number"
            step="any"
            value={texts[index] ?? ""}
            onChange={(event) => typed(index, event.currentTarget.value)}
          />
        </label>
      ))}
    </>
  );
}
