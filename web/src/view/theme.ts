/** Light or dark: what the system says, until somebody chooses. */
import { signal } from "@preact/signals";

export type Theme = "light" | "dark";
const KEY = "satseek-theme";
const system = () => (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");

export const theme = signal<Theme>("light");

export function beginTheme(): void {
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => show(held() ?? system()));
  show(held() ?? system());
}

export function toggleTheme(): void {
  const next = theme.value === "dark" ? "light" : "dark";
  try {
    localStorage.setItem(KEY, next);
  } catch {
    // it holds until the page is closed
  }
  show(next);
}

export const calm = (): boolean => matchMedia("(prefers-reduced-motion: reduce)").matches;

function show(next: Theme): void {
  theme.value = next;
  document.documentElement.dataset["theme"] = next;
}

function held(): Theme | null {
  try {
    const value = localStorage.getItem(KEY);
    return value === "light" || value === "dark" ? value : null;
  } catch {
    return null;
  }
}
