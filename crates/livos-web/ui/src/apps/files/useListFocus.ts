import { type RefObject, useRef } from "react";
import { useWindow } from "@/lib/window";

/** Gives the keyboard to the list of a Files window. */
export function useListFocus(root: RefObject<HTMLElement | null>) {
  const active = useRef(false);
  active.current = useWindow().active;
  const focusList = () => {
    const grid = root.current?.querySelector<HTMLElement>("[role=grid]");
    // An empty folder has no list; its keys still belong to this window.
    (grid?.querySelector<HTMLElement>("[data-row][tabindex='0']") ?? grid ?? root.current)?.focus();
  };
  /** When the rows are there. Who went to another window in the meantime, or began to type a name, goes on there. */
  const focusListSoon = () =>
    requestAnimationFrame(() => {
      const focused = document.activeElement;
      const typing = focused instanceof HTMLInputElement && focused.closest("[role=grid]") !== null;
      if (active.current && !typing) focusList();
    });
  return { focusList, focusListSoon };
}
