import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { keys, queries } from "./api";
import { dispatch } from "./events";
import { followServer } from "./live";

const folder = JSON.stringify({ root: "home", path: "a" });
let fetched: number[];
let takes = 0;

followServer();

beforeEach(() => {
  vi.useFakeTimers();
  fetched = [];
  vi.spyOn(queries, "invalidateQueries").mockImplementation(async (filters) => {
    expect(filters?.queryKey).toEqual(keys.directory("home", "a"));
    fetched.push(performance.now());
    await new Promise((done) => setTimeout(done, takes));
  });
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** A change each 20 ms for this long. */
async function change(time: number): Promise<void> {
  const end = performance.now() + time;
  while (performance.now() < end) {
    dispatch("dir", folder);
    await vi.advanceTimersByTimeAsync(20);
  }
}

it("shows a change of a small folder at once, each time", async () => {
  takes = 5;
  const begun = performance.now();
  for (let count = 1; count <= 5; count++) {
    dispatch("dir", folder);
    await vi.advanceTimersByTimeAsync(50);
    expect(fetched).toHaveLength(count);
  }
  expect((fetched[0] ?? Number.NaN) - begun).toBeLessThanOrEqual(20);
});

it("fetches a large folder that goes on changing a quarter of the time, never twice at once, and last of all", async () => {
  takes = 500;
  await change(10_000);
  expect(fetched.length).toBeGreaterThan(3);
  expect(fetched.length).toBeLessThanOrEqual(6);
  const last = performance.now();
  await vi.runAllTimersAsync();
  expect(fetched.at(-1)).toBeGreaterThanOrEqual(last - 20);
  const before = fetched.length;
  await vi.advanceTimersByTimeAsync(60_000);
  expect(fetched).toHaveLength(before);
});
