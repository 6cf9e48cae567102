/** What is known of a result, and where else it can be had. */
import { token } from "../api/client";
import type { Item } from "../api/types";
import { toAddress } from "../question/address";
import { asCurl, asPython } from "../question/code";
import { measureOf, share } from "../reading/cut";
import { day, onScale, place, sensorOf } from "../reading/format";
import { boxOfItem, middle } from "../reading/ground";
import { colour } from "../reading/ramp";
import { question, scale } from "../state/store";
import { Copy } from "./ShareMenu";

export function Facts({ item }: { item: Item }) {
  const { properties } = item;
  const box = boxOfItem(item);
  const value = measureOf(item, scale.value);
  const path = `/items/${encodeURIComponent(item.id)}`;
  const rows: [string, string][] = [
    ["Date", day(properties.datetime)],
    ["Place", box ? place(middle(box)) : "not known"],
    ["Pixel", properties.gsd ? `${Number(properties.gsd.toPrecision(2))} m` : ""],
    ["Shows", (properties["satseek:labels"] ?? properties["satseek:keywords"] ?? []).join(", ")],
    ["Scene", properties["satseek:scene"] ?? ""],
    ["Stands for", merged(properties["satseek:merged"]?.length ?? 0)],
    ["Id", item.id],
  ];
  return (
    <>
      {scale.value && value !== null && (
        <div class="sure">
          <span class="sure-bar">
            <i
              style={{ width: `${share(value, scale.value) * 100}%`, background: colour(share(value, scale.value)) }}
            />
          </span>
          <b>{onScale(value, scale.value)}</b>
          <span>{scale.value.kind === "probability" ? "probably right" : "score"}</span>
        </div>
      )}
      <dl class="facts">
        {rows
          .filter(([, text]) => text)
          .map(([name, text]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{text}</dd>
            </div>
          ))}
      </dl>
      <div class="detail-links">
        <a
          class="button"
          data-testid="detail-stac"
          href={`/collections/${sensorOf(item)}${path}`}
          target="_blank"
          rel="noreferrer"
        >
          STAC item
        </a>
        <span class="copies">
          <Copy
            testid="detail-copy-url"
            label="Copy link"
            text={() => `${location.origin}/?${toAddress(question.value, item.id)}`}
          />
          <Copy
            testid="detail-copy-curl"
            label="curl"
            text={() => asCurl(location.origin, path, null, token() !== null)}
          />
          <Copy
            testid="detail-copy-python"
            label="Python"
            text={() => asPython(location.origin, path, null, token() !== null)}
          />
        </span>
      </div>
    </>
  );
}

const merged = (others: number): string => (others ? `${others} more that overlap it` : "");
