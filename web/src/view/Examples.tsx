/** The beginning: what is in the archive, and six questions that find something in it. */
import { thumbnail } from "../api/service";
import type { Suggestion } from "../api/types";
import { ofBody } from "../question/body";
import { isExample, nameOf, type Question } from "../question/parts";
import { count, partText } from "../reading/format";
import { goToExample } from "../state/going";
import { examples, facts } from "../state/store";
import { Picture } from "./Picture";

export function Examples() {
  const held = facts.value;
  return (
    <div class="welcome">
      <h1>What are you looking for?</h1>
      <p class="lead">
        {held
          ? `${count(held.chips)} chips of ${Object.keys(held.sensors).join(", ")}. Ask with words, with pictures, on the map; or begin with one of these.`
          : "Ask with words, with pictures, on the map."}
      </p>
      <ul class="examples" data-testid="examples" aria-label="Examples">
        {examples.value.map((example) => (
          <Example key={example.title} example={example} />
        ))}
      </ul>
    </div>
  );
}

function Example({ example }: { example: Suggestion }) {
  const question: Question = ofBody(example.query).question;
  const picture = question.parts.find(isExample);
  return (
    <li>
      <button
        type="button"
        class="example"
        data-testid="example"
        title={example.shows}
        onClick={() => void goToExample(question)}
      >
        {picture && <Picture class="example-picture" src={thumbnail(picture.id, 96)} alt="" />}
        <span class="example-text">
          <span class="example-title">{example.title}</span>
          <span class="example-parts">
            {question.parts.map((part) => (
              <span key={nameOf(part)} class="mini" data-kind={part.kind}>
                {part.kind === "sentence" ? `“${partText(part)}”` : isExample(part) ? "like this" : partText(part)}
              </span>
            ))}
          </span>
        </span>
      </button>
    </li>
  );
}
