import { beforeEach, describe, expect, it } from "vitest";
import { forget, remember, takeUndo, type UndoStep, undoSteps } from "./shared";

const step = (id: string): UndoStep => ({ kind: "trash", ids: [id], count: 1 });

describe("undo", () => {
  beforeEach(() => undoSteps.set([]));

  it("takes the newest step first and each only once", () => {
    const first = step("1");
    remember(first);
    remember(step("2"));
    expect(takeUndo()).toEqual(step("2"));
    expect(forget(first)).toBe(true);
    expect(forget(first)).toBe(false);
    expect(takeUndo()).toBeUndefined();
  });

  it("keeps the last fifty", () => {
    for (let i = 0; i < 60; i += 1) remember(step(String(i)));
    expect(undoSteps.get()).toHaveLength(50);
    expect(undoSteps.get()[0]).toEqual(step("10"));
  });
});
