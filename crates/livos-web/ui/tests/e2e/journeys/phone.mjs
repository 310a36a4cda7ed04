// The same on a phone: one thing at a time, reached by touch.
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { claim, desktop, inspect, openApp } from "../stack.mjs";

export default async function ({ stack, browser }) {
  await claim(stack);
  await writeFile(`${stack.data}/home/note.txt`, "hello");
  const { page, problems } = await desktop(browser, stack, { size: "phone" });
  await inspect(page, "home");
  const files = await openApp(page, "files", "Files");
  await files.getByRole("row").filter({ hasText: "note.txt" }).waitFor();
  await inspect(page, "files");
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  assert.ok(wide <= 0, `the page is ${wide} px wider than the phone`);
  // The phone's own Back leads home.
  await page.goBack();
  await page.getByRole("list", { name: "Apps" }).waitFor();
  assert.deepEqual(problems, []);
}
