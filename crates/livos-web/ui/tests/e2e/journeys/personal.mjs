// What one person keeps: favourites that follow what they name, and a picture of one's own behind the windows.
import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { claim, desktop, inspect, online, openApp } from "../stack.mjs";

export default async function ({ stack, browser }) {
  await claim(stack);
  const { page, problems } = await desktop(browser, stack);
  // A real picture, as large as a screen.
  await writeFile(`${stack.data}/home/Beach.png`, await page.screenshot());
  await mkdir(`${stack.data}/home/Photos`);
  await writeFile(`${stack.data}/home/Photos/broken.jpg`, "no picture");

  const files = await openApp(page, "files", "Files");
  const row = (name) => files.getByRole("row").filter({ hasText: name });
  const places = files.getByRole("list", { name: "Places" });
  const choose = async (name, action) => {
    await row(name).click({ button: "right" });
    await page.getByRole("menuitem", { name: action }).click();
  };

  await choose("Photos", "Add to Favourites");
  await places.getByRole("button", { name: "Photos" }).waitFor();
  await row("Photos").click();
  await page.keyboard.press("F2");
  await page.keyboard.press("Control+A");
  await page.keyboard.type("Holidays");
  await page.keyboard.press("Enter");
  await places.getByRole("button", { name: "Holidays" }).waitFor();
  await places.getByRole("button", { name: "Photos" }).waitFor({ state: "detached" });
  await inspect(page, "a favourite among the places");

  // Another device of the same person has it, and takes it away from this one.
  const other = await desktop(browser, stack, { theme: "dark" });
  await other.page.goto("/files/favourites");
  const kept = other.page.getByRole("grid").getByRole("row").filter({ hasText: "Holidays" });
  await kept.waitFor();
  await inspect(other.page, "favourites");
  await kept.click({ button: "right" });
  await other.page.getByRole("menuitem", { name: "Remove from Favourites" }).click();
  await kept.waitFor({ state: "detached" });
  await places.getByRole("button", { name: "Holidays" }).waitFor({ state: "detached" });

  const behind = page.locator(".wallpaper img").first();
  const drawn = () => page.waitForFunction(() => document.querySelector(".wallpaper img")?.naturalWidth > 0);
  await choose("Beach.png", "Use as wallpaper");
  await behind.waitFor();
  await drawn();
  await inspect(page, "a picture of one's own");
  await page.reload();
  await online(page);
  await drawn();

  // One that is none changes nothing and says why.
  await row("Holidays").dblclick();
  await choose("broken.jpg", "Use as wallpaper");
  await files.getByRole("alert").waitFor();
  await drawn();

  await page.goto("/settings/appearance");
  await page.getByRole("button", { name: "Delete your picture" }).click();
  await behind.waitFor({ state: "detached" });
  await page.locator(".wallpaper[data-wp=shore]").first().waitFor();
  // The picture goes from the page first; the server keeps nothing of it either.
  await page.waitForFunction(async () => (await fetch("/api/v1/me/wallpaper")).status === 404);
  assert.deepEqual([...problems, ...other.problems], []);
}
