/** Asking for the service's token; it is kept until this tab is closed. */
import { useState } from "preact/hooks";
import { takeToken } from "../state/watching";
import { Dialog } from "./Dialog";

export function TokenDialog({ again }: { again: boolean }) {
  const [text, setText] = useState("");
  function submitted(event: Event): void {
    event.preventDefault();
    if (text.trim()) void takeToken(text.trim());
  }
  return (
    <Dialog title="This service needs its token" testid="token-dialog">
      <form class="form" onSubmit={submitted}>
        {again && (
          <p class="wrong" role="alert">
            That token was not taken. Look at it again.
          </p>
        )}
        <label>
          Token
          <input
            data-testid="token-input"
            type="password"
            autocomplete="current-password"
            value={text}
            onInput={(event) => setText(event.currentTarget.value)}
          />
        </label>
        <p class="hint">Who runs the service knows it (satseek serve --token). It is kept until this tab is closed.</p>
        <button type="submit" class="primary" data-testid="token-submit" disabled={!text.trim()}>
          Go on
        </button>
      </form>
    </Dialog>
  );
}
