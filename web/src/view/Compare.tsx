/** Two sensors at one place: the other one's scene laid over this chip's ground, with a slider between. */
import { useState } from "preact/hooks";
import { ownAddress } from "../api/client";
import { preview } from "../api/service";
import type { Item } from "../api/types";
import { day, percent, sensorName, sensorOf, titleOf } from "../reading/format";
import { open } from "../state/going";
import { Picture } from "./Picture";

const SIZE = "768";

export function Compare({ item, others }: { item: Item; others: Item[] | null }) {
  const [chosen, setChosen] = useState(0);
  const [at, setAt] = useState(50);
  if (others === null) return <div class="compare-none">Looking for other sensors here…</div>;
  const other = others[Math.min(chosen, others.length - 1)];
  if (!other) {
    return (
      <div class="compare-none" data-testid="compare" data-found="false">
        No other sensor saw this place.
      </div>
    );
  }
  return (
    <div class="rendering" data-testid="compare" data-found="true">
      <div class="compare" style={{ "--at": `${at}%` }}>
        <Picture
          class="detail-picture"
          src={preview(item.id, new URLSearchParams({ size: SIZE }))}
          alt={titleOf(item)}
        />
        <Picture
          class="detail-picture compare-over"
          src={inPlace(other, item.id)}
          alt={`${sensorName(sensorOf(other))} of the same place`}
        />
        <span class="compare-line" aria-hidden="true" />
        <span class="compare-name compare-left" aria-hidden="true">
          {sensorOf(item)}
        </span>
        <span class="compare-name compare-right" aria-hidden="true">
          {sensorOf(other)}
        </span>
        <input
          class="compare-slider"
          data-testid="compare-slider"
          type="range"
          min="0"
          max="100"
          value={at}
          aria-label={`Between ${sensorName(sensorOf(item))} and ${sensorName(sensorOf(other))}`}
          aria-valuetext={`${at} % ${sensorOf(item)}`}
          onInput={(event) => setAt(Number(event.currentTarget.value))}
        />
      </div>
      <div class="controls">
        <label class="wide">
          Beside it
          <select
            data-testid="compare-sensor"
            value={chosen}
            onChange={(event) => setChosen(Number(event.currentTarget.value))}
          >
            {others.map((each, index) => (
              <option key={each.id} value={index}>
                {told(each)}
              </option>
            ))}
          </select>
        </label>
        <button type="button" class="button" data-testid="compare-open" onClick={() => open(other)}>
          Open that one
        </button>
      </div>
    </div>
  );
}

function told(item: Item): string {
  const overlap = item.properties["satseek:overlap"];
  const days = item.properties["satseek:days"];
  const apart = typeof days === "number" ? apartBy(Math.round(days)) : day(item.properties.datetime);
  return [
    sensorName(sensorOf(item)),
    apart,
    typeof overlap === "number" && overlap < 0.995 ? `${percent(overlap)} of the ground` : "",
  ]
    .filter(Boolean)
    .join(" · ");
}

function apartBy(days: number): string {
  if (days === 0) return "same day";
  return `${Math.abs(days)} ${Math.abs(days) === 1 ? "day" : "days"} ${days < 0 ? "before" : "after"}`;
}

function inPlace(other: Item, place: string): string {
  const href = other.assets?.["in_place"]?.href;
  const address = href ? ownAddress(href) : preview(other.id, new URLSearchParams({ place }));
  return `${address}${address.includes("?") ? "&" : "?"}size=${SIZE}`;
}
