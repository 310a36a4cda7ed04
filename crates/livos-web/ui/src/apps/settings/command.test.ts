import { expect, test } from "vitest";
import { typed, wordsOf } from "./command";

test("a command is read as its words", () => {
  expect(wordsOf("  npx  -y @a/b@1 ")).toEqual(["npx", "-y", "@a/b@1"]);
  expect(wordsOf(`run "two words" 'it"s' --x="a b" ''`)).toEqual(["run", "two words", 'it"s', "--x=a b", ""]);
  expect(wordsOf("")).toEqual([]);
  expect(wordsOf("$(id); a\\ b")).toEqual(["$(id);", "a\\", "b"]);
  expect(wordsOf('run "without end')).toBeUndefined();
});

test("words that are shown are read as the same again", () => {
  for (const words of [
    ["npx", "-y"],
    ["a b", "", "it's"],
    [`both ' and "`, '"'],
    ["'", "''"],
  ])
    expect(wordsOf(typed(words))).toEqual(words);
});
