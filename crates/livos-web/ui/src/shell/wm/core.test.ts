import { describe, expect, it } from "vitest";
import * as core from "./core";
import {
  cascade,
  clampPosition,
  fitInto,
  type Rect,
  resize,
  type Snap,
  snapRect,
  snapZone,
} from "./geometry";

const area: Rect = { x: 0, y: 36, w: 1440, h: 776 };
const size = { size: [880, 660] as [number, number], min: [420, 420] as [number, number] };

function opened(...ids: string[]): core.Layout {
  return ids.reduce(
    (layout, id) =>
      core.open(layout, { id, app: id.split("-")[0] ?? id, path: "/", size, area, maximised: false }),
    core.EMPTY,
  );
}

describe("geometry", () => {
  it("halves and quarters fill the area without gaps", () => {
    const sum = (snaps: Exclude<Snap, "none">[]) =>
      snaps.map((snap) => snapRect(snap, area)).reduce((total, rect) => total + rect.w * rect.h, 0);
    expect(sum(["left", "right"])).toBe(area.w * area.h);
    expect(sum(["tl", "tr", "bl", "br"])).toBe(area.w * area.h);
    expect(snapRect("right", { ...area, w: 1441 })).toEqual({ x: 720, y: 36, w: 721, h: 776 });
  });

  it("keeps part of the title bar on the screen and never under the top bar", () => {
    const rect = { x: 5_000, y: -500, w: 800, h: 600 };
    expect(clampPosition(rect, area)).toEqual({ x: 1320, y: 36, w: 800, h: 600 });
    expect(clampPosition({ ...rect, x: -5_000, y: 5_000 }, area)).toEqual({
      x: -680,
      y: 768,
      w: 800,
      h: 600,
    });
  });

  it("does not shrink below the minimum unless the area itself is smaller", () => {
    expect(fitInto({ x: 0, y: 0, w: 100, h: 100 }, [420, 300], area)).toEqual({
      x: 0,
      y: 36,
      w: 420,
      h: 300,
    });
    const tiny = { x: 0, y: 36, w: 300, h: 200 };
    expect(fitInto({ x: 900, y: 900, w: 800, h: 600 }, [420, 300], tiny)).toEqual({
      x: 0,
      y: 36,
      w: 300,
      h: 200,
    });
  });

  it("cascades by 24 px so that no two windows start at the same place", () => {
    const first = cascade([800, 600], [400, 300], area, []);
    const second = cascade([800, 600], [400, 300], area, [first]);
    expect([second.x - first.x, second.y - first.y]).toEqual([24, 24]);
    const many: Rect[] = [];
    for (let i = 0; i < 6; i++) many.push(cascade([800, 600], [400, 300], area, many));
    expect(new Set(many.map((rect) => `${rect.x},${rect.y}`)).size).toBe(6);
  });

  it.each([
    [5, 400, "left"],
    [1435, 400, "right"],
    [5, 60, "tl"],
    [1435, 800, "br"],
    [700, 20, "max"],
    [700, 60, "none"],
  ])("at %i, %i a dragged window would be %s", (x, y, snap) => {
    expect(snapZone(x, y, area)).toBe(snap);
  });

  it("resizes from the west and north without moving the opposite edges", () => {
    const rect = { x: 200, y: 200, w: 800, h: 500 };
    expect(resize(rect, "nw", 100, 50, [420, 300], area)).toEqual({ x: 300, y: 250, w: 700, h: 450 });
    expect(resize(rect, "w", 9_000, 0, [420, 300], area)).toEqual({ x: 580, y: 200, w: 420, h: 500 });
    expect(resize(rect, "n", 0, -9_000, [420, 300], area)).toEqual({ x: 200, y: 36, w: 800, h: 664 });
    expect(resize(rect, "se", 9_000, 9_000, [420, 300], area)).toEqual({ x: 200, y: 200, w: 1240, h: 612 });
  });
});

describe("layout", () => {
  it("closing gives the focus to the next window that can be seen", () => {
    let layout = opened("a", "b", "c");
    layout = core.minimise(layout, "b");
    layout = core.close(core.focus(layout, "c"), "c");
    expect(layout.focused).toBe("a");
    expect(core.close(layout, "a").focused).toBeNull();
  });

  it("focusing brings back a minimised window and puts it on top", () => {
    const layout = core.focus(core.minimise(opened("a", "b"), "a"), "a");
    expect(core.windowOf(layout, "a")?.minimised).toBe(false);
    expect(layout.order).toEqual(["b", "a"]);
  });

  it("opens an app again where its last window was", () => {
    const rect = { x: 30, y: 60, w: 700, h: 500 };
    const layout = core.close(core.move(opened("files-1"), "files-1", rect), "files-1");
    const again = core.open(layout, { id: "files-2", app: "files", path: "/", size, area, maximised: false });
    expect(core.windowOf(again, "files-2")?.rect).toEqual(rect);
  });

  it("comes back onto a screen that became smaller, while halves follow it", () => {
    const small = { x: 0, y: 36, w: 800, h: 500 };
    const layout = core.change(opened("a", "b"), "b", { snap: "right" });
    const next = core.reclamp(layout, small, () => size);
    const rect = core.windowOf(next, "a")?.rect;
    expect(rect && rect.x + rect.w <= 800 && rect.y + rect.h <= 536).toBe(true);
    const half = core.windowOf(next, "b");
    expect(half && core.placed(half, small)).toEqual({ x: 400, y: 36, w: 400, h: 500 });
  });

  it.each([null, 7, "x", {}, { windows: 3 }, { windows: [null, { id: 1 }], order: "x" }])(
    "drops what cannot be understood: %j",
    (stored) => {
      expect(core.restore(stored, () => true)).toEqual(core.EMPTY);
    },
  );

  it("restores windows of known apps and repairs their order", () => {
    const layout = opened("files-1", "gone-1");
    const back = core.restore({ ...layout, order: ["nowhere"] }, (app) => app === "files");
    expect(back.windows.map((win) => win.id)).toEqual(["files-1"]);
    expect(back.order).toEqual(["files-1"]);
  });
});

describe("addresses", () => {
  it.each([
    ["/", { app: "", path: "/", solo: false }],
    ["/files", { app: "files", path: "/", solo: false }],
    ["/files/home/Photos?select=a.jpg", { app: "files", path: "/home/Photos?select=a.jpg", solo: false }],
    ["/files/home?select=a&solo=", { app: "files", path: "/home?select=a", solo: true }],
  ])("%s", (url, parts) => {
    expect(core.parseUrl(url)).toEqual(parts);
  });

  it("go there and back", () => {
    for (const url of ["/files", "/files/home/A%20b?select=c%26d", "/settings/about?solo"]) {
      const { app, path, solo } = core.parseUrl(url);
      expect(core.urlOf({ app, path }, solo)).toBe(url);
    }
    expect(core.urlOf(undefined)).toBe("/");
  });
});
