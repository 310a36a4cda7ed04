import { defaultRangeExtractor, useVirtualizer } from "@tanstack/react-virtual";
import { type RefObject, useCallback } from "react";

/**
 * Rows of a long list. `keep` is the row that has the focus: it stays mounted when it scrolls away,
 * because the browser would otherwise drop the focus to the page.
 */
export function useVirtualRows(options: {
  count: number;
  rowHeight: number;
  scroller: RefObject<HTMLElement | null>;
  keep?: number | undefined;
  overscan?: number;
}) {
  const { count, rowHeight, scroller, keep, overscan = 8 } = options;
  return useVirtualizer({
    count,
    estimateSize: useCallback(() => rowHeight, [rowHeight]),
    getScrollElement: () => scroller.current,
    overscan,
    rangeExtractor: (range) => {
      const rows = defaultRangeExtractor(range);
      if (keep !== undefined && keep >= 0 && keep < count && !rows.includes(keep)) {
        rows.push(keep);
        rows.sort((a, b) => a - b);
      }
      return rows;
    },
  });
}
