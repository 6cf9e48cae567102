/** A button that opens a small panel beside it: the browser's own popover, put where there is room. */
import type { ComponentChildren } from "preact";
import { useId, useRef, useState } from "preact/hooks";

interface Properties {
  label: ComponentChildren;
  title: string;
  testid?: string;
  panelTestid?: string;
  class?: string;
  named?: boolean; // whether the title is its name; else its text is
  children: (close: () => void) => ComponentChildren;
}

export function Popover({
  label,
  title,
  testid,
  panelTestid,
  class: name = "button",
  named = true,
  children,
}: Properties) {
  const id = useId();
  const button = useRef<HTMLButtonElement>(null);
  const panel = useRef<HTMLDivElement>(null);
  const [isOpen, setOpen] = useState(false);

  function placed(): void {
    const [from, box] = [button.current?.getBoundingClientRect(), panel.current];
    if (!from || !box) return;
    const below = innerHeight - from.bottom;
    const left = Math.max(8, Math.min(from.left, innerWidth - box.offsetWidth - 8));
    const top = below < box.offsetHeight + 16 && from.top > below ? from.top - box.offsetHeight - 6 : from.bottom + 6;
    box.style.left = `${left}px`;
    box.style.top = `${Math.max(8, top)}px`;
  }

  function toggled(event: ToggleEvent): void {
    setOpen(event.newState === "open");
    if (event.newState !== "open") return;
    requestAnimationFrame(() => {
      placed();
      panel.current?.querySelector<HTMLElement>("[data-first], input, select, button")?.focus();
    });
  }

  return (
    <>
      <button
        type="button"
        ref={button}
        class={name}
        title={title}
        aria-label={named ? title : undefined}
        aria-expanded={isOpen}
        aria-haspopup="dialog"
        data-testid={testid}
        popovertarget={id}
      >
        {label}
      </button>
      <div
        id={id}
        ref={panel}
        popover="auto"
        class="popover"
        role="dialog"
        aria-label={title}
        data-testid={panelTestid}
        onToggle={toggled as (event: Event) => void}
      >
        {isOpen && children(() => panel.current?.hidePopover())}
      </div>
    </>
  );
}
