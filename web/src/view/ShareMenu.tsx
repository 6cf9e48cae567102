/** The question to take along: as a link, as curl, as Python. */
import { useState } from "preact/hooks";
import { token } from "../api/client";
import { RESULTS } from "../api/service";
import { toAddress } from "../question/address";
import { toBody } from "../question/body";
import { asCurl, asPython } from "../question/code";
import { question, scale } from "../state/store";
import { Icon } from "./icons";
import { Popover } from "./Popover";

export function ShareMenu() {
  return (
    <Popover
      class="button"
      testid="share"
      panelTestid="share-menu"
      title="Share the question"
      label={
        <>
          <Icon name="share" /> <span class="button-text">Share</span>
        </>
      }
    >
      {() => (
        <div class="menu">
          <Copy testid="copy-url" label="Copy the link" text={link} />
          <Copy
            testid="copy-curl"
            label="Copy as curl"
            text={() => asCurl(location.origin, "/search", body(), token() !== null)}
          />
          <Copy
            testid="copy-python"
            label="Copy as Python"
            text={() => asPython(location.origin, "/search", body(), token() !== null)}
          />
        </div>
      )}
    </Popover>
  );
}

export function Copy({ testid, label, text }: { testid: string; label: string; text: () => string }) {
  const [state, setState] = useState<"" | "done" | "failed">("");
  async function copied(): Promise<void> {
    setState((await toClipboard(text())) ? "done" : "failed");
    setTimeout(() => setState(""), 1800);
  }
  return (
    <button type="button" data-testid={testid} data-state={state} onClick={() => void copied()}>
      <span aria-live="polite">
        {state === "done" ? "Copied" : state === "failed" ? "The browser does not allow it" : label}
      </span>
    </button>
  );
}

function link(): string {
  const query = toAddress(question.value);
  return `${location.origin}/${query ? `?${query}` : ""}`;
}

/** What others would ask to get what is shown: the same question with the same cut. */
function body() {
  const { cut } = question.value;
  const cuts = scale.value?.kind === "probability" || cut === "auto";
  return { ...toBody(question.value), ...(cuts && scale.value ? { cut } : {}), limit: question.value.limit ?? RESULTS };
}

async function toClipboard(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const field = Object.assign(document.createElement("textarea"), { value: text, readOnly: true });
    field.className = "offscreen";
    document.body.append(field);
    field.select();
    const done = document.execCommand("copy");
    field.remove();
    return done;
  }
}
