import { describe, expect, it } from "vitest";
import { banded, box, clear, moveTo, nothing, press, reconcile, rowsOf, selectAll, step } from "./selection";

const rows = rowsOf(["a", "b", "c", "d", "e"]);
const keys = (selection: { keys: ReadonlySet<string> }) => [...selection.keys].sort().join("");

describe("selection", () => {
  it("selects one, toggles with Ctrl, ranges with Shift", () => {
    let s = press(nothing, rows, "b");
    expect(keys(s)).toBe("b");
    s = press(s, rows, "d", { range: true });
    expect(keys(s)).toBe("bcd");
    s = press(s, rows, "a", { range: true });
    expect(keys(s)).toBe("ab");
    s = press(s, rows, "e", { toggle: true });
    expect(keys(s)).toBe("abe");
    s = press(s, rows, "a", { toggle: true });
    expect(keys(s)).toBe("be");
    s = press(s, rows, "c", { toggle: true, range: true });
    expect(keys(s)).toBe("abce");
  });

  it("moves with arrows, extends with Shift, keeps the selection with Ctrl", () => {
    let s = press(nothing, rows, "b");
    s = moveTo(s, rows, step(s, rows, "ArrowDown", 1, 10));
    expect([keys(s), s.focus]).toEqual(["c", "c"]);
    s = moveTo(s, rows, step(s, rows, "ArrowDown", 1, 10), { range: true });
    expect([keys(s), s.focus]).toEqual(["cd", "d"]);
    s = moveTo(s, rows, step(s, rows, "Home", 1, 10), { toggle: true });
    expect([keys(s), s.focus]).toEqual(["cd", "a"]);
  });

  it("stays at the edges and handles the short last line of a grid", () => {
    const at = (key: string) => press(nothing, rows, key);
    expect(step(at("a"), rows, "ArrowUp", 1, 10)).toBe(0);
    expect(step(at("e"), rows, "ArrowDown", 1, 10)).toBe(4);
    expect(step(at("c"), rows, "ArrowDown", 3, 10)).toBe(4);
    expect(step(at("d"), rows, "ArrowDown", 3, 10)).toBe(3);
    expect(step(at("b"), rows, "ArrowUp", 3, 10)).toBe(1);
    expect(step(at("a"), rows, "PageDown", 1, 3)).toBe(3);
    expect(step(nothing, rows, "ArrowDown", 1, 10)).toBe(0);
  });

  it("selects all and clears without losing the focus", () => {
    const s = selectAll(press(nothing, rows, "c"), rows);
    expect(keys(s)).toBe("abcde");
    expect(clear(s)).toEqual({ keys: new Set(), anchor: "c", focus: "c" });
    expect(selectAll(nothing, rowsOf([])).keys.size).toBe(0);
  });

  it("follows files, not positions, through a refresh", () => {
    const s = selectAll(press(nothing, rows, "c"), rows);
    const after = reconcile(s, rows, rowsOf(["e", "a", "x"]));
    expect(keys(after)).toBe("ae");
    expect(after.focus).toBe("x");
    const same = press(nothing, rows, "b");
    expect(reconcile(same, rows, rowsOf(["x", "b"]))).toBe(same);
    expect(reconcile(same, rows, rowsOf([])).focus).toBeUndefined();
  });
});

describe("rubber band", () => {
  const layout = { count: 10, columns: 3, cellWidth: 100, cellHeight: 50, left: 10, top: 0 };

  it("takes every cell it touches, mounted or not", () => {
    expect(banded(box(220, 60, 120, 40), layout)).toEqual([1, 2, 4, 5]);
    expect(banded(box(0, 0, 1000, 1000), layout)).toHaveLength(10);
  });

  it("takes nothing in the free area", () => {
    expect(banded(box(350, 10, 400, 20), layout)).toEqual([]);
    expect(banded(box(120, 160, 220, 180), layout)).toEqual([]);
  });
});
