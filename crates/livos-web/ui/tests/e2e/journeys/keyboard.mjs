// Without a mouse: sign in, upload, rename, move, throw away and bring back; then snap, cycle and close windows.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { newPage } from "../../lib/browser.mjs";
import { chooseFromMenu, openByName, reach } from "../../lib/keyboard.mjs";
import { claim, OWNER, online, until } from "../stack.mjs";

export default async function ({ stack, browser }) {
  await claim(stack);
  const { page, problems } = await newPage(browser, stack.url);
  // The browser hands over its file dialogs from the moment that somebody listens, so that is now.
  const choosers = [];
  page.on("filechooser", (chooser) => choosers.push(chooser));
  await page.goto("/");
  await page.getByRole("button", { name: "Sign in" }).waitFor();
  await page.keyboard.type(OWNER.username);
  await page.keyboard.press("Tab");
  await page.keyboard.type(OWNER.password);
  await page.keyboard.press("Enter");
  await online(page);

  const files = await openByName(page, "Files", "files");
  await files.getByText("This folder is empty").waitFor();
  const home = `${stack.data}/home`;
  const row = (name) => files.getByRole("row").filter({ hasText: name });
  const selected = (name) => row(name).and(page.locator("[aria-selected=true]")).waitFor();
  const type = async (text) => {
    await page.keyboard.press("Control+A");
    await page.keyboard.type(text);
    await page.keyboard.press("Enter");
  };

  const toList = () =>
    until("the list has the focus", async () => {
      const inList = await files
        .getByRole("grid")
        .evaluate((element) => element.contains(document.activeElement));
      if (!inList) await page.keyboard.press("Tab");
      return inList;
    });

  await page.keyboard.press("Alt+Shift+N");
  await page.getByLabel("Folder name").waitFor();
  await type("Plans");
  await selected("Plans");
  assert.ok(existsSync(`${home}/Plans`));

  await reach(page, /^Upload$/, { key: "Shift+Tab" });
  await page.keyboard.press("Enter");
  const chooser = await until("a file is asked for", () => choosers.shift());
  await chooser.setFiles({ name: "note.txt", mimeType: "text/plain", buffer: Buffer.from("hello") });
  await row("note.txt").waitFor();
  await until(
    "it has arrived",
    async () => (await readFile(`${home}/note.txt`, "utf8").catch(() => "")) === "hello",
  );

  await toList();
  // Fast fingers: all keys before the next frame. The list must not take the keyboard from the name.
  const field = await page.evaluate(async () => {
    for (const key of ["n", "o", "t", "e", "F2"]) {
      const press = { key, code: key, bubbles: true, cancelable: true };
      document.activeElement.dispatchEvent(new KeyboardEvent("keydown", press));
      await Promise.resolve();
    }
    for (let frames = 0; frames < 3; frames += 1) await new Promise(requestAnimationFrame);
    return document.activeElement.getAttribute("aria-label");
  });
  assert.equal(field, "New name");
  await type("letter.txt");
  await until("it is renamed", () => existsSync(`${home}/letter.txt`));
  await selected("letter.txt");

  await chooseFromMenu(page, "Move to…");
  const dialog = page.getByRole("dialog", { name: "Move ‘letter.txt’ to" });
  await dialog.waitFor();
  await reach(page, /^Plans$/);
  await page.keyboard.press("Enter");
  await dialog.getByText("No folders here").waitFor();
  await reach(page, /^Move here$/);
  await page.keyboard.press("Enter");
  await until("it is moved", () => existsSync(`${home}/Plans/letter.txt`));
  await dialog.waitFor({ state: "detached" });
  await row("letter.txt").waitFor({ state: "detached" });

  await toList();
  await page.keyboard.type("pl");
  await selected("Plans");
  await page.keyboard.press("Enter");
  await row("letter.txt").waitFor();
  // A folder that was opened from the list has the keyboard by itself.
  await page.waitForFunction(() => document.activeElement?.closest("[role=grid]"));
  await page.keyboard.type("let");
  await selected("letter.txt");
  await page.keyboard.press("Delete");
  await until("it is in the trash", () => !existsSync(`${home}/Plans/letter.txt`));
  await page.keyboard.press("Control+Z");
  await until("it is back", () => existsSync(`${home}/Plans/letter.txt`));

  // Windows: a second one, both halves, from one to the other and back, then closed.
  const settings = await openByName(page, "Settings", "settings");
  const place = async (window) => {
    const { x, width } = await window.boundingBox();
    return [Math.round(x), Math.round(width)];
  };
  const half = page.viewportSize().width / 2;
  await reach(page, /^You/);
  await page.keyboard.press("Alt+Shift+ArrowRight");
  assert.deepEqual(await place(settings), [half, half]);
  const inside = (window) => window.evaluate((element) => element.contains(document.activeElement));
  await until("F6 leads to the other window", async () => {
    if (await inside(files)) return true;
    await page.keyboard.press("F6");
    return false;
  });
  await page.keyboard.press("Alt+Shift+ArrowLeft");
  assert.deepEqual(await place(files), [0, half]);
  await page.keyboard.press("Alt+Shift+W");
  await files.waitFor({ state: "detached" });
  await until("the window beneath has the focus", () => inside(settings));
  await page.keyboard.press("Alt+Shift+W");
  await settings.waitFor({ state: "detached" });
  assert.deepEqual(problems, []);
}
