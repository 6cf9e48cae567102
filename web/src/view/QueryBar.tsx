/** The bar: type what is in the picture, or bring a picture. */
import { useRef } from "preact/hooks";
import { bring } from "../state/bringing";
import { askTyped, remove } from "../state/going";
import { facts, phase, typing } from "../state/store";
import { Icon } from "./icons";

export function QueryBar() {
  const file = useRef<HTMLInputElement>(null);
  const input = useRef<HTMLInputElement>(null);
  const reads = facts.value?.words !== false;

  function submitted(event: Event): void {
    event.preventDefault();
    askTyped();
  }
  function cleared(): void {
    typing.value = "";
    remove("sentence");
    input.current?.focus();
  }

  return (
    <form class="query-bar" role="search" onSubmit={submitted} data-busy={phase.value === "loading"}>
      <Icon name="search" size={18} />
      <input
        ref={input}
        id="query"
        data-testid="query-input"
        type="text"
        enterkeyhint="search"
        autocomplete="off"
        spellcheck={false}
        maxLength={2000}
        aria-label="What is in the picture?"
        placeholder={
          reads
            ? "What is in the picture? A river through forest…"
            : "This archive's model reads no words: bring a picture"
        }
        value={typing.value}
        onInput={(event) => {
          typing.value = event.currentTarget.value;
        }}
      />
      {typing.value && (
        <button
          type="button"
          class="bare"
          data-testid="query-clear"
          aria-label="Clear the words"
          title="Clear"
          onClick={cleared}
        >
          <Icon name="close" size={14} />
        </button>
      )}
      <button
        type="button"
        class="bare"
        data-testid="image-button"
        aria-label="Search by a picture"
        title="Search by a picture (or drop or paste one anywhere)"
        onClick={() => file.current?.click()}
      >
        <Icon name="image" size={18} />
      </button>
      <input
        ref={file}
        data-testid="image-input"
        type="file"
        accept="image/png,image/jpeg,image/tiff,image/webp,image/jp2,.tif,.tiff,.jp2"
        hidden
        onChange={(event) => {
          const [brought] = event.currentTarget.files ?? [];
          event.currentTarget.value = "";
          if (brought) void bring(brought);
        }}
      />
      <button type="submit" class="primary" data-testid="query-submit">
        Search
      </button>
    </form>
  );
}
