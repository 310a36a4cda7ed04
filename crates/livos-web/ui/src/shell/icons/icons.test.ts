import { describe, expect, it } from "vitest";
import type { InstalledApp } from "@/lib/api/types";
import * as edit from "./edit";
import { type Cell, complete, type Entry, itemsOf, keyOf, placeAll, read, worst } from "./model";

const app = (id: string, more: Partial<InstalledApp> = {}) =>
  ({ id, name: id, installed_at: 1, state: "running", ...more }) as InstalledApp;
const apps = ["a", "b", "c", "d"].map((id) => app(id));
const fresh = { folder: "f", name: "Media" };
const cells = (entries: Entry[], rows = 3, columns = 5) => placeAll(itemsOf(entries, apps), rows, columns);

describe("what is stored", () => {
  it("may be the plain ids of earlier versions, or anything else", () => {
    expect(read(["a", { id: "b", at: [2, 1] }, "a", 7, null, { id: "c", at: [-1, 0] }])).toEqual([
      { id: "a" },
      { id: "b", at: [2, 1] },
      { id: "c" },
    ]);
    expect(read({ nonsense: true })).toEqual([]);
    expect(read([{ folder: "f", name: 3, apps: ["a", "a", 4] }, "a"])).toEqual([
      { folder: "f", name: "", apps: ["a"] },
    ]);
  });

  it("is completed by new apps, oldest first", () => {
    const two = [app("new", { installed_at: 9 }), app("old", { installed_at: 2 }), app("b")];
    expect(complete(["b"], two).map(keyOf)).toEqual(["b", "old", "new"]);
  });

  it("keeps what is not installed, without showing it", () => {
    const entries = complete([{ ...fresh, apps: ["gone"] }, "b"], apps);
    expect(entries[0]).toMatchObject(fresh);
    expect(itemsOf(entries, apps).map(({ key }) => key)).toEqual(["b", "a", "c", "d"]);
  });
});

describe("places", () => {
  it("are one's own where they exist and are free, else the first free ones", () => {
    const entries: Entry[] = [
      { id: "a", at: [1, 1] },
      { id: "b", at: [1, 1] },
      { id: "c" },
      { id: "d", at: [9, 0] },
    ];
    expect(Object.fromEntries(cells(entries))).toEqual({ a: [1, 1], b: [0, 0], c: [0, 1], d: [0, 2] });
  });

  it("go on beyond the screen rather than hide an icon", () => {
    expect([...cells(complete([], apps), 1, 2).values()]).toEqual([
      [0, 0],
      [1, 0],
      [2, 0],
      [3, 0],
    ]);
  });
});

describe("arranging", () => {
  it("moves one icon and leaves the others where they stand", () => {
    const entries = complete([], apps);
    const next = edit.moveTo(entries, "a", [3, 2], cells(entries));
    expect(Object.fromEntries(cells(next))).toEqual({ a: [3, 2], b: [0, 1], c: [0, 2], d: [1, 0] });
    expect(next.map(keyOf), "the order of phones follows the cells").toEqual(["b", "c", "d", "a"]);
  });

  it("changes places with what stands there", () => {
    const entries = complete([], apps);
    expect(Object.fromEntries(cells(edit.moveTo(entries, "a", [0, 2], cells(entries))))).toMatchObject({
      a: [0, 2],
      c: [0, 0],
    });
  });

  it("steps through the order and the cells alike", () => {
    const at: Cell = [2, 0];
    const entries: Entry[] = [{ id: "a", at }, { id: "gone" }, { id: "b" }];
    const next = edit.step(entries, "a", 1, ["a", "b"]);
    expect(next).toEqual([{ id: "b", at }, { id: "gone" }, { id: "a" }]);
    expect(edit.step(entries, "b", 1, ["a", "b"])).toEqual(entries);
  });

  it("makes a folder of two, adds to it, and takes out of it", () => {
    const entries: Entry[] = [{ id: "a" }, { id: "b", at: [1, 0] }, { id: "c" }];
    const one = edit.gather(entries, "a", "b", fresh);
    expect(one).toEqual([{ ...fresh, apps: ["b", "a"], at: [1, 0] }, { id: "c" }]);
    const two = edit.gather(one, "c", "folder:f", { folder: "other", name: "" });
    expect(two).toEqual([{ ...fresh, apps: ["b", "a", "c"], at: [1, 0] }]);
    expect(edit.takeOut(two, "a")).toEqual([{ ...fresh, apps: ["b", "c"], at: [1, 0] }, { id: "a" }]);
    expect(edit.takeOut([{ ...fresh, apps: ["a"], at: [1, 0] }], "a")).toEqual([{ id: "a", at: [1, 0] }]);
    expect(edit.dissolve(two, "f")).toEqual([{ id: "b", at: [1, 0] }, { id: "a" }, { id: "c" }]);
  });

  it("moves from one folder to another and puts the empty one away", () => {
    const entries: Entry[] = [
      { folder: "x", name: "X", apps: ["a"] },
      { folder: "y", name: "Y", apps: ["b"] },
    ];
    expect(edit.gather(entries, "a", "folder:y", fresh)).toEqual([
      { folder: "y", name: "Y", apps: ["b", "a"] },
    ]);
    expect(edit.wrap(entries, "a", fresh)).toEqual([
      { folder: "y", name: "Y", apps: ["b"] },
      { ...fresh, apps: ["a"] },
    ]);
    expect(edit.gather(entries, "a", "a", fresh)).toBe(entries);
  });

  it("loses no app whatever is done", () => {
    const ids = (entries: Entry[]) =>
      entries.flatMap((entry) => ("folder" in entry ? entry.apps : [entry.id])).toSorted();
    let entries = complete([], apps);
    const steps: ((now: Entry[]) => Entry[])[] = [
      (now) => edit.gather(now, "a", "b", fresh),
      (now) => edit.moveTo(now, "folder:f", [2, 2], cells(now)),
      (now) => edit.gather(now, "d", "folder:f", fresh),
      (now) => edit.changeFolder(now, "f", { name: "Other" }),
      (now) => edit.takeOut(now, "b"),
      (now) => edit.moveTo(now, "b", [2, 2], cells(now)),
      (now) => edit.tidy(now),
    ];
    for (const change of steps) {
      entries = change(entries);
      expect(ids(entries)).toEqual(["a", "b", "c", "d"]);
    }
  });
});

it("a folder shows the worst state of its apps", () => {
  expect(worst([app("a"), app("b", { state: "problem" })])).toBe("problem");
  expect(worst([app("a"), app("b", { state: "stopped" })])).toBe("running");
  expect(worst([app("a", { state: "stopped" })])).toBe("stopped");
});
