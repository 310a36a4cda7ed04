import { describe, expect, it } from "vitest";
import { combinationOf, isReserved, isSingle, ownKeys, SHORTCUTS } from "@/lib/shortcuts";
import { collisions, type Line } from "./collisions";

const line = (id: string, keys: string[], scope = ""): Line => ({ id, scope, title: id, usual: keys, keys });
const press = (key: string, code: string, more = {}) => new KeyboardEvent("keydown", { key, code, ...more });

describe("shortcuts", () => {
  it("come without collisions and without keys that browsers keep", () => {
    expect([...collisions(SHORTCUTS.map(({ id, keys }) => line(id, [...keys])))]).toEqual([]);
    expect(SHORTCUTS.flatMap(({ keys }) => [...keys]).filter(isReserved)).toEqual([]);
  });

  it("are the usual ones, one's own, or off", () => {
    expect(ownKeys(undefined, "search", ["Mod+K"])).toEqual(["Mod+K"]);
    expect(ownKeys({ shortcuts: { search: "Mod+J" } }, "search", ["Mod+K"])).toEqual(["Mod+J"]);
    expect(ownKeys({ shortcuts: { search: "" } }, "search", ["Mod+K"])).toEqual([]);
    expect(ownKeys({ shortcuts: { search: null } }, "search", ["Mod+K"])).toEqual(["Mod+K"]);
    expect(ownKeys({ shortcuts: "nonsense" } as never, "search", ["Mod+K"])).toEqual(["Mod+K"]);
  });

  it("lose all single letters by one switch, and nothing else", () => {
    expect(ownKeys({ single_keys: false }, "find", ["/", "Mod+F"])).toEqual(["Mod+F"]);
    expect(["?", "/", "J", "Shift+J"].every(isSingle)).toBe(true);
    expect(["F2", "Delete", "Mod+K", "Alt+Shift+W", "ArrowUp"].some(isSingle)).toBe(false);
  });

  it("collide within an app, and with those of the whole desktop, but not between apps", () => {
    const found = collisions([
      line("search", ["Mod+K"]),
      line("files.a", ["F2"], "files"),
      line("files.b", ["F2", "Mod+K"], "files"),
      line("store.a", ["F2"], "store"),
    ]);
    expect(Object.fromEntries(found)).toEqual({
      search: ["files.b"],
      "files.a": ["files.b"],
      "files.b": ["search", "files.a"],
    });
  });

  it("are read from what was pressed, whatever Alt makes of the letter", () => {
    expect(combinationOf(press("j", "KeyJ", { ctrlKey: true }), false)).toBe("Mod+J");
    expect(combinationOf(press("∂", "KeyD", { altKey: true, shiftKey: true }), true)).toBe("Alt+Shift+D");
    expect(combinationOf(press("?", "Slash", { shiftKey: true }), false)).toBe("?");
    expect(combinationOf(press("F2", "F2"), false)).toBe("F2");
    expect(combinationOf(press("Shift", "ShiftLeft", { shiftKey: true }), false)).toBe(null);
  });
});
