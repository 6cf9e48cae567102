/** What stands on the map: draw, fit, search here, locate, imagery, and the legends. */
import type { Atlas } from "../map/atlas";
import { ranks } from "../question/parts";
import { onScale } from "../reading/format";
import { around, boxOfItem } from "../reading/ground";
import { gradient } from "../reading/ramp";
import { add } from "../state/going";
import { locateHere } from "../state/locating";
import * as store from "../state/store";
import { Icon, type IconName } from "./icons";

export function MapTools({ atlas }: { atlas: Atlas }) {
  const mode = store.drawing.value;
  return (
    <>
      <div class="map-tools" role="group" aria-label="Map tools">
        <Draw name="box" icon="box" said="Draw a rectangle to search in" />
        <Draw name="polygon" icon="polygon" said="Draw a polygon to search in" />
        <Tool
          testid="map-fit"
          icon="fit"
          said="Show all results"
          onClick={() => {
            const box = around(store.places.value.map(boxOfItem)) ?? store.facts.value?.bbox;
            if (box) atlas.fit(box);
          }}
        />
        <Imagery />
      </div>
      <div class="map-actions">
        <button
          type="button"
          class="pill"
          data-testid="map-search-here"
          disabled={!store.view.value}
          onClick={() => {
            if (store.view.value) add({ kind: "where", area: { bbox: store.view.value }, on: true });
          }}
        >
          <Icon name="here" size={14} /> Search here
        </button>
        {ranks(store.question.value) && (
          <button
            type="button"
            class="pill"
            data-testid="map-locate"
            title="Look for the question everywhere in what the map shows, and draw it as heat"
            disabled={store.locatingNow.value}
            onClick={() => void locateHere()}
          >
            <Icon name="heat" size={14} /> {store.locatingNow.value ? "Looking…" : "Where in this view?"}
          </button>
        )}
      </div>
      {mode !== "look" && (
        <p class="map-hint" role="status">
          {mode === "box"
            ? "Drag a rectangle. Esc stops."
            : "Click the corners; double-click or Enter closes. Backspace takes one back, Esc stops."}
        </p>
      )}
      <div class="legends">
        {store.heat.value && (
          <div class="legend" data-testid="heat-legend">
            <span>Heat: {store.heat.value.of}</span>
            <button
              type="button"
              class="bare"
              data-testid="heat-close"
              aria-label="Away with the heat map"
              onClick={() => {
                store.heat.value = null;
              }}
            >
              <Icon name="close" size={12} />
            </button>
          </div>
        )}
        <Legend />
      </div>
    </>
  );
}

function Legend() {
  const { value: scale } = store.scale;
  if (!scale || !store.places.value.length) return null;
  return (
    <div class="legend" data-testid="legend">
      <span>{scale.kind === "probability" ? "Probability" : "Score"}</span>
      <span>{onScale(scale.low, scale)}</span>
      <i style={{ background: gradient }} />
      <span>{onScale(scale.high, scale)}</span>
    </div>
  );
}

function Draw({ name, icon, said }: { name: "box" | "polygon"; icon: IconName; said: string }) {
  const on = store.drawing.value === name;
  return (
    <Tool
      testid={`map-draw-${name}`}
      icon={icon}
      said={said}
      pressed={on}
      onClick={() => {
        store.drawing.value = on ? "look" : name;
      }}
    />
  );
}

function Imagery() {
  const sensors = Object.keys(store.facts.value?.sensors ?? {});
  return (
    <label class="tool imagery" title="Scenes drawn under the results">
      <Icon name="layers" />
      <select
        data-testid="map-imagery"
        aria-label="Scenes drawn under the results"
        value={store.imagery.value}
        onChange={(event) => {
          store.imagery.value = event.currentTarget.value;
        }}
      >
        <option value="all">all scenes</option>
        {sensors.length > 1 &&
          sensors.map((name) => (
            <option key={name} value={name}>
              {name} scenes
            </option>
          ))}
        <option value="off">no scenes</option>
      </select>
    </label>
  );
}

interface ToolProperties {
  testid: string;
  icon: IconName;
  said: string;
  pressed?: boolean;
  onClick: () => void;
}

function Tool({ testid, icon, said, pressed, onClick }: ToolProperties) {
  return (
    <button
      type="button"
      class="tool"
      data-testid={testid}
      aria-label={said}
      title={said}
      aria-pressed={pressed}
      onClick={onClick}
    >
      <Icon name={icon} />
    </button>
  );
}
