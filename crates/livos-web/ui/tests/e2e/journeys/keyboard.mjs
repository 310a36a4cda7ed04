// Without a mouse: sign in, open Files, make a folder, rename it, throw it away, bring it back.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { newPage } from "../../lib/browser.mjs";
import { claim, OWNER, online, until } from "../stack.mjs";

export default async function ({ stack, browser }) {
  await claim(stack);
  await writeFile(`${stack.data}/home/note.txt`, "hello");
  const { page, problems } = await newPage(browser, stack.url);
  await page.goto("/");
  await page.getByRole("button", { name: "Sign in" }).waitFor();
  await page.keyboard.type(OWNER.username);
  await page.keyboard.press("Tab");
  await page.keyboard.type(OWNER.password);
  await page.keyboard.press("Enter");
  await online(page);

  await page.keyboard.press("Control+K");
  await page.getByRole("combobox").waitFor();
  await page.keyboard.type("Files");
  await page.getByRole("option").first().waitFor();
  await page.keyboard.press("Enter");
  const files = page.locator('[data-app="files"]');
  await files.getByRole("grid").waitFor();
  await until("the window has the focus", () =>
    files.evaluate((element) => element.contains(document.activeElement)),
  );

  const home = `${stack.data}/home`;
  await page.keyboard.press("Alt+Shift+N");
  await page.getByLabel("Folder name").waitFor();
  await page.keyboard.press("Control+A");
  await page.keyboard.type("Plans");
  await page.keyboard.press("Enter");
  await files.getByRole("row").filter({ hasText: "Plans" }).waitFor();
  assert.ok(existsSync(`${home}/Plans`));

  await until("the list has the focus", async () => {
    const inList = await files
      .getByRole("grid")
      .evaluate((element) => element.contains(document.activeElement));
    if (!inList) await page.keyboard.press("Tab");
    return inList;
  });
  await page.keyboard.type("pl");
  await page.keyboard.press("F2");
  await page.keyboard.press("Control+A");
  await page.keyboard.type("Dreams");
  await page.keyboard.press("Enter");
  await until("it is renamed", () => existsSync(`${home}/Dreams`));
  await files.getByRole("row").filter({ hasText: "Dreams" }).waitFor();
  await page.keyboard.press("Delete");
  await until("it is in the trash", () => !existsSync(`${home}/Dreams`));
  await page.keyboard.press("Control+Z");
  await until("it is back", () => existsSync(`${home}/Dreams`));
  assert.deepEqual(problems, []);
}
