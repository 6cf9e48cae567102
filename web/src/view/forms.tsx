/** The small forms of chips: a word, a weight, dates, sensors. */
import { useState } from "preact/hooks";
import {
  type ExamplePart,
  isWord,
  nameOf,
  type SensorsPart,
  type WhenPart,
  type WordKind,
  type WordPart,
  withPart,
  withReplaced,
} from "../question/parts";
import { count } from "../reading/format";
import { add, go, remove } from "../state/going";
import { facts, question } from "../state/store";

interface Closes {
  close: () => void;
}

export function WordForm({ kind, close }: Closes & { kind: "must" | "not" }) {
  const [text, setText] = useState("");
  function submitted(event: Event): void {
    event.preventDefault();
    const words = text
      .split(",")
      .map((word) => word.trim())
      .filter(Boolean);
    close();
    let next = { ...question.value, cut: "auto" as const };
    for (const word of words) next = { ...withPart(next, { kind, text: word, weight: 1, on: true }), cut: "auto" };
    if (words.length) go(next);
  }
  return (
    <form class="form" onSubmit={submitted}>
      <label>
        {kind === "must" ? "Must be in the picture" : "Must not be in the picture"}
        <input
          data-testid="word-input"
          type="text"
          placeholder={kind === "must" ? "bridge" : "cloud"}
          maxLength={200}
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
        />
      </label>
      <p class="hint">
        Several with commas. In the bar: <kbd>{kind}: word</kbd>
      </p>
      <button type="submit" class="primary" data-testid="word-submit" disabled={!text.trim()}>
        Add
      </button>
    </form>
  );
}

const KINDS: Record<WordKind, string> = { sentence: "Words", must: "Must be there", not: "Must not be there" };

export function WeightForm({ part, close }: Closes & { part: WordPart | ExamplePart }) {
  const [weight, setWeight] = useState(part.weight);
  const [text, setText] = useState(isWord(part) ? part.text : "");
  const [kind, setKind] = useState(part.kind);
  function submitted(event: Event): void {
    event.preventDefault();
    close();
    const words = isWord(part) && (kind === "sentence" || kind === "must" || kind === "not");
    const changed = words
      ? { kind, text: text.trim() || part.text, weight, on: true }
      : { ...(part as ExamplePart), kind: kind as ExamplePart["kind"], weight, on: true };
    go({ ...withReplaced(question.value, nameOf(part), changed), cut: "auto" });
  }
  return (
    <form class="form" onSubmit={submitted}>
      {isWord(part) && (
        <label>
          Words
          <input
            data-testid="chip-text"
            type="text"
            maxLength={2000}
            value={text}
            onInput={(event) => setText(event.currentTarget.value)}
          />
        </label>
      )}
      <label>
        What it is
        <select
          data-testid="chip-kind"
          value={kind}
          onChange={(event) => setKind(event.currentTarget.value as typeof kind)}
        >
          {isWord(part)
            ? Object.entries(KINDS).map(([value, said]) => (
                <option key={value} value={value}>
                  {said}
                </option>
              ))
            : [
                <option key="like" value="like">
                  More like this
                </option>,
                <option key="unlike" value="unlike">
                  Less like this
                </option>,
              ]}
        </select>
      </label>
      <label>
        <span class="row">
          Weight <output>×{weight.toFixed(1)}</output>
        </span>
        <input
          data-testid="chip-weight"
          type="range"
          min="0"
          max="3"
          step="0.1"
          value={weight}
          onInput={(event) => setWeight(Number(event.currentTarget.value))}
        />
      </label>
      <button type="submit" class="primary" data-testid="chip-apply">
        Apply
      </button>
    </form>
  );
}

export function DatesForm({ close }: Closes) {
  const held = question.value.parts.find((part): part is WhenPart => part.kind === "when")?.datetime ?? "";
  const [first = "", last = first] = held.split("/");
  const [from, setFrom] = useState(first === ".." ? "" : first.slice(0, 10));
  const [to, setTo] = useState(last === ".." ? "" : last.slice(0, 10));
  const wrong = from && to && from > to ? "The first day lies after the last." : "";
  const [earliest, latest] = facts.value?.datetime ?? [];
  function submitted(event: Event): void {
    event.preventDefault();
    if (wrong) return;
    close();
    if (!from && !to) remove("when");
    else add({ kind: "when", datetime: `${from || ".."}/${to || ".."}`, on: true });
  }
  return (
    <form class="form" onSubmit={submitted}>
      <label>
        From
        <input
          data-testid="date-from"
          type="date"
          value={from}
          onInput={(event) => setFrom(event.currentTarget.value)}
        />
      </label>
      <label>
        To
        <input data-testid="date-to" type="date" value={to} onInput={(event) => setTo(event.currentTarget.value)} />
      </label>
      {earliest && latest && (
        <p class="hint">
          The archive reaches from {earliest.slice(0, 10)} to {latest.slice(0, 10)}.
        </p>
      )}
      {wrong && (
        <p class="wrong" role="alert">
          {wrong}
        </p>
      )}
      <button type="submit" class="primary" data-testid="dates-apply" disabled={Boolean(wrong)}>
        Apply
      </button>
    </form>
  );
}

export function SensorsForm({ close }: Closes) {
  const held = question.value.parts.find((part): part is SensorsPart => part.kind === "sensors")?.names ?? [];
  const [names, setNames] = useState<string[]>(held);
  const known = Object.entries(facts.value?.sensors ?? {});
  const toggle = (name: string) =>
    setNames(names.includes(name) ? names.filter((each) => each !== name) : [...names, name]);
  function submitted(event: Event): void {
    event.preventDefault();
    close();
    if (!names.length || names.length === known.length) remove("sensors");
    else add({ kind: "sensors", names, on: true });
  }
  return (
    <form class="form" onSubmit={submitted}>
      <fieldset>
        <legend>Only these sensors</legend>
        {known.map(([name, sensor]) => (
          <label key={name} class="check">
            <input
              data-testid={`sensor-${name}`}
              type="checkbox"
              checked={names.includes(name)}
              onChange={() => toggle(name)}
            />
            <span>
              {name}{" "}
              <small>
                {sensor.title} · {count(sensor.chips)}
              </small>
            </span>
          </label>
        ))}
      </fieldset>
      <button type="submit" class="primary" data-testid="sensors-apply">
        Apply
      </button>
    </form>
  );
}
