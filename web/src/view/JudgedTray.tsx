/** The tray of what was marked: how many, and what may be done with it. */
import { useState } from "preact/hooks";
import { refineNow } from "../state/judging";
import { labels } from "../state/store";
import { LabelDownloads } from "./ExportMenu";
import { Icon } from "./icons";
import { Popover } from "./Popover";

export function JudgedTray({ onClear }: { onClear: () => void }) {
  const [busy, setBusy] = useState(false);
  const verdicts = [...labels.value.values()];
  const yes = verdicts.filter((verdict) => verdict === "yes").length;
  async function refined(): Promise<void> {
    setBusy(true);
    await refineNow();
    setBusy(false);
  }
  return (
    <div class="tray" data-testid="judged" role="region" aria-label="Marked results">
      <span class="tray-count" aria-live="polite">
        <b class="yes">{yes} yes</b> · <b class="no">{verdicts.length - yes} no</b>
      </span>
      <button type="button" class="primary" data-testid="refine" disabled={busy || !yes} onClick={() => void refined()}>
        Search again with these
      </button>
      <Popover class="button" testid="labels-export" title="Save the labels" label={<Icon name="download" />}>
        {(close) => <LabelDownloads close={close} />}
      </Popover>
      <button type="button" class="button" data-testid="labels-clear" onClick={onClear}>
        Clear
      </button>
    </div>
  );
}
