import { beforeAll, expect, test } from "vitest";
import { loadTexts } from "@/lib/i18n";
import { wordsOfCron } from "./cron";

beforeAll(() => loadTexts("settings"));

test("the usual schedules are said in words, and any other as it is written", () => {
  expect(wordsOfCron("0 8 * * *")).toMatch(/^Every day at 0?8:00/);
  expect(wordsOfCron("30 21 * * MON-FRI")).toMatch(/^Monday to Friday at (21|0?9):30/);
  for (const sunday of ["5 8 * * 0", "5 8 * * 7"])
    expect(wordsOfCron(sunday)).toMatch(/^Every Sunday at 0?8:05/);
  expect(wordsOfCron("5 * * * *")).toBe("Every hour at :05");
  for (const other of [
    "*/5 * * * *",
    "0 8 1 * *",
    "0 8 * 2 *",
    "0 8,9 * * *",
    "0 8 * * 1,2",
    "0 8 * * 8",
    "",
  ])
    expect(wordsOfCron(other)).toBe(other);
});
