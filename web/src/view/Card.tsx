/** One result in the grid or the list; hover and click are the map's too. */
import { computed } from "@preact/signals";
import { useMemo } from "preact/hooks";
import { thumbnail } from "../api/service";
import type { Item } from "../api/types";
import { measureOf, share } from "../reading/cut";
import { day, onScale, sensorName, sensorOf, titleOf } from "../reading/format";
import type { Verdict } from "../reading/labels";
import { colour } from "../reading/ramp";
import { add, open } from "../state/going";
import { judge } from "../state/judging";
import * as store from "../state/store";
import { Icon, type IconName } from "./icons";
import { Picture } from "./Picture";

export function Card({ item }: { item: Item }) {
  const { id } = item;
  const isCurrent = useMemo(() => computed(() => store.current.value === id), [id]).value;
  const isChosen = useMemo(() => computed(() => store.chosen.value === id), [id]).value;
  const isHovered = useMemo(() => computed(() => store.hovered.value === id), [id]).value;
  const label = useMemo(() => computed(() => store.labels.value.get(id) ?? ""), [id]).value;
  const scale = store.scale.value;
  const value = measureOf(item, scale);
  const said = scale && value !== null ? onScale(value, scale) : "";
  const sensor = sensorOf(item);
  const merged = item.properties["satseek:merged"]?.length ?? 0;
  return (
    <li
      class="card"
      data-testid="card"
      data-id={id}
      data-sensor={sensor}
      data-probability={item.properties["satseek:probability"] ?? ""}
      data-score={item.properties["satseek:score"] ?? ""}
      data-label={label}
      data-hover={isHovered}
      aria-current={isChosen ? "true" : undefined}
      onPointerEnter={() => {
        store.hovered.value = id;
      }}
      onPointerLeave={() => {
        if (store.hovered.value === id) store.hovered.value = null;
      }}
    >
      <button
        type="button"
        class="card-open"
        data-testid="card-open"
        tabIndex={isCurrent ? 0 : -1}
        onClick={() => open(item)}
        onFocus={() => {
          store.current.value = id;
        }}
      >
        <Picture class="card-picture" src={thumbnail(id)} alt="" lazy />
        {said && scale && value !== null && (
          <span class="badge">
            <i class="swatch" style={{ background: colour(share(value, scale)) }} />
            {said}
          </span>
        )}
        {merged > 0 && (
          <span class="badge badge-merged" title={`Stands for ${merged} more that overlap it`}>
            +{merged}
          </span>
        )}
        <span class="card-text">
          <span class="card-title">{titleOf(item)}</span>
          <span class="card-facts">
            <b title={sensorName(sensor)}>{sensor}</b> {day(item.properties.datetime)}
          </span>
          {label && <span class="offscreen">, marked {label}</span>}
        </span>
      </button>
      <span class="card-actions">
        <Act
          icon="check"
          name="yes"
          said="Yes, this is it (y)"
          item={item}
          on={label === "yes"}
          isCurrent={isCurrent}
        />
        <Act
          icon="close"
          name="no"
          said="No, this is not it (n)"
          item={item}
          on={label === "no"}
          isCurrent={isCurrent}
        />
        <Act icon="plus" name="like" said="More like this (m)" item={item} isCurrent={isCurrent} />
        <Act icon="minus" name="unlike" said="Less like this (l)" item={item} isCurrent={isCurrent} />
      </span>
    </li>
  );
}

interface ActProperties {
  icon: IconName;
  name: Verdict | "like" | "unlike";
  said: string;
  item: Item;
  isCurrent: boolean;
  on?: boolean;
}

function Act({ icon, name, said, item, isCurrent, on }: ActProperties) {
  const acted = () => {
    if (name === "yes" || name === "no") judge(item, name);
    else add({ kind: name, id: item.id, weight: 1, on: true });
  };
  return (
    <button
      type="button"
      class={`act act-${name}`}
      data-testid={`card-${name}`}
      aria-label={said}
      title={said}
      aria-pressed={on}
      tabIndex={isCurrent ? 0 : -1}
      onClick={acted}
    >
      <Icon name={icon} size={14} />
    </button>
  );
}
