/** Help: the keys, and what the bar understands. */
import { helpOpen } from "../state/store";
import { Dialog } from "./Dialog";
import { KEYS } from "./keys";

export function Help() {
  const close = () => {
    helpOpen.value = false;
  };
  return (
    <Dialog title="Keys and help" testid="help" onClose={close}>
      <dl class="keys">
        {KEYS.map(([keys, what]) => (
          <div key={keys}>
            <dt>{keys.split(" ").map((key) => (key === "·" ? " " : <kbd key={key}>{key}</kbd>))}</dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <h3>In the bar</h3>
      <p>
        A sentence ranks. <kbd>must: bridge</kbd> or <kbd>+bridge</kbd> must be there, <kbd>not: cloud</kbd> or{" "}
        <kbd>-cloud</kbd> must not. A picture may be dropped or pasted anywhere.
      </p>
      <h3>How sure</h3>
      <p>
        Bars over the results show how probable they are. The cut stands where results stop being convincing; drag it to
        see more or fewer. Every question is in the address: copy it to share it.
      </p>
      <button type="button" class="primary" onClick={close}>
        Close
      </button>
    </Dialog>
  );
}
