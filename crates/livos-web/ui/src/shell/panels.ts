import { createStore } from "@/lib/store";

/** What lies over the desktop: at most one of these at a time. */
export type Panel = "palette" | "activity" | "notices" | "shortcuts" | null;

export const panels = createStore<Panel>(null);
let before: HTMLElement | null = null;

export function openPanel(panel: Panel): void {
  const now = panels.get();
  if (now === panel) return;
  if (now === null) before = document.activeElement as HTMLElement | null;
  panels.set(panel);
  if (panel === null) {
    const target = before;
    before = null;
    requestAnimationFrame(() => {
      const active = document.activeElement;
      if (!active || active === document.body) target?.focus();
    });
  }
}
