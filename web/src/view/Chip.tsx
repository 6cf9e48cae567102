/** One chip: what it asks, its weight, its switch, and away with it. */
import { thumbnail } from "../api/service";
import { isExample, isWeighted, isWord, nameOf, type Part, withReplaced } from "../question/parts";
import { partText } from "../reading/format";
import { go, remove } from "../state/going";
import { question, titles, uploads } from "../state/store";
import { AreaForm } from "./AreaForm";
import { DatesForm, SensorsForm, WeightForm } from "./forms";
import { Icon } from "./icons";
import { Picture } from "./Picture";
import { Popover } from "./Popover";

const HEADS: Record<Part["kind"], string> = {
  sentence: "words",
  must: "must",
  not: "not",
  like: "+ like",
  unlike: "− not like",
  where: "area",
  when: "dates",
  sensors: "sensors",
  rest: "filter",
};

export function Chip({ part }: { part: Part }) {
  const name = nameOf(part);
  const brought = isExample(part) ? uploads.value.get(part.id) : undefined;
  const text = brought?.name ?? (isExample(part) ? titles.value.get(part.id) : undefined) ?? partText(part);
  const said = `${HEADS[part.kind]} ${text}`;
  const switched = () => go(withReplaced({ ...question.value, cut: "auto" }, name, { ...part, on: !part.on }));
  const label = (
    <>
      {isExample(part) && <ExamplePicture id={part.id} url={brought?.url} />}
      <span class="chip-head">{HEADS[part.kind]}</span> <span class="chip-text">{text}</span>{" "}
      {isWeighted(part) && part.weight !== 1 && <span class="chip-factor">×{Number(part.weight.toFixed(2))}</span>}
    </>
  );
  return (
    <li class="chip" data-testid="chip" data-kind={part.kind} data-on={part.on}>
      <button
        type="button"
        role="switch"
        aria-checked={part.on}
        class="chip-switch"
        data-testid="chip-toggle"
        aria-label={`Use ${said}`}
        title={part.on ? "Switch off" : "Switch on"}
        onClick={switched}
      >
        <span class="chip-dot" />
      </button>
      {part.kind === "rest" ? (
        <span class="chip-edit">{label}</span>
      ) : (
        <Popover class="chip-edit" testid="chip-edit" named={false} title={`Change ${said}`} label={label}>
          {(close) => <Form part={part} close={close} />}
        </Popover>
      )}
      <button
        type="button"
        class="chip-remove"
        data-testid="chip-remove"
        aria-label={`Remove ${said}`}
        title="Remove"
        onClick={() => remove(name)}
      >
        <Icon name="close" size={12} />
      </button>
    </li>
  );
}

function Form({ part, close }: { part: Part; close: () => void }) {
  if (isWord(part) || isExample(part)) return <WeightForm part={part} close={close} />;
  if (part.kind === "where") return <AreaForm close={close} />;
  if (part.kind === "when") return <DatesForm close={close} />;
  return <SensorsForm close={close} />;
}

function ExamplePicture({ id, url }: { id: string; url: string | undefined }) {
  if (url) return <img class="chip-picture" src={url} alt="" />;
  if (id.startsWith("upload-")) return <Icon name="image" size={14} />;
  return <Picture class="chip-picture" src={thumbnail(id, 48)} alt="" />;
}
