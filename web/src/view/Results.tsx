/** The results: how many, how sure, as a grid or a list, and what may be done with them. */

import { isEmpty } from "../question/parts";
import { count } from "../reading/format";
import { forget } from "../state/judging";
import * as store from "../state/store";
import { Card } from "./Card";
import { Examples } from "./Examples";
import { ExportMenu } from "./ExportMenu";
import { Histogram } from "./Histogram";
import { Icon } from "./icons";
import { JudgedTray } from "./JudgedTray";
import { Message, resultsState } from "./Message";
import { ShareMenu } from "./ShareMenu";

export function Results() {
  const state = resultsState.value;
  const { value: shown } = store.shown;
  const welcome = isEmpty(store.question.value) && !store.emptyArchive.value;
  return (
    <section class="results" id="results" aria-label="Results" tabIndex={-1}>
      {welcome ? <Examples /> : <h1 class="unseen">Results</h1>}
      <Toolbar />
      {store.scale.value && store.items.value.length > 0 && <Histogram scale={store.scale.value} />}
      <Notes />
      <Message />
      <ul
        class={`cards cards-${store.layout.value}`}
        data-testid="results"
        data-state={state}
        aria-label="Found chips"
        aria-busy={store.phase.value === "loading"}
      >
        {state === "loading" && !shown.length
          ? Array.from({ length: 12 }, (_, index) => <li key={index} class="card skeleton" aria-hidden="true" />)
          : shown.map((item) => <Card key={item.id} item={item} />)}
      </ul>
      <BelowCut />
      {store.labels.value.size > 0 && <JudgedTray onClear={forget} />}
    </section>
  );
}

function Toolbar() {
  const [all, shown] = [store.items.value.length, store.shown.value.length];
  const matched = store.answer.value?.numberMatched;
  const listing = store.scale.value === null;
  const said =
    listing && matched !== undefined
      ? `${count(all)} of ${count(matched)}, newest first`
      : `${count(shown)} of ${count(all)} shown`;
  return (
    <div class="toolbar">
      <p class="result-count" data-testid="result-count" aria-live="polite">
        {!all ? (store.phase.value === "loading" ? "Searching…" : "No results") : said}
      </p>
      <div class="toolbar-buttons">
        <div class="segmented" role="group" aria-label="Layout">
          {(["grid", "list"] as const).map((name) => (
            <button
              type="button"
              key={name}
              data-testid={`view-${name}`}
              aria-label={name === "grid" ? "As a grid" : "As a list"}
              title={name === "grid" ? "As a grid" : "As a list"}
              aria-pressed={store.layout.value === name}
              onClick={() => {
                store.layout.value = name;
              }}
            >
              <Icon name={name} />
            </button>
          ))}
        </div>
        <ShareMenu />
        <ExportMenu />
      </div>
    </div>
  );
}

function Notes() {
  const notes = (store.answer.value?.["satseek:notes"] ?? []).filter(Boolean);
  if (!notes.length) return null;
  return (
    <ul class="notes" data-testid="notes">
      {notes.map((note) => (
        <li key={note}>{note.length > LONG ? <LongNote note={note} /> : note}</li>
      ))}
    </ul>
  );
}

const LONG = 150;

function LongNote({ note }: { note: string }) {
  const end = note.lastIndexOf(" ", LONG);
  return (
    <details>
      <summary>{note.slice(0, end)} …</summary>
      {note.slice(end + 1)}
    </details>
  );
}

function BelowCut() {
  const below = store.items.value.length - store.shown.value.length;
  if (below <= 0 || store.unconvincing.value) return null;
  return (
    <p class="below-cut">
      {count(below)} less convincing {below === 1 ? "result lies" : "results lie"} below the cut.
    </p>
  );
}
