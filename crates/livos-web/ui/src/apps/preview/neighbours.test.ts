import { describe, expect, it } from "vitest";
import type { Entry } from "../files/core/listing";
import { neighbours } from "./neighbours";

const entries: Entry[] = [
  ["b.jpg", 0, 2, 2],
  ["folder", 1, 0, 0],
  ["a.jpg", 0, 1, 1],
  ["notes.bin", 0, 1, 1],
  [".hidden.jpg", 0, 1, 1],
  ["c.txt", 0, 3, 3],
];

describe("neighbours", () => {
  it("walks the files that have a preview in the folder's order", () => {
    const sort = { column: "name", descending: false } as const;
    expect(neighbours(entries, "b.jpg", sort, "en")).toEqual({
      index: 1,
      count: 3,
      previous: "a.jpg",
      next: "c.txt",
    });
    expect(neighbours(entries, "a.jpg", { ...sort, descending: true }, "en")).toEqual({
      index: 2,
      count: 3,
      previous: "b.jpg",
      next: undefined,
    });
  });

  it("has none for a file that is gone", () => {
    const found = neighbours(entries, "gone.jpg", { column: "name", descending: false }, "en");
    expect(found).toEqual({ index: -1, count: 3, previous: undefined, next: undefined });
  });
});
