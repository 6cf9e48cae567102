/** How sure the results are, as bars, with a cut that is dragged or moved with keys. */
import { useRef } from "preact/hooks";
import { type Scale, share } from "../reading/cut";
import { onScale } from "../reading/format";
import { heights, histogram } from "../reading/histogram";
import { colour } from "../reading/ramp";
import { moveCut } from "../state/going";
import { items, least, question, shown } from "../state/store";

const STEPS: Record<string, number> = {
  ArrowRight: 0.01,
  ArrowUp: 0.01,
  ArrowLeft: -0.01,
  ArrowDown: -0.01,
  PageUp: 0.1,
  PageDown: -0.1,
};

export function Histogram({ scale }: { scale: Scale }) {
  const field = useRef<HTMLDivElement>(null);
  const bins = histogram(items.value, scale);
  const bars = heights(bins);
  const at = Number.isFinite(least.value) ? share(least.value, scale) : 0;
  const value = scale.low + at * (scale.high - scale.low);
  const isAutomatic = question.value.cut === "auto";

  function moved(to: number): void {
    moveCut(Math.min(1, Math.max(0, Math.round(to * 1000) / 1000)));
  }
  function dragged(event: PointerEvent): void {
    const box = field.current?.getBoundingClientRect();
    if (box && event.buttons) moved((event.clientX - box.left) / box.width);
  }
  function pressed(event: KeyboardEvent): void {
    const to = event.key === "Home" ? 0 : event.key === "End" ? 1 : at + (STEPS[event.key] ?? Number.NaN);
    if (Number.isNaN(to)) return;
    event.preventDefault();
    moved(to);
  }

  return (
    <div class="histogram" data-testid="histogram">
      <div
        class="bars"
        ref={field}
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          dragged(event);
        }}
        onPointerMove={dragged}
      >
        {bars.map((height, index) => {
          const middle = (index + 0.5) / bars.length;
          return (
            <i
              key={index}
              class={middle < at ? "bar below" : "bar"}
              style={{ height: `${height * 100}%`, background: colour(middle) }}
              title={`${bins[index]?.count ?? 0} results`}
            />
          );
        })}
        <div
          class="cut"
          role="slider"
          tabIndex={0}
          data-testid="cut-slider"
          aria-label={scale.kind === "probability" ? "Least probability" : "Least score"}
          aria-valuemin={scale.low}
          aria-valuemax={scale.high}
          aria-valuenow={Number(value.toFixed(3))}
          aria-valuetext={`${onScale(value, scale)}, ${shown.value.length} results`}
          style={{ left: `${at * 100}%` }}
          onKeyDown={pressed}
        />
      </div>
      <div class="histogram-foot">
        <span class="axis">{onScale(scale.low, scale)}</span>
        <span class="cut-said">
          <output data-testid="cut-value">
            {scale.kind === "probability" ? "at least" : "score from"} {onScale(value, scale)}
          </output>
          <button
            type="button"
            class="link"
            data-testid="cut-auto"
            aria-pressed={isAutomatic}
            onClick={() => moveCut("auto")}
          >
            Auto
          </button>
          <button
            type="button"
            class="link"
            data-testid="cut-all"
            aria-pressed={!isAutomatic && at === 0}
            onClick={() => moveCut(0)}
          >
            All
          </button>
        </span>
        <span class="axis">{onScale(scale.high, scale)}</span>
      </div>
    </div>
  );
}
