import { describe, expect, it } from "vitest";
import { kindOfName, kindText, viewerOf } from "./kinds";
import {
  type Entry,
  filterEntries,
  nextSort,
  type Sort,
  sortEntries,
  totals,
  visibleEntries,
} from "./listing";
import { formatLocation, parseLocation } from "./location";
import { displayName, freeName, isInside, nameProblem, parent, parseTyped, stemLength } from "./paths";
import { dropEffect, missingSpace, planTransfer, planUpload, type Root } from "./transfers";
import { idle, isTyping, typed } from "./typeahead";

const file = (name: string, size = 0, at = 0): Entry => [name, 0, size, at];
const dir = (name: string, at = 0): Entry => [name, 1, 0, at];
const sorted = (entries: Entry[], sort: Partial<Sort> = {}, foldersFirst = true) =>
  sortEntries(
    [...entries],
    { column: "name", descending: false, ...sort },
    { foldersFirst, language: "en" },
  ).map((e) => e[0]);

describe("sorting", () => {
  it("counts numbers as numbers and puts folders first", () => {
    expect(sorted([file("img10"), file("img9"), dir("zoo"), dir("Apples")])).toEqual([
      "Apples",
      "zoo",
      "img9",
      "img10",
    ]);
    expect(sorted([file("b"), dir("z"), file("a")], {}, false)).toEqual(["a", "b", "z"]);
  });

  it("keeps folders first when the order turns around", () => {
    expect(sorted([file("a"), file("b"), dir("x"), dir("y")], { descending: true })).toEqual([
      "y",
      "x",
      "b",
      "a",
    ]);
  });

  it("keeps equal sizes in name order in both directions", () => {
    const entries = [file("c", 1), file("a", 1), file("b", 2)];
    expect(sorted(entries, { column: "size" })).toEqual(["a", "c", "b"]);
    expect(sorted(entries, { column: "size", descending: true })).toEqual(["b", "a", "c"]);
  });

  it("sorts by time and by kind", () => {
    expect(sorted([file("new", 0, 9), file("old", 0, 1)], { column: "modified" })).toEqual(["old", "new"]);
    expect(sorted([file("b.pdf"), file("a.txt"), file("c.jpg")], { column: "kind" })).toEqual([
      "c.jpg",
      "b.pdf",
      "a.txt",
    ]);
  });

  it("orders a large plain folder exactly as the collator would", () => {
    let seed = 7;
    const random = (n: number) => {
      seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff;
      return seed % n;
    };
    const chars = " !#$%&'()+,-.0123456789;=@ABCXYZ[]^_`abcxyz{}~";
    const entries: Entry[] = Array.from({ length: 5000 }, (_, i) => {
      let name = i % 3 ? "IMG_" : "";
      for (let n = 1 + random(8); n > 0; n -= 1) name += chars[random(chars.length)];
      return file(name);
    });
    const collator = new Intl.Collator("en", { numeric: true, sensitivity: "base" });
    const names = sorted(entries);
    for (let i = 1; i < names.length; i += 1) {
      expect(collator.compare(names[i - 1] as string, names[i] as string)).toBeLessThanOrEqual(0);
    }
  });

  it("sorts a large folder with other letters too", () => {
    const entries = Array.from({ length: 3000 }, (_, i) => file(`é${2999 - i}`));
    expect(sorted(entries).slice(0, 3)).toEqual(["é0", "é1", "é2"]);
  });

  it("turns a header around or starts the new one as expected", () => {
    expect(nextSort({ column: "name", descending: false }, "name")).toEqual({
      column: "name",
      descending: true,
    });
    expect(nextSort({ column: "name", descending: false }, "size")).toEqual({
      column: "size",
      descending: true,
    });
    expect(nextSort({ column: "size", descending: true }, "kind")).toEqual({
      column: "kind",
      descending: false,
    });
  });
});

describe("finding", () => {
  it("ignores case, accents and word order", () => {
    const entries = [file("Café menu.txt"), file("menu old.txt"), file("notes")];
    expect(filterEntries(entries, "MENU cafe").map((e) => e[0])).toEqual(["Café menu.txt"]);
    expect(filterEntries(entries, "  ")).toBe(entries);
  });

  it("hides dot files unless asked", () => {
    const entries = [file(".env"), file("a")];
    expect(visibleEntries(entries, false).map((e) => e[0])).toEqual(["a"]);
    expect(visibleEntries(entries, true)).toHaveLength(2);
  });

  it("adds up", () => {
    expect(totals([dir("d"), file("a", 5), file("b", 6)])).toEqual({ files: 2, folders: 1, bytes: 11 });
  });
});

