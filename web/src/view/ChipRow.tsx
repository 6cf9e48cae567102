/** The chips under the bar, and the buttons that add more of them. */
import { isEmpty, nameOf } from "../question/parts";
import { startOver } from "../state/going";
import { question } from "../state/store";
import { AreaForm } from "./AreaForm";
import { Chip } from "./Chip";
import { DatesForm, SensorsForm, WordForm } from "./forms";
import { Icon } from "./icons";
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
        <Popover
          class="adder"
          testid="add-must"
          title="Something that must be there"
          label={
            <>
              <Icon name="plus" size={12} /> Must
            </>
          }
        >
          {(close) => <WordForm kind="must" close={close} />}
        </Popover>
        <Popover
          class="adder"
          testid="add-not"
          title="Something that must not be there"
          label={
            <>
              <Icon name="minus" size={12} /> Not
            </>
          }
        >
          {(close) => <WordForm kind="not" close={close} />}
        </Popover>
        <Popover
          class="adder"
          testid="add-area"
          title="Only in an area"
          label={
            <>
              <Icon name="box" size={12} /> Area
            </>
          }
        >
          {(close) => <AreaForm close={close} />}
        </Popover>
        <Popover
          class="adder"
          testid="add-dates"
          title="Only between dates"
          label={
            <>
              <Icon name="calendar" size={12} /> Dates
            </>
          }
        >
          {(close) => <DatesForm close={close} />}
        </Popover>
        <Popover
          class="adder"
          testid="add-sensors"
          title="Only of some sensors"
          label={
            <>
              <Icon name="sensor" size={12} /> Sensors
            </>
          }
        >
          {(close) => <SensorsForm close={close} />}
        </Popover>
        {!isEmpty(question.value) && (
          <button type="button" class="adder quiet" data-testid="start-over" onClick={startOver}>
            Start over
          </button>
        )}
      </div>
    </section>
  );
}
