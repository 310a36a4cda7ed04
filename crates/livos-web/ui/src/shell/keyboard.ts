import { runKeys } from "@/lib/commands";
import { isTyping } from "@/lib/keys";
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

/** Alt+Shift is the only modifier pair that browsers and systems leave alone; compared by physical key. */
function windowKeys(event: KeyboardEvent, dock: (index: number) => void): boolean {
  const now = manager.layout.get();
  const win = windowOf(now, now.focused);
  const typing = isTyping(event.target);
  if (/^Digit[1-9]$/.test(event.code)) {
    dock(Number(event.code.slice(5)) - 1);
    return true;
  }
  if (event.code === "KeyD") {
    manager.showDesktop();
    return true;
  }
  if (!win) return false;
  if (event.code === "KeyW") manager.closeRequests.get(win.id)?.();
  else if (event.code === "KeyM") manager.minimise(win.id);
  else if (typing) return false;
  else if (event.code === "ArrowLeft") manager.snap(win.id, "left");
  else if (event.code === "ArrowRight") manager.snap(win.id, "right");
  else if (event.code === "ArrowUp") manager.snap(win.id, "max");
  else if (event.code === "ArrowDown") {
    if (win.snap === "none") manager.minimise(win.id);
    else manager.snap(win.id, "none");
  } else return false;
  return true;
}

/** Installs the keys of the whole page; returns the way to remove them. */
export function listenForKeys(dock: (index: number) => void): () => void {
  const press = (event: KeyboardEvent) => {
    if (event.defaultPrevented || menu.get()) return;
    if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.code === "KeyK") {
      event.preventDefault();
      openPanel(panels.get() === "palette" ? null : "palette");
      return;
    }
    const panel = panels.get();
    if (panel === "palette" || panel === "shortcuts") return;
    if (event.key === "F6" && !event.ctrlKey && !event.altKey) {
      event.preventDefault();
      cycleRegions(event.shiftKey ? -1 : 1);
      return;
    }
    if (event.altKey && event.shiftKey && !event.ctrlKey && !event.metaKey && windowKeys(event, dock)) {
      event.preventDefault();
      return;
    }
    if (event.key === "?" && !isTyping(event.target) && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      openPanel("shortcuts");
      return;
    }
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