describe("paths", () => {
  it("knows parents and what lies inside", () => {
    expect(parent("a/b/c")).toBe("a/b");
    expect(parent("a")).toBe("");
    expect(isInside({ root: "home", path: "a/b" }, { root: "home", path: "a" })).toBe(true);
    expect(isInside({ root: "home", path: "ab" }, { root: "home", path: "a" })).toBe(false);
    expect(isInside({ root: "shared", path: "a" }, { root: "home", path: "a" })).toBe(false);
  });

  it("selects the name without its extension", () => {
    expect(stemLength("photo.jpg")).toBe(5);
    expect(stemLength("backup.tar.gz")).toBe(6);
    expect(stemLength(".profile")).toBe(8);
  });

  it("refuses names the server would refuse", () => {
    const taken = (name: string) => name === "taken";
    expect(nameProblem(" ", taken)).toBe("empty");
    expect(nameProblem("..", taken)).toBe("dots");
    expect(nameProblem("a/b", taken)).toBe("slash");
    expect(nameProblem("a\nb", taken)).toBe("control");
    expect(nameProblem("é".repeat(128), taken)).toBe("long");
    expect(nameProblem("taken", taken)).toBe("taken");
    expect(nameProblem("fine.txt", taken)).toBeUndefined();
  });

  it("finds a free name", () => {
    const taken = new Set(["New folder", "New folder 2"]);
    expect(freeName("New folder", (name) => taken.has(name))).toBe("New folder 3");
  });

  it("follows a typed path", () => {
    const roots = [
      { id: "home", label: "Home" },
      { id: "shared", label: "Shared" },
    ];
    const here = { root: "home", path: "Photos/2024" };
    expect(parseTyped("/Shared/x", roots, here)).toEqual({ root: "shared", path: "x" });
    expect(parseTyped("home", roots, here)).toEqual({ root: "home", path: "" });
    expect(parseTyped("../2023", roots, here)).toEqual({ root: "home", path: "Photos/2023" });
    expect(parseTyped("/Music", roots, here)).toEqual({ root: "home", path: "Music" });
    expect(parseTyped("../../../..", roots, here)).toEqual({ root: "home", path: "" });
    expect(parseTyped("  ", roots, here)).toBeUndefined();
  });

  it("shows invisible and reversing characters", () => {
    expect(displayName("a\u202egpj.exe")).toBe("a\u{fffd}gpj.exe");
    expect(displayName("tab\there")).toBe("tab\u{fffd}here");
  });
});

describe("type to jump", () => {
  const names = ["alpha", "Beta", "béton", "gamma"];
  const list = { length: names.length, nameAt: (i: number) => names[i] as string };

  it("collects letters typed together", () => {
    const first = typed(idle, "b", 1000, list, 0);
    expect(first.index).toBe(1);
    const second = typed(first.state, "e", 1100, list, 1);
    const third = typed(second.state, "t", 1200, list, 1);
    expect(typed(third.state, "o", 1300, list, 1).index).toBe(2);
  });

  it("goes round with the same letter and starts over after a pause", () => {
    const first = typed(idle, "b", 1000, list, 0);
    const again = typed(first.state, "b", 1200, list, 1);
    expect(again.index).toBe(2);
    expect(typed(again.state, "b", 1400, list, 2).index).toBe(1);
    expect(typed(again.state, "g", 9000, list, 2).index).toBe(3);
  });

  it("says nothing found, and knows when a space belongs to a name", () => {
    const state = typed(idle, "x", 1000, list, 0);
    expect(state.index).toBe(-1);
    expect(isTyping(state.state, 1500)).toBe(true);
    expect(isTyping(state.state, 3000)).toBe(false);
  });
});

describe("kinds", () => {
  it("come from the name", () => {
    expect(kindOfName("IMG.JPG")).toBe("image");
    expect(kindOfName("Makefile")).toBe("code");
    expect(kindOfName("unknown.xyz")).toBe("file");
    expect(kindText(["a.xyz", 0])).toEqual({ key: "files.kind.fileOf", ext: "XYZ" });
    expect(kindText(["photos", 1])).toEqual({ key: "files.kind.folder", ext: "" });
    expect(kindText(["README", 0])).toEqual({ key: "files.kind.plainText", ext: "" });
  });

  it("never shows markup as anything but text", () => {
    expect(viewerOf("a.svg")).toBe("text");
    expect(viewerOf("a.html")).toBe("text");
    expect(viewerOf("a.png")).toBe("image");
    expect(viewerOf("a.bin")).toBe("none");
  });
});

