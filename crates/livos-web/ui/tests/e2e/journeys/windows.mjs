// Every window, light and dark, on a desktop and on a phone: axe finds nothing, nothing covers a control.
import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { claim, desktop, inspect } from "../stack.mjs";

const WINDOWS = [
  ["files", "/home"],
  ["files", "/trash"],
  ["store", "/"],
  ["store", "/sources"],
  ["settings", "/you"],
  ["settings", "/people"],
  ["settings", "/appearance"],
  ["settings", "/about"],
  ["activity", "/"],
];

export default async function ({ stack, browser }) {
  await claim(stack);
  await mkdir(`${stack.data}/home/Photos`);
  for (const name of [
    "note.txt",
    "picture.png",
    "a rather long name for a file that does not fit into its column.tar.gz",
  ]) {
    await writeFile(`${stack.data}/home/${name}`, name);
  }
  const faults = [];
  for (const size of ["desktop", "phone"]) {
    for (const theme of ["light", "dark"]) {
      const { context, page, problems } = await desktop(browser, stack, { size, theme });
      for (const [app, path] of WINDOWS) {
        await page.goto(`/${app}${path}`);
        const win = page.locator(`[data-app="${app}"]:visible`).first();
        await win.waitFor();
        await page
          .locator("[data-app]:visible .animate-pulse")
          .first()
          .waitFor({ state: "detached" })
          .catch(() => undefined);
        await inspect(page, `${app}${path}, ${theme}, ${size}`).catch((error) => faults.push(error.message));
      }
      faults.push(...problems);
      await context.close();
    }
  }
  assert.deepEqual(faults, []);
}
