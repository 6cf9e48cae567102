/** Downloads of what is shown, and of what was marked. */
import { download } from "../api/service";
import { searchAddress } from "../question/address";
import { labelsCsv, labelsGeojson } from "../reading/labels";
import { exportBody } from "../state/asking";
import { judged } from "../state/judging";
import { asked, labels, shown, tell } from "../state/store";
import { Icon } from "./icons";
import { Popover } from "./Popover";

const FORMATS = [
  ["geojson", "GeoJSON", "hits.geojson"],
  ["geoparquet", "GeoParquet", "hits.parquet"],
  ["csv", "CSV", "hits.csv"],
] as const;

export function ExportMenu() {
  return (
    <Popover
      class="button"
      testid="export"
      panelTestid="export-menu"
      title="Export the results"
      label={
        <>
          <Icon name="download" /> <span class="button-text">Export</span>
        </>
      }
    >
      {(close) => (
        <div class="menu">
          <p class="hint">{shown.value.length} results, as shown</p>
          {FORMATS.map(([format, title, name]) => (
            <button
              type="button"
              key={format}
              data-testid={`export-${format}`}
              disabled={!shown.value.length}
              onClick={() => {
                close();
                void saved(format, name);
              }}
            >
              {title}
            </button>
          ))}
          <hr />
          <p class="hint">{labels.value.size} marked results</p>
          <LabelDownloads close={close} />
        </div>
      )}
    </Popover>
  );
}

export function LabelDownloads({ close }: { close: () => void }) {
  const question = () => searchAddress(asked.value);
  const none = labels.value.size === 0;
  return (
    <div class="menu">
      <button
        type="button"
        data-testid="export-labels"
        disabled={none}
        onClick={() => {
          close();
          save(new Blob([labelsCsv(judged(), question())], { type: "text/csv" }), "labels.csv");
        }}
      >
        Labels as CSV
      </button>
      <button
        type="button"
        data-testid="export-labels-geojson"
        disabled={none}
        onClick={() => {
          close();
          save(new Blob([labelsGeojson(judged(), question())], { type: "application/geo+json" }), "labels.geojson");
        }}
      >
        Labels as GeoJSON
      </button>
    </div>
  );
}

async function saved(format: (typeof FORMATS)[number][0], name: string): Promise<void> {
  try {
    save(await download(exportBody(asked.value), format), name);
  } catch (error) {
    tell({ kind: "problem", text: `The export did not work: ${error instanceof Error ? error.message : error}` });
  }
}

function save(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  const link = Object.assign(document.createElement("a"), { href: url, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