const root = (id: string, kind: string, more: Partial<Root> = {}): Root => ({
  id,
  label: id,
  kind,
  writable: true,
  total: 100,
  free: 50,
  ...more,
});
const roots = [
  root("home", "home"),
  root("shared", "shared"),
  root("usb", "drive"),
  root("ro", "shared", { writable: false }),
];
const at = (rootId: string, path: string) => ({ root: rootId, path });

describe("dropping", () => {
  it("moves on the same storage and copies across", () => {
    expect(dropEffect([at("home", "a")], at("home", "b"), roots, false)).toBe("move");
    expect(dropEffect([at("home", "a")], at("shared", ""), roots, false)).toBe("move");
    expect(dropEffect([at("home", "a")], at("usb", ""), roots, false)).toBe("copy");
    expect(dropEffect([at("home", "a")], at("home", "b"), roots, true)).toBe("copy");
    expect(dropEffect([at("ro", "a")], at("home", ""), roots, false)).toBe("copy");
  });

  it("refuses what makes no sense", () => {
    expect(dropEffect([at("home", "a")], at("home", "a/b"), roots, false)).toBe("none");
    expect(dropEffect([at("home", "a/x")], at("home", "a"), roots, false)).toBe("none");
    expect(dropEffect([at("home", "a")], at("ro", ""), roots, false)).toBe("none");
    expect(dropEffect([], at("home", ""), roots, false)).toBe("none");
  });
});

describe("plans", () => {
  it("names clashes and leaves out what is already there", () => {
    const plan = planTransfer(
      [at("home", "a/x"), at("home", "b/y")],
      at("home", "b"),
      "move",
      (n) => n === "x",
    );
    expect(plan.items).toEqual([at("home", "a/x")]);
    expect(plan.already).toEqual([at("home", "b/y")]);
    expect(plan.clashes).toEqual(["x"]);
  });

  it("never asks about a copy beside its original, and refuses a folder into itself", () => {
    expect(planTransfer([at("home", "b/y")], at("home", "b"), "copy", () => true).clashes).toEqual([]);
    expect(planTransfer([at("home", "a")], at("home", "a/b"), "move", () => false).intoItself).toEqual(
      at("home", "a"),
    );
  });

  it("adds up an upload and finds clashes by top name", () => {
    const items = [
      { file: new File(["12345"], "a.txt"), folder: "" },
      { file: new File(["123"], "b.txt"), folder: "Album/2024" },
      { file: new File(["1"], "c.txt"), folder: "Album" },
    ];
    const plan = planUpload(items, [], (name) => name === "Album");
    expect(plan.bytes).toBe(9);
    expect(plan.clashes).toEqual(["Album"]);
  });

  it("says how much space is missing", () => {
    expect(missingSpace(60, root("home", "home"))).toBe(10);
    expect(missingSpace(40, root("home", "home"))).toBe(0);
    expect(missingSpace(40, root("home", "home", { total: 0, free: 0 }))).toBe(0);
    expect(missingSpace(40, undefined)).toBe(0);
  });
});

describe("location", () => {
  it("survives a round trip with every character", () => {
    for (const path of ["", "Photos/2024", "a?b#c&d/100%", "ünï"]) {
      const location = {
        place: { root: "home", path },
        view: "grid" as const,
        sort: { column: "size" as const, descending: true },
        search: "x y",
        select: undefined,
      };
      expect(parseLocation(formatLocation(location), "home")).toEqual(location);
    }
  });

  it("takes a name to select but does not keep it", () => {
    const parsed = parseLocation("/home/Photos?select=a%20b.jpg", "home");
    expect(parsed.select).toBe("a b.jpg");
    expect(formatLocation(parsed)).toBe("/home/Photos");
  });

  it("has a plain form for the defaults", () => {
    const parsed = parseLocation("/", "home");
    expect(parsed.place).toEqual({ root: "home", path: "" });
    expect(formatLocation(parsed)).toBe("/home");
    const trash = parseLocation("/trash", "home");
    expect(trash.sort).toEqual({ column: "modified", descending: true });
    expect(formatLocation(trash)).toBe("/trash");
    const byName = { ...trash, sort: { column: "name" as const, descending: false } };
    expect(parseLocation(formatLocation(byName), "home")).toEqual(byName);
  });
});
