import { runKeys } from "@/lib/commands";
import { isTyping } from "@/lib/keys";
import { pressed, SHORTCUTS, type ShortcutId } from "@/lib/shortcuts";
import { menu } from "@/ui/menu";
import { openPanel, panels } from "./panels";
import { top, windowOf } from "./wm/core";
import * as manager from "./wm/manager";

function visible(element: HTMLElement): boolean {
  return element.checkVisibility({ visibilityProperty: true });
}

const FOCUSABLE =
  ":is(a[href], button, input, select, textarea, [tabindex='0']):not([tabindex='-1'], [disabled])";
const remembered = new WeakMap<Element, HTMLElement>();

/** The parts of the screen in the order F6 visits them: windows by recency, panel, dock, top bar, desktop. */
function regions(): HTMLElement[] {
  const all = [...document.querySelectorAll<HTMLElement>("[data-region]")].filter(visible);
  const { order } = manager.layout.get();
  const rank = (element: HTMLElement) => {
    switch (element.dataset.region) {
      case "window":
        return order.length - order.indexOf(element.dataset.window ?? "");
      case "panel":
        return 1_000;
      case "dock":
        return 1_001;
      case "bar":
        return 1_002;
      default:
        return 1_003;
    }
  };
  return all.toSorted((a, b) => rank(a) - rank(b));
}

function cycleRegions(step: number): void {
  const list = regions().filter((region) => region.querySelector(FOCUSABLE));
  const here = list.findIndex((region) => region.contains(document.activeElement));
  const next = list[here < 0 ? 0 : (here + step + list.length) % list.length];
  if (!next) return;
  const before = remembered.get(next);
  const target =
    before?.isConnected && visible(before)
      ? before
      : [...next.querySelectorAll<HTMLElement>(FOCUSABLE)].find(
          (element) => visible(element) && !element.closest(".win-bar"),
        );
  (target ?? next.querySelector<HTMLElement>(FOCUSABLE))?.focus();
}

document.addEventListener("focusin", (event) => {
  const region = (event.target as Element).closest("[data-region]");
  if (region) remembered.set(region, event.target as HTMLElement);
});

/** What each shortcut does; false when there is nothing to do it to. */
function run(id: ShortcutId, index: number, dock: (index: number) => void): boolean {
  const now = manager.layout.get();
  const win = windowOf(now, now.focused);
  switch (id) {
    case "search":
      openPanel(panels.get() === "palette" ? null : "palette");
      return true;
    case "shortcuts":
      openPanel("shortcuts");
      return true;
    case "next-region":
      cycleRegions(1);
      return true;
    case "last-region":
      cycleRegions(-1);
      return true;
    case "dock":
      dock(index);
      return true;
    case "desktop":
      manager.showDesktop();
      return true;
  }
  if (!win) return false;
  if (id === "close") manager.closeRequests.get(win.id)?.();
  else if (id === "minimise") manager.minimise(win.id);
  else if (id === "left" || id === "right") manager.snap(win.id, id);
  else if (id === "maximise") manager.snap(win.id, "max");
  else if (win.snap === "none") manager.minimise(win.id);
  else manager.snap(win.id, "none");
  return true;
}

/** Installs the keys of the whole page; returns the way to remove them. */
export function listenForKeys(dock: (index: number) => void): () => void {
  const press = (event: KeyboardEvent) => {
    if (event.defaultPrevented || menu.get()) return;
    const panel = panels.get();
    const typing = isTyping(event.target);
    for (const { id, keys, ...more } of SHORTCUTS) {
      if (typing && !("typing" in more)) continue;
      // Behind a panel that covers the page only the key that opened it works.
      if ((panel === "palette" || panel === "shortcuts") && id !== "search") continue;
      const index = pressed(event, id, keys);
      if (index < 0 || !run(id, index, dock)) continue;
      event.preventDefault();
      return;
    }
    if (panel === "palette" || panel === "shortcuts") return;
    const target = event.target instanceof Element ? event.target : null;
    // Keys inside a dialog belong to the dialog.
    if (target?.closest(".dialog")) return;
    const inWindow = target?.closest<HTMLElement>("[data-window]")?.dataset.window;
    const focused = target === document.body ? top(manager.layout.get())?.id : undefined;
    runKeys(event, inWindow ?? focused ?? null);
  };
  document.addEventListener("keydown", press);
  return () => document.removeEventListener("keydown", press);
}
