/** The chips under the bar, and the buttons that add more of them. */
import type { ComponentChildren } from "preact";
import { isEmpty, nameOf } from "../question/parts";
import { startOver } from "../state/going";
import { question } from "../state/store";
import { AreaForm } from "./AreaForm";
import { Chip } from "./Chip";
import { DatesForm, SensorsForm, WordForm } from "./forms";
import { Icon, type IconName } from "./icons";
import { Popover } from "./Popover";

export function ChipRow() {
  return (
    <section class="chip-row" aria-label="The question">
      <ul class="chips" data-testid="chips" aria-label="What is asked">
        {question.value.parts.map((part) => (
          <Chip key={nameOf(part)} part={part} />
        ))}
      </ul>
      <div class="adders" role="group" aria-label="Add to the question">
        <Adder testid="add-must" title="Something that must be there" icon="plus" text="Must">
          {(close) => <WordForm kind="must" close={close} />}
        </Adder>
        <Adder testid="add-not" title="Something that must not be there" icon="minus" text="Not">
          {(close) => <WordForm kind="not" close={close} />}
        </Adder>
        <Adder testid="add-area" title="Only in an area" icon="box" text="Area">
          {(close) => <AreaForm close={close} />}
        </Adder>
        <Adder testid="add-dates" title="Only between dates" icon="calendar" text="Dates">
          {(close) => <DatesForm close={close} />}
        </Adder>
        <Adder testid="add-sensors" title="Only of some sensors" icon="sensor" text="Sensors">
          {(close) => <SensorsForm close={close} />}
        </Adder>
        {!isEmpty(question.value) && (
          <button type="button" class="adder quiet" data-testid="start-over" onClick={startOver}>
            Start over
          </button>
        )}
      </div>
    </section>
  );
}

interface Adding {
  testid: string;
  title: string;
  icon: IconName;
  text: string;
  children: (close: () => void) => ComponentChildren;
}

function Adder({ testid, title, icon, text, children }: Adding) {
  const label = (
    <>
      <Icon name={icon} size={12} /> {text}
    </>
  );
  return (
    <Popover class="adder" testid={testid} title={title} label={label}>
      {children}
    </Popover>
  );
}
