/** The map beside the results: loaded when wanted, absent where it cannot be. */
import { effect } from "@preact/signals";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Atlas } from "../map/atlas";
import type { Box, WherePart } from "../question/parts";
import { measureOf, share } from "../reading/cut";
import { around, boxOfGeometry, boxOfItem } from "../reading/ground";
import { add, open } from "../state/going";
import * as store from "../state/store";
import { MapTools } from "./MapTools";
import { calm, theme } from "./theme";
import { webgl } from "./webgl";

export function MapPanel() {
  if (store.placeless.value)
    return (
      <p class="map-absent offstage" data-testid="map-absent" data-reason="places">
        Nothing in this archive has a place: there is no map.
      </p>
    );
  if (!webgl.value) {
    return (
      <p class="map-absent" data-testid="map-absent" data-reason="webgl">
        This browser draws no maps (it has no WebGL). Results, areas and downloads work without it.
      </p>
    );
  }
  return <LiveMap />;
}

function LiveMap() {
  const container = useRef<HTMLDivElement>(null);
  const [atlas, setAtlas] = useState<Atlas | null>(null);
  useEffect(() => {
    let made: Atlas | null = null;
    let gone = false;
    import("../map/atlas")
      .then(({ Atlas }) => {
        if (gone || !container.current) return;
        made = new Atlas(container.current, {
          onHover: (id) => {
            if (store.hovered.value !== id) store.hovered.value = id;
          },
          onOpen: (id) => {
            const item = store.byId.value.get(id);
            if (!item) return;
            open(item);
            document
              .querySelector(`[data-testid=card][data-id="${CSS.escape(id)}"]`)
              ?.scrollIntoView({ block: "nearest", behavior: calm() ? "auto" : "smooth" });
          },
          onView: (box) => {
            store.view.value = box;
          },
          onDrawn: (area) => {
            store.drawing.value = "look";
            if (area) add({ kind: "where", area, on: true });
          },
        });
        setAtlas(made);
      })
      .catch(() => {
        webgl.value = false;
      });
    return () => {
      gone = true;
      made?.remove();
    };
  }, []);
  useEffect(() => (atlas ? connect(atlas) : undefined), [atlas]);
  return (
    <section class="map" aria-label="Map" data-loading={atlas === null}>
      <div
        class="map-canvas"
        ref={container}
        data-testid="map"
        data-mode={store.drawing.value}
        data-hits={store.places.value.length}
        data-hover={store.hovered.value ?? ""}
      />
      {atlas && <MapTools atlas={atlas} />}
    </section>
  );
}

/** Let the map follow the store. */
function connect(atlas: Atlas): () => void {
  let fitted: unknown = null;
  const stops = [
    effect(() => {
      const scale = store.scale.value;
      const hits = store.places.value.map((item) => {
        const value = measureOf(item, scale);
        return { item, share: scale && value !== null ? share(value, scale) : null };
      });
      atlas.showHits(hits);
    }),
    effect(() => {
      const { value: answered } = store.asked;
      if (answered === fitted || store.answer.peek() === null) return;
      fitted = answered;
      const box = whereBox() ?? around(store.places.peek().map(boxOfItem)) ?? store.facts.peek()?.bbox ?? null;
      if (box) atlas.fit(box);
    }),
    effect(() => atlas.setHover(store.hovered.value)),
    effect(() => {
      const { value: item } = store.opened;
      atlas.setChosen(item?.id ?? null, item ? boxOfItem(item) : null);
    }),
    effect(() => atlas.showArea(wherePart()?.area ?? null)),
    effect(() => atlas.draw(store.drawing.value)),
    effect(() => atlas.showImagery(store.imagery.value)),
    effect(() => atlas.showHeat(store.heat.value?.located ?? null)),
    effect(() => atlas.setTheme(theme.value)),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}

function wherePart(): WherePart | undefined {
  return store.question.value.parts.find((part): part is WherePart => part.kind === "where" && part.on);
}

function whereBox(): Box | null {
  const area = store.question.peek().parts.find((part): part is WherePart => part.kind === "where" && part.on)?.area;
  return area ? ("bbox" in area ? area.bbox : boxOfGeometry(area.intersects)) : null;
}
