/**
 * Which lines of a fixed-height list are on screen. Lines of one height need no measuring, so a list of 100,000
 * costs the same as one of ten: state changes only when another line comes into view.
 */
import { type RefObject, useCallback, useEffect, useLayoutEffect, useState } from "react";

export type Windowed = {
  /** The lines to render, in order; the kept line is among them even when it is far away. */
  lines: number[];
  height: number;
  /** How many lines fit, for the Page keys. */
  page: number;
  scrollTo(line: number): void;
};

export function linesInView(top: number, height: number, size: number, count: number, overscan: number) {
  const first = Math.max(0, Math.floor(top / size) - overscan);
  const last = Math.min(count - 1, Math.ceil((top + height) / size) + overscan);
  return { first, last };
}

export function useWindowed(options: {
  scroller: RefObject<HTMLElement | null>;
  count: number;
  size: number;
  overscan: number;
  keep: number;
  /** Space above the first line inside the scroller, such as a sticky header. */
  offset: number;
}): Windowed {
  const { scroller, count, size, overscan, keep, offset } = options;
  const [view, setView] = useState({ first: 0, last: 30, page: 10 });

  const look = useCallback(() => {
    const element = scroller.current;
    if (!element) return;
    const { first, last } = linesInView(element.scrollTop, element.clientHeight, size, count, overscan);
    const page = Math.max(1, Math.floor((element.clientHeight - offset) / size) - 1);
    setView((old) =>
      old.first === first && old.last === last && old.page === page ? old : { first, last, page },
    );
  }, [scroller, size, count, overscan, offset]);

  useLayoutEffect(look, [look]);

  useEffect(() => {
    const element = scroller.current;
    if (!element) return;
    element.addEventListener("scroll", look, { passive: true });
    const observer = new ResizeObserver(look);
    observer.observe(element);
    return () => {
      element.removeEventListener("scroll", look);
      observer.disconnect();
    };
  }, [scroller, look]);

  const scrollTo = useCallback(
    (line: number) => {
      const element = scroller.current;
      if (!element || line < 0) return;
      const top = line * size;
      const visible = element.clientHeight - offset;
      if (top < element.scrollTop) element.scrollTop = top;
      else if (top + size > element.scrollTop + visible) element.scrollTop = top + size - visible;
    },
    [scroller, size, offset],
  );

  const lines: number[] = [];
  const last = Math.min(view.last, count - 1);
  if (keep >= 0 && keep < count && keep < view.first) lines.push(keep);
  for (let line = view.first; line <= last; line += 1) lines.push(line);
  if (keep >= 0 && keep < count && keep > last) lines.push(keep);
  return { lines, height: count * size, page: view.page, scrollTo };
}
