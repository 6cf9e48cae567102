/** The line at the foot: is the service there, which model, how long each stage took. */
import { count, milliseconds } from "../reading/format";
import { answer, facts, online, phase, roundTrip } from "../state/store";

export function StatusLine() {
  const explanation = answer.value?.["satseek:explanation"];
  const held = facts.value;
  const state = !online.value ? "offline" : phase.value === "loading" ? "busy" : "online";
  const stages = Object.entries(explanation?.milliseconds ?? {}).filter(([name]) => name !== "total");
  const total = explanation?.milliseconds["total"] ?? stages.reduce((sum, [, spent]) => sum + spent, 0);
  return (
    <footer class="status" data-testid="status">
      <span class="status-connection" data-testid="status-connection" data-state={state}>
        <i />
        {state === "offline" ? "no connection" : state === "busy" ? "searching" : "connected"}
      </span>
      {held && (
        <span data-testid="status-model" title={held.model.summary ?? ""}>
          model <b>{held.model.name}</b> · {count(held.chips)} chips
        </span>
      )}
      {explanation && (
        <span
          class="status-timing"
          data-testid="status-timing"
          title={`index: ${explanation.index}; ${count(explanation.candidates)} candidates of ${count(explanation.rows)} rows scored exactly`}
        >
          <b>{milliseconds(total)}</b>
          <span class="stages">
            {stages.map(([name, spent]) => (
              <span key={name}>
                {name.replaceAll("_", " ")} {milliseconds(spent)}
              </span>
            ))}
          </span>
          {roundTrip.value !== null && <span class="trip">here in {milliseconds(roundTrip.value)}</span>}
        </span>
      )}
      <span class="status-links">
        <a href="/openapi.json">API</a>
        <a href="/collections">STAC</a>
      </span>
    </footer>
  );
}
