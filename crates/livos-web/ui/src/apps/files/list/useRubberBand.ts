/**
 * Selecting with a rectangle drawn in the free area. The rectangle is moved by writing to its element, and the
 * rows under it are computed from the layout, so neither depends on how many rows are mounted.
 */
import { type PointerEvent as ReactPointerEvent, type RefObject, useRef } from "react";
import { banded, box, type Selection } from "../core/selection";

export type BandLayout = {
  count: number;
  columns: number;
  cellWidth: number;
  cellHeight: number;
  left: number;
  /** Where the first line starts inside the scroller's content. */
  top: number;
};

export function useRubberBand(options: {
  scroller: RefObject<HTMLElement | null>;
  rubber: RefObject<HTMLElement | null>;
  layout: BandLayout;
  keyAt(index: number): string | undefined;
  selection: Selection;
  onSelect(next: Selection): void;
}) {
  const latest = useRef(options);
  latest.current = options;

  return (event: ReactPointerEvent<HTMLElement>) => {
    const { scroller, rubber } = options;
    const area = scroller.current;
    const rectangle = rubber.current;
    if (!area || !rectangle || event.button !== 0 || event.pointerType !== "mouse") return;
    const bounds = area.getBoundingClientRect();
    // A press on the scrollbar belongs to the scrollbar.
    if (event.clientX > bounds.left + area.clientWidth || event.clientY > bounds.top + area.clientHeight)
      return;

    const add = event.ctrlKey || event.metaKey || event.shiftKey;
    const base = add ? options.selection.keys : new Set<string>();
    const startX = event.clientX - bounds.left + area.scrollLeft;
    const startY = event.clientY - bounds.top + area.scrollTop;
    let x = event.clientX;
    let y = event.clientY;
    let drawn = false;
    let frame = 0;
    let before = "";

    const draw = () => {
      frame = 0;
      const edge = area.getBoundingClientRect();
      const speed = y < edge.top + 24 ? y - edge.top - 24 : y > edge.bottom - 24 ? y - edge.bottom + 24 : 0;
      if (speed !== 0 && drawn) {
        area.scrollTop += speed / 2;
        frame = requestAnimationFrame(draw);
      }
      const endX = Math.max(0, Math.min(area.clientWidth, x - edge.left)) + area.scrollLeft;
      const endY = Math.max(0, Math.min(area.clientHeight, y - edge.top)) + area.scrollTop;
      const band = box(startX, startY, endX, endY);
      if (!drawn && band.right - band.left < 4 && band.bottom - band.top < 4) return;
      drawn = true;
      rectangle.style.display = "block";
      rectangle.style.transform = `translate(${band.left}px, ${band.top}px)`;
      rectangle.style.width = `${band.right - band.left}px`;
      rectangle.style.height = `${band.bottom - band.top}px`;
      const { layout, keyAt, onSelect } = latest.current;
      const hits = banded(band, layout);
      const mark = `${hits.length}:${hits[0] ?? ""}:${hits.at(-1) ?? ""}`;
      if (mark === before) return;
      before = mark;
      const keys = new Set(base);
      let last: string | undefined;
      for (const index of hits) {
        last = keyAt(index);
        if (last !== undefined) keys.add(last);
      }
      onSelect({ keys, anchor: last, focus: last ?? latest.current.selection.focus });
    };

    const move = (next: PointerEvent) => {
      x = next.clientX;
      y = next.clientY;
      if (!frame) frame = requestAnimationFrame(draw);
    };
    const end = () => {
      cancelAnimationFrame(frame);
      rectangle.style.display = "none";
      removeEventListener("pointermove", move);
      removeEventListener("pointerup", end);
      removeEventListener("pointercancel", end);
      if (!drawn && !add) latest.current.onSelect({ ...latest.current.selection, keys: new Set() });
    };
    addEventListener("pointermove", move);
    addEventListener("pointerup", end);
    addEventListener("pointercancel", end);
  };
}
