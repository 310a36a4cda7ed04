import assert from "node:assert/strict";
import { box, focused, inspect, openWindow, win, withDesktop } from "../lib/desktop.mjs";

const AREA = { x: 0, y: 36, w: 1440, h: 900 - 36 - 88 };

async function dragTitle(page, window, to) {
  const bar = await window.locator(".win-bar").boundingBox();
  await page.mouse.move(bar.x + 220, bar.y + 20);
  await page.mouse.down();
  await page.mouse.move(bar.x + 260, bar.y + 60, { steps: 4 });
  await page.mouse.move(to.x, to.y, { steps: 8 });
}

export default [
  [
    "a window is dragged, snapped, restored and comes back after a reload",
    (browser) =>
      withDesktop(browser, {}, async ({ page }) => {
        const settings = await openWindow(page, "Settings", "settings");
        const before = await box(settings);
        await dragTitle(page, settings, { x: 600, y: 300 });
        await page.mouse.up();
        const moved = await box(settings);
        assert.notDeepEqual(moved, before);
        assert.equal(moved.w, before.w);
        await dragTitle(page, settings, { x: 2, y: 400 });
        await page.locator(".snap-preview").waitFor();
        await page.mouse.up();
        assert.deepEqual(await box(settings), { x: 0, y: AREA.y, w: 720, h: AREA.h });
        await page.reload();
        await win(page, "settings").waitFor();
        assert.deepEqual(await box(settings), { x: 0, y: AREA.y, w: 720, h: AREA.h });
        await dragTitle(page, settings, { x: 500, y: 300 });
        await page.mouse.up();
        assert.equal((await box(settings)).w, before.w, "leaving the half gives the size back");
      }),
  ],
  [
    "a window is resized at its edges but not below its minimum",
    (browser) =>
      withDesktop(browser, {}, async ({ page }) => {
        const settings = await openWindow(page, "Settings", "settings");
        const before = await box(settings);
        const grab = async (x, y, dx, dy) => {
          await page.mouse.move(x, y);
          await page.mouse.down();
          await page.mouse.move(x + dx, y + dy, { steps: 5 });
          await page.mouse.up();
        };
        await grab(before.x + before.w + 1, before.y + 200, 80, 0);
        assert.equal((await box(settings)).w, before.w + 80);
        await grab(before.x + before.w + 80 + 1, before.y + before.h + 1, -2_000, -2_000);
        const small = await box(settings);
        assert.deepEqual([small.w, small.h], [420, 420]);
      }),
  ],
  [
    "keys snap, maximise, minimise, close and show the desktop",
    (browser) =>
      withDesktop(browser, {}, async ({ page }) => {
        const settings = await openWindow(page, "Settings", "settings");
        const before = await box(settings);
        await settings.getByRole("button", { name: "About" }).focus();
        await page.keyboard.press("Alt+Shift+ArrowRight");
        assert.deepEqual(await box(settings), { x: 720, y: AREA.y, w: 720, h: AREA.h });
        await page.keyboard.press("Alt+Shift+ArrowUp");
        assert.deepEqual(await box(settings), AREA);
        await page.keyboard.press("Alt+Shift+ArrowDown");
        assert.deepEqual(await box(settings), before);
        await page.keyboard.press("Alt+Shift+KeyM");
        assert.equal(await settings.isVisible(), false);
        assert.match(await focused(page), /Settings, open/, "the focus goes to the dock icon");
        await page.keyboard.press("Enter");
        await settings.waitFor();
        await page.waitForFunction(() => document.activeElement?.closest(".win"));
        await page.keyboard.press("Alt+Shift+KeyD");
        assert.equal(await settings.isVisible(), false);
        await page.keyboard.press("Alt+Shift+Digit1");
        await win(page, "files").waitFor();
        await page.waitForFunction(() => document.activeElement?.closest("[data-app=files]"));
        await page.keyboard.press("Alt+Shift+KeyW");
        await win(page, "files").waitFor({ state: "detached" });
      }),
  ],
  [
    "a window is moved and resized from its menu with the arrow keys",
    (browser) =>
      withDesktop(browser, {}, async ({ page }) => {
        const settings = await openWindow(page, "Settings", "settings");
        const before = await box(settings);
        await settings.locator(".win-title").focus();
        await page.keyboard.press("Enter");
        await page.getByRole("menuitem", { name: "Move" }).waitFor();
        await inspect(page, "window-menu");
        await page.getByRole("menuitem", { name: "Move" }).press("Enter");
        await page.locator(".win-mover").waitFor();
        await page.keyboard.press("ArrowRight");
        await page.keyboard.press("ArrowDown");
        await page.keyboard.press("Enter");
        const moved = await box(settings);
        assert.deepEqual([moved.x, moved.y], [before.x + 24, before.y + 24]);
        await settings.locator(".win-title").focus();
        await page.keyboard.press("Enter");
        await page.getByRole("menuitem", { name: "Size" }).press("Enter");
        await page.locator(".win-mover").waitFor();
        await page.keyboard.press("ArrowLeft");
        await page.keyboard.press("Escape");
        assert.deepEqual(await box(settings), moved, "Escape puts it back");
      }),
  ],
  [
    "F6 walks through windows, dock, top bar and desktop",
    (browser) =>
      withDesktop(browser, {}, async ({ page }) => {
        await openWindow(page, "Settings", "settings");
        const seen = [];
        for (let i = 0; i < 4; i++) {
          await page.keyboard.press("F6");
          seen.push(
            await page.evaluate(() => document.activeElement?.closest("[data-region]")?.dataset.region),
          );
        }
        assert.deepEqual(new Set(seen), new Set(["dock", "bar", "desktop", "window"]));
      }),
  ],
  [
    "unsaved changes are asked about before a window closes",
    (browser) =>
      withDesktop(browser, {}, async ({ page }) => {
        const settings = await openWindow(page, "Settings", "settings");
        await settings.getByLabel("Name", { exact: true }).fill("Countess");
        await settings.getByRole("button", { name: "Close" }).click();
        await page.getByRole("alertdialog").waitFor();
        await inspect(page, "window-discard");
        assert.equal(await focused(page), "Keep editing");
        await page.keyboard.press("Enter");
        assert.equal(await settings.getByLabel("Name", { exact: true }).inputValue(), "Countess");
        await settings.getByRole("button", { name: "Save" }).click();
        await settings.getByText("Saved").waitFor();
        await settings.getByRole("button", { name: "Close" }).click();
        await settings.waitFor({ state: "detached" });
      }),
  ],
  [
    "the URL is the focused window, and Back walks to what had the focus before",
    (browser) =>
      withDesktop(browser, {}, async ({ page }) => {
        await page.goto("/settings/about");
        const settings = win(page, "settings");
        await settings.getByText("Running for").waitFor();
        await openWindow(page, "Files", "files");
        await page.waitForURL(/\/files/);
        await page.goBack();
        await page.waitForURL("**/settings/about");
        await page.waitForFunction(() =>
          document.querySelector("[data-app=settings]")?.classList.contains("win-active"),
        );
        await settings.getByRole("button", { name: "Appearance" }).click();
        await page.waitForURL("**/settings/appearance");
        await page.goBack();
        await settings.getByText("Running for").waitFor();
        await page.goto("/settings/about?solo");
        await page.getByText("Running for").waitFor();
        assert.equal(await page.getByRole("navigation", { name: "Dock" }).count(), 0);
        await inspect(page, "solo");
      }),
  ],
  [
    "search finds apps, settings, commands and files by keyboard",
    (browser) =>
      withDesktop(browser, {}, async ({ page }) => {
        await page.keyboard.press("Control+KeyK");
        const field = page.getByRole("combobox");
        await field.waitFor();
        await inspect(page, "palette");
        await field.fill("about");
        await page.getByRole("option", { name: /About this server/ }).waitFor();
        await page.keyboard.press("Enter");
        await win(page, "settings").getByText("Running for").waitFor();
        await page.keyboard.press("Control+KeyK");
        await field.fill("IMG_0007");
        await page.getByRole("option", { name: /IMG_0007.jpg/ }).waitFor();
        await field.fill("zzzz");
        await page.getByText("Nothing found for “zzzz”").waitFor();
        await inspect(page, "palette-none");
        await page.keyboard.press("Escape");
        await field.waitFor({ state: "detached" });
      }),
  ],
  [
    "the dock is one tab stop with arrows, and its menu pins and closes",
    (browser) =>
      withDesktop(browser, {}, async ({ page, mock }) => {
        await page.keyboard.press("F6");
        assert.equal(await focused(page), "Files");
        await page.getByRole("tooltip").waitFor();
        await page.keyboard.press("ArrowRight");
        assert.equal(await focused(page), "App Store");
        await page.keyboard.press("End");
        assert.equal(await focused(page), "Settings");
        await page.keyboard.press("Shift+F10");
        await page.getByRole("menuitem", { name: "Move left" }).waitFor();
        await inspect(page, "dock-menu");
        await page.getByRole("menuitem", { name: "Move left" }).click();
        await page.waitForFunction(
          () => document.querySelectorAll("[data-dock]")[3]?.getAttribute("data-dock") === "settings",
        );
        assert.deepEqual([...mock.accounts.settings.values()][0].pins, [
          "files",
          "store",
          "assistant",
          "settings",
          "containers",
        ]);
      }),
  ],
];
