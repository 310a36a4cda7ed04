// Takes the picture of the front page from a real desktop: node tests/e2e/readme-picture.mjs
import { mkdir, truncate, utimes, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { launch, settled } from "../lib/browser.mjs";
import { dock, win } from "../lib/desktop.mjs";
import { claim, desktop, online, startStack } from "./stack.mjs";

const DAYS = 86_400;
/** Name, size (none for a folder), how old in days. */
const HOME = [
  ["Documents", 0, 3],
  ["Downloads", 0, 1],
  ["Family photos", 0, 12],
  ["Music", 0, 40],
  ["Projects", 0, 2],
  ["Videos", 0, 90],
  ["Clip_0008.mp4", 16_300_000, 120],
  ["Garden plan.png", 128_000, 5],
  ["IMG_0007.jpg", 2_540_000, 120],
  ["Invoice 2026-07.pdf", 475_000, 60],
  ["Letter to Ada.odt", 52_800, 6],
  ["Notes.md", 2_100, 0.1],
];

const stack = await startStack();
const browser = await launch();
try {
  await claim(stack);
  for (const [name, size, age] of HOME) {
    const path = `${stack.data}/home/${name}`;
    if (size === 0) await mkdir(path, { recursive: true });
    else await writeFile(path, "").then(() => truncate(path, size));
    const at = Date.now() / 1000 - age * DAYS;
    await utimes(path, at, at);
  }
  const { page } = await desktop(browser, stack);
  await page.evaluate(async () => {
    const { csrf } = await (await fetch("/api/v1/session")).json();
    const headers = { "Content-Type": "application/json", "X-CSRF-Token": csrf };
    const put = (method, path, body) =>
      fetch(`/api/v1${path}`, { method, headers, body: JSON.stringify(body) });
    await put("PATCH", "/me/settings", { welcomed: true });
    await put("PUT", "/files/favourites", { root: "home", path: "Family photos" });
  });
  await page.reload();
  await online(page);
  const move = async (app, to) => {
    const bar = await win(page, app).locator(".win-bar").boundingBox();
    await page.mouse.move(bar.x + 200, bar.y + 20);
    await page.mouse.down();
    await page.mouse.move(to.x + 200, to.y + 20, { steps: 6 });
    await page.mouse.up();
  };
  await dock(page, "Settings").click();
  await win(page, "settings").getByRole("button", { name: "Appearance" }).click();
  await settled(page);
  await move("settings", { x: 520, y: 104 });
  await dock(page, "Files").click();
  await settled(page);
  await move("files", { x: 40, y: 150 });
  await win(page, "files").getByRole("row").filter({ hasText: "Family photos" }).click();
  await page.mouse.move(720, 60);
  await settled(page);
  await page.screenshot({ path: fileURLToPath(new URL("../../docs/desktop.png", import.meta.url)) });
} finally {
  await browser.close();
  await stack.stop();
}
