// Whatever is killed, the page finds its way back without a reload, and shows what happened meanwhile.
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { claim, desktop, online, openApp } from "../stack.mjs";

export default async function ({ stack, browser }) {
  await claim(stack);
  await writeFile(`${stack.data}/home/before.txt`, "before");
  const { page, problems } = await desktop(browser, stack);
  const files = await openApp(page, "files", "Files");
  await files.getByRole("grid").waitFor();
  await page.evaluate(() => {
    window.same = true;
  });
  for (const unit of [
    "livos-web",
    "caddy",
    "livos-files",
    "livos-apps",
    "livos-nexus",
    "livos-host",
    "dbus-daemon",
  ]) {
    await stack.order({ crash: unit });
    await writeFile(`${stack.data}/home/after ${unit}.txt`, unit);
    await online(page);
    await files
      .getByRole("row")
      .filter({ hasText: `after ${unit}.txt` })
      .waitFor({ timeout: 40_000 });
    assert.equal(
      await page.evaluate(() => window.same),
      true,
      `the page was loaded again after ${unit} died`,
    );
  }
  assert.deepEqual(problems, []);
}
