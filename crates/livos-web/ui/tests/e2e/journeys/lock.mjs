// A session that is ended elsewhere locks the desktop over open windows. After signing in everything is where it was,
// down to a half-written word, and what happened meanwhile shows.
import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { claim, desktop, inspect, OWNER, online, openApp } from "../stack.mjs";

export default async function ({ stack, browser }) {
  await claim(stack);
  await mkdir(`${stack.data}/home/Plans`);
  await writeFile(`${stack.data}/home/Plans/before.txt`, "before");
  const { page, problems } = await desktop(browser, stack);
  const files = await openApp(page, "files", "Files");
  await files.getByRole("row").filter({ hasText: "Plans" }).dblclick();
  await files.getByRole("row").filter({ hasText: "before.txt" }).waitFor();
  const settings = await openApp(page, "settings", "Settings");
  await settings.getByLabel("Name", { exact: true }).fill("Half written");
  const where = async () => [await files.boundingBox(), await settings.boundingBox()];
  const before = await where();
  await page.evaluate(() => {
    window.same = true;
  });

  // The same person, on another device, ends this session.
  const other = await desktop(browser, stack);
  const { sessions } = await other.page.evaluate(async () => {
    const me = await (await fetch("/api/v1/session")).json();
    const list = await (await fetch("/api/v1/sessions")).json();
    const others = list.filter((session) => !session.current);
    for (const session of others) {
      await fetch(`/api/v1/sessions/${session.id}`, {
        method: "DELETE",
        headers: { "X-CSRF-Token": me.csrf },
      });
    }
    return { sessions: others.length };
  });
  assert.ok(sessions > 0);
  const lock = page.getByRole("dialog", { name: "Signed out" });
  await lock.waitFor();
  await inspect(page, "lock sheet over open windows");
  await writeFile(`${stack.data}/home/Plans/meanwhile.txt`, "meanwhile");
  await lock.getByLabel("Password", { exact: true }).fill(OWNER.password);
  await page.keyboard.press("Enter");
  await lock.waitFor({ state: "detached" });
  await online(page);
  await files.getByRole("row").filter({ hasText: "meanwhile.txt" }).waitFor();
  assert.equal(await settings.getByLabel("Name", { exact: true }).inputValue(), "Half written");
  assert.deepEqual(await where(), before);
  assert.equal(await page.evaluate(() => window.same), true);
  await settings.getByRole("button", { name: "Save" }).click();
  await settings.getByText("Saved").waitFor();
  assert.deepEqual(problems, []);
}
