/** What is told instead of results: nothing found, nothing convincing, an empty archive, an error. */
import { computed } from "@preact/signals";
import { isExample, nameOf, type Part } from "../question/parts";
import { askNow } from "../state/asking";
import { asksForPictures } from "../state/forgotten";
import { go, moveCut, remove, startOver } from "../state/going";
import * as store from "../state/store";

export const resultsState = computed(() => {
  if (store.emptyArchive.value) return "empty-archive";
  if (store.phase.value === "loading") return "loading";
  if (store.phase.value === "error" && !store.items.value.length) return "error";
  if (store.phase.value === "idle") return "idle";
  if (store.unconvincing.value) return "unconvincing";
  return store.items.value.length ? "ready" : "none";
});

export function Message() {
  switch (resultsState.value) {
    case "empty-archive":
      return <EmptyArchive />;
    case "error":
      return <Trouble />;
    case "none":
      return <Nothing />;
    case "unconvincing":
      return <Unconvincing />;
    default:
      return null;
  }
}

function EmptyArchive() {
  const places = store.facts.value?.ingest_from ?? [];
  return (
    <div class="message" data-testid="message" data-kind="empty-archive" role="status">
      <h2>This archive is empty</h2>
      <p>Fill it with a folder of GeoTIFFs, a STAC catalog or a STAC API, then reload this page:</p>
      <pre>satseek ingest ./archive ./my-scenes</pre>
      <p>Or see it at work first, on a world that is painted for you:</p>
      <pre>satseek demo</pre>
      {places.length > 0 && <p>This service also fills itself over HTTP: POST /ingest, from {places.join(", ")}.</p>}
    </div>
  );
}

function Trouble() {
  return (
    <div class="message" data-testid="message" data-kind="error" role="alert">
      <h2>That could not be asked</h2>
      <p>{store.trouble.value}</p>
      <div class="row-buttons">
        <button type="button" class="button" onClick={() => void askNow()}>
          Try again
        </button>
        {asksForPictures(store.question.value) && (
          <button type="button" class="button" data-testid="without-pictures" onClick={withoutPictures}>
            Without the picture
          </button>
        )}
        <button type="button" class="button" onClick={startOver}>
          Start over
        </button>
      </div>
    </div>
  );
}

/** Ask the question without the pictures that were brought, such as those of a link from another day. */
function withoutPictures(): void {
  const { value: question } = store.question;
  go({ ...question, parts: question.parts.filter((part) => !isExample(part) || !part.id.startsWith("upload-")) });
}

const FILTERS: Partial<Record<Part["kind"], string>> = {
  where: "area",
  when: "dates",
  sensors: "choice of sensors",
  rest: "filter",
};

function Nothing() {
  const filters = store.question.value.parts.filter(
    (part) => part.on && ["where", "when", "sensors", "rest"].includes(part.kind),
  );
  return (
    <div class="message" data-testid="message" data-kind="none" role="status">
      <h2>Nothing here meets the question</h2>
      {filters.length ? (
        <>
          <p>Nothing in the archive meets all of its filters. Leave one out:</p>
          <div class="row-buttons">
            {filters.map((part) => (
              <button type="button" class="button" key={part.kind} onClick={() => remove(nameOf(part))}>
                Without the {FILTERS[part.kind]}
              </button>
            ))}
          </div>
        </>
      ) : (
        <p>No chip meets every “must”. Take one out, or ask in other words.</p>
      )}
    </div>
  );
}

function Unconvincing() {
  const own = store.question.value.cut !== "auto";
  const message = store.automatic.value.message?.replace(/^No convincing match\.\s*/, "");
  const nearest = store.items.value.length || store.answer.value?.["satseek:cut"]?.dropped;
  return (
    <div class="message" data-testid="message" data-kind="unconvincing" role="status">
      <h2>No convincing match</h2>
      <p>
        {own
          ? "Nothing is as probable as the cut asks for."
          : message || "The archive was searched, and nothing in it is likely to be what you asked for."}
      </p>
      <div class="row-buttons">
        <button type="button" class="button" data-testid="show-anyway" onClick={() => moveCut(0)}>
          Show the nearest {nearest} anyway
        </button>
        {own && (
          <button type="button" class="button" onClick={() => moveCut("auto")}>
            Back to the automatic cut
          </button>
        )}
      </div>
    </div>
  );
}
