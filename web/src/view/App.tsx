/** The whole page: bar, chips, results beside the map, the chosen result, the status line. */
import { useEffect, useState } from "preact/hooks";
import { bring } from "../state/bringing";
import { helpOpen, opened, side, tokenWanted } from "../state/store";
import { Banners } from "./Banners";
import { ChipRow } from "./ChipRow";
import { Detail } from "./Detail";
import { Help } from "./Help";
import { Icon, Mark } from "./icons";
import { listenToKeys } from "./keys";
import { MapPanel } from "./MapPanel";
import { QueryBar } from "./QueryBar";
import { Results } from "./Results";
import { StatusLine } from "./StatusLine";
import { TokenDialog } from "./TokenDialog";
import { theme, toggleTheme } from "./theme";
import { hasMap } from "./webgl";

export function App() {
  useEffect(listenToKeys, []);
  const over = useDrop();
  return (
    <div class="app" data-side={side.value} data-detail={opened.value !== null} data-map={hasMap.value}>
      <a class="skip" href="#results">
        Skip to the results
      </a>
      <header class="top">
        <a class="brand" href="/" aria-label="SatSeek: start over">
          <Mark />
          <span>SatSeek</span>
        </a>
        <QueryBar />
        <div class="top-buttons">
          <button
            type="button"
            class="bare"
            data-testid="theme-toggle"
            aria-label={theme.value === "dark" ? "Light colours" : "Dark colours"}
            title={theme.value === "dark" ? "Light colours" : "Dark colours"}
            onClick={toggleTheme}
          >
            <Icon name={theme.value === "dark" ? "sun" : "moon"} size={18} />
          </button>
          <button
            type="button"
            class="bare"
            data-testid="help-button"
            aria-label="Keys and help"
            title="Keys and help (?)"
            onClick={() => {
              helpOpen.value = true;
            }}
          >
            <Icon name="help" size={18} />
          </button>
        </div>
      </header>
      <ChipRow />
      <Banners />
      <main class="stage">
        <Results />
        <MapPanel />
        {opened.value && <Detail key={opened.value.id} item={opened.value} />}
      </main>
      <Tabs />
      <StatusLine />
      {helpOpen.value && <Help />}
      {tokenWanted.value && <TokenDialog again={tokenWanted.value === "again"} />}
      {over && (
        <div class="drop" aria-hidden="true">
          <div>
            <Icon name="image" size={40} />
            <p>Drop the picture: the archive is searched for what is like it.</p>
          </div>
        </div>
      )}
    </div>
  );
}

function Tabs() {
  if (!hasMap.value) return null;
  return (
    <div class="tabs" role="group" aria-label="Results or map">
      {(["results", "map"] as const).map((name) => (
        <button
          type="button"
          key={name}
          data-testid={`tab-${name}`}
          aria-pressed={side.value === name}
          onClick={() => {
            side.value = name;
          }}
        >
          <Icon name={name === "map" ? "here" : "grid"} /> {name === "map" ? "Map" : "Results"}
        </button>
      ))}
    </div>
  );
}

/** Take pictures that are dropped or pasted anywhere; tell whether one hangs over the page. */
function useDrop(): boolean {
  const [over, setOver] = useState(false);
  useEffect(() => {
    const carries = (event: DragEvent) => event.dataTransfer?.types.includes("Files") ?? false;
    const dragged = (event: DragEvent) => {
      if (!carries(event)) return;
      event.preventDefault();
      setOver(true);
    };
    const left = (event: DragEvent) => {
      if (event.relatedTarget === null) setOver(false);
    };
    const dropped = (event: DragEvent) => {
      if (!carries(event)) return;
      event.preventDefault();
      setOver(false);
      const file = event.dataTransfer?.files[0];
      if (file) void bring(file);
    };
    const pasted = (event: ClipboardEvent) => {
      const file = [...(event.clipboardData?.files ?? [])].find((each) => each.type.startsWith("image/"));
      if (!file) return;
      event.preventDefault();
      void bring(file);
    };
    addEventListener("dragover", dragged);
    addEventListener("dragleave", left);
    addEventListener("drop", dropped);
    addEventListener("paste", pasted);
    return () => {
      removeEventListener("dragover", dragged);
      removeEventListener("dragleave", left);
      removeEventListener("drop", dropped);
      removeEventListener("paste", pasted);
    };
  }, []);
  return over;
}
