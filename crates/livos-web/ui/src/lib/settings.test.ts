import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { api, keys, queries } from "./api";
import { look } from "./look";
import { changeSettings, followSettings } from "./settings";

followSettings();

beforeEach(() => {
  queries.clear();
  queries.setQueryData(keys.settings, { text_size: 150 });
});

afterEach(() => vi.restoreAllMocks());

const answer = (data: unknown) =>
  vi.spyOn(api, "PATCH").mockResolvedValue({ data, response: new Response("{}", { status: 200 }) } as never);

it("applies the look that the server keeps", () => {
  expect(look.get()).toEqual({ text_size: 150 });
});

it("keeps the look when anything else arrives", () => {
  for (const [name, key] of Object.entries(keys)) {
    const one =
      typeof key === "function" ? (key as (...parts: string[]) => readonly string[])("a", "b") : key;
    if (name !== "settings") queries.setQueryData(one, []);
  }
  expect(look.get()).toEqual({ text_size: 150 });
});

it("keeps what it does not know yet when something is changed first", async () => {
  queries.clear();
  answer({ text_size: 150, theme: "dark" });
  await changeSettings({ theme: "dark" });
  expect(queries.getQueryData(keys.settings)).toEqual({ text_size: 150, theme: "dark" });
  expect(look.get()).toEqual({ text_size: 150, theme: "dark" });
});
