/**
 * What is selected, where the next Shift range starts and which row has the keyboard.
 * Rows are known by key, so a live refresh or another order never moves a selection to another file.
 */

export type Selection = {
  readonly keys: ReadonlySet<string>;
  readonly anchor: string | undefined;
  readonly focus: string | undefined;
};

export const nothing: Selection = { keys: new Set(), anchor: undefined, focus: undefined };

/** The visible rows, in order. */
export interface Rows {
  readonly length: number;
  keyAt(index: number): string | undefined;
  indexOf(key: string): number;
}

export function rowsOf(keys: readonly string[]): Rows {
  let index: Map<string, number> | undefined;
  return {
    length: keys.length,
    keyAt: (i) => keys[i],
    indexOf: (key) => {
      if (!index) {
        index = new Map();
        for (let i = 0; i < keys.length; i += 1) index.set(keys[i] as string, i);
      }
      return index.get(key) ?? -1;
    },
  };
}

export type Modifiers = { toggle?: boolean; range?: boolean };

function between(rows: Rows, from: number, to: number): Set<string> {
  const keys = new Set<string>();
  for (let i = Math.max(0, Math.min(from, to)); i <= Math.max(from, to); i += 1) {
    const key = rows.keyAt(i);
    if (key !== undefined) keys.add(key);
  }
  return keys;
}

/** A press on a row: alone, with Ctrl/⌘ (toggle) or with Shift (range from the anchor; both: add the range). */
export function press(selection: Selection, rows: Rows, key: string, modifiers: Modifiers = {}): Selection {
  if (modifiers.range) {
    const anchor = selection.anchor ?? selection.focus ?? key;
    const from = rows.indexOf(anchor);
    const range = between(rows, from < 0 ? rows.indexOf(key) : from, rows.indexOf(key));
    if (modifiers.toggle) for (const old of selection.keys) range.add(old);
    return { keys: range, anchor: from < 0 ? key : anchor, focus: key };
  }
  if (modifiers.toggle) {
    const keys = new Set(selection.keys);
    if (!keys.delete(key)) keys.add(key);
    return { keys, anchor: key, focus: key };
  }
  return { keys: new Set([key]), anchor: key, focus: key };
}

/** An arrow, Home, End or Page key: goes to `index`; Shift extends, Ctrl/⌘ moves only the focus. */
export function moveTo(
  selection: Selection,
  rows: Rows,
  index: number,
  modifiers: Modifiers = {},
): Selection {
  if (rows.length === 0) return selection;
  const key = rows.keyAt(Math.max(0, Math.min(rows.length - 1, index)));
  if (key === undefined) return selection;
  if (modifiers.range) return press(selection, rows, key, { range: true });
  if (modifiers.toggle) return { ...selection, focus: key };
  return press(selection, rows, key);
}

/** Where a movement key leads from the focused row; `columns` is 1 in the list and more in the grid. */
export function step(
  selection: Selection,
  rows: Rows,
  key: "ArrowUp" | "ArrowDown" | "ArrowLeft" | "ArrowRight" | "Home" | "End" | "PageUp" | "PageDown",
  columns: number,
  page: number,
): number {
  const at = selection.focus === undefined ? -1 : rows.indexOf(selection.focus);
  const last = rows.length - 1;
  if (key === "Home") return 0;
  if (key === "End") return last;
  if (at < 0) return 0;
  const by = {
    ArrowUp: -columns,
    ArrowDown: columns,
    ArrowLeft: -1,
    ArrowRight: 1,
    PageUp: -page * columns,
    PageDown: page * columns,
  }[key];
  const to = at + by;
  if (key === "PageUp" || key === "PageDown") return Math.max(0, Math.min(last, to));
  // At the edge of the grid an arrow stays where it is instead of jumping to the first or last item,
  // except from the last full line down to the shorter last line.
  if (
    to > last &&
    key === "ArrowDown" &&
    columns > 1 &&
    Math.floor(at / columns) < Math.floor(last / columns)
  )
    return last;
  return to < 0 || to > last ? at : to;
}

export function selectAll(selection: Selection, rows: Rows): Selection {
  const keys = between(rows, 0, rows.length - 1);
  return { keys, anchor: selection.anchor ?? rows.keyAt(0), focus: selection.focus ?? rows.keyAt(0) };
}

export function clear(selection: Selection): Selection {
  return { keys: new Set(), anchor: selection.focus, focus: selection.focus };
}

/** After a refresh: what is gone leaves the selection; a lost focus goes to the row now at its old place. */
export function reconcile(selection: Selection, before: Rows | undefined, rows: Rows): Selection {
  let changed = false;
  const keys = new Set<string>();
  for (const key of selection.keys) {
    if (rows.indexOf(key) >= 0) keys.add(key);
    else changed = true;
  }
  let focus = selection.focus;
  if (focus !== undefined && rows.indexOf(focus) < 0) {
    changed = true;
    const was = before ? before.indexOf(focus) : -1;
    focus = rows.keyAt(Math.max(0, Math.min(rows.length - 1, was)));
  }
  const anchor =
    selection.anchor !== undefined && rows.indexOf(selection.anchor) < 0 ? focus : selection.anchor;
  if (!changed && anchor === selection.anchor) return selection;
  return { keys, anchor, focus };
}

export type Box = { left: number; top: number; right: number; bottom: number };

export function box(x1: number, y1: number, x2: number, y2: number): Box {
  return { left: Math.min(x1, x2), top: Math.min(y1, y2), right: Math.max(x1, x2), bottom: Math.max(y1, y2) };
}

/** Rows touched by a rubber band, computed from the layout so that rows that are not mounted count too. */
export function banded(
  band: Box,
  layout: {
    count: number;
    columns: number;
    cellWidth: number;
    cellHeight: number;
    left: number;
    top: number;
  },
): number[] {
  const firstLine = Math.max(0, Math.floor((band.top - layout.top) / layout.cellHeight));
  const lastLine = Math.floor((band.bottom - layout.top) / layout.cellHeight);
  const firstColumn = Math.max(0, Math.floor((band.left - layout.left) / layout.cellWidth));
  const lastColumn = Math.min(layout.columns - 1, Math.floor((band.right - layout.left) / layout.cellWidth));
  const out: number[] = [];
  for (let line = firstLine; line <= lastLine; line += 1) {
    for (let column = firstColumn; column <= lastColumn; column += 1) {
      const index = line * layout.columns + column;
      if (index < layout.count) out.push(index);
      else if (column === 0) return out;
    }
  }
  return out;
}
