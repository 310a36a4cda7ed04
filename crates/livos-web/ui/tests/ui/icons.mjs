import assert from "node:assert/strict";
import { focused, inspect, withDesktop } from "../lib/desktop.mjs";

const icon = (page, name) => page.locator(".icon-grid").getByRole("button", { name });
const stored = (mock) => [...mock.accounts.settings.values()][0].icons;

/** The column and row of an icon on the grid. */
async function cell(page, name) {
  return icon(page, name).evaluate((button) => {
    const { gridColumnStart, gridRowStart } = button.parentElement.style;
    return [Number(gridColumnStart) - 1, Number(gridRowStart) - 1];
  });
}

async function drag(page, name, to) {
  const from = await icon(page, name).boundingBox();
  await page.mouse.move(from.x + 50, from.y + 40);
  await page.mouse.down();
  await page.mouse.move(from.x + 70, from.y + 60, { steps: 3 });
  await page.mouse.move(to.x, to.y, { steps: 6 });
  // Chromium tells the page about a place when the pointer moves on from it.
  await page.mouse.move(to.x + 2, to.y + 2);
}

export default [
  [
    "icons are dragged to any cell, stay there, and make folders of each other",
    (browser) =>
      withDesktop(browser, {}, async ({ page, mock }) => {
        await drag(page, "Jellyfin, running", { x: 16 + 104 * 4 + 50, y: 88 + 112 * 2 + 50 });
        await page.locator(".drop-cell").waitFor();
        await page.mouse.up();
        await page.waitForFunction(() =>
          document.querySelector("[data-icon=jellyfin]")?.parentElement.style.gridColumnStart.startsWith("5"),
        );
        assert.deepEqual(await cell(page, "Jellyfin, running"), [4, 2]);
        assert.deepEqual(await cell(page, "Immich, running"), [0, 1], "the others stay where they are");
        await page.reload();
        await icon(page, "Jellyfin, running").waitFor();
        assert.deepEqual(await cell(page, "Jellyfin, running"), [4, 2], "the server keeps it");

        const target = await icon(page, "Immich, running").boundingBox();
        await drag(page, "Jellyfin, running", { x: target.x + 50, y: target.y + 50 });
        await page.locator(".drop-gathers").waitFor();
        await inspect(page, "icons-gather");
        await page.mouse.up();
        await icon(page, "New folder, folder with 2 apps").waitFor();
        await inspect(page, "icons-folder");
        assert.deepEqual(stored(mock).find((entry) => entry.folder).apps, ["immich", "jellyfin"]);

        await icon(page, "New folder, folder with 2 apps").click();
        const folder = page.getByRole("dialog", { name: "New folder" });
        await folder.waitFor();
        await inspect(page, "icons-open-folder");
        const inside = await folder.getByRole("button", { name: "Jellyfin, running" }).boundingBox();
        await page.mouse.move(inside.x + 40, inside.y + 40);
        await page.mouse.down();
        await page.mouse.move(inside.x + 60, inside.y + 60, { steps: 3 });
        await page.mouse.move(16 + 104 * 2 + 50, 88 + 50, { steps: 20 });
        await folder.waitFor({ state: "detached" });
        await page.mouse.move(16 + 104 * 2 + 54, 88 + 54, { steps: 4 });
        await page.mouse.up();
        await icon(page, "Jellyfin, running").waitFor();
        assert.deepEqual(await cell(page, "Jellyfin, running"), [2, 0], "dragged out of the folder");
      }),
  ],
  [
    "everything that dragging does to icons is in their menus, without a pointer",
    (browser) =>
      withDesktop(browser, {}, async ({ page, mock }) => {
        await icon(page, "Jellyfin, running").focus();
        await page.keyboard.press("ArrowDown");
        assert.equal(await focused(page), "Immich, running");
        await page.keyboard.press("Shift+F10");
        await page.getByRole("menuitem", { name: "Move", exact: true }).waitFor();
        await inspect(page, "icon-menu");
        await page.getByRole("menuitem", { name: "Move", exact: true }).press("ArrowRight");
        await page.getByRole("menuitem", { name: "Right", exact: true }).press("Enter");
        await page.waitForFunction(() =>
          document.querySelector("[data-icon=immich]")?.parentElement.style.gridColumnStart.startsWith("2"),
        );
        assert.deepEqual(await cell(page, "Immich, running"), [1, 1]);
        await page.waitForFunction(() => document.activeElement?.dataset.icon === "immich");

        await page.keyboard.press("Shift+F10");
        await page.getByRole("menuitem", { name: "Move to folder…" }).press("Enter");
        await page.getByRole("dialog", { name: "Move Immich to a folder" }).waitFor();
        await inspect(page, "icon-move-to-folder");
        await page.getByLabel("In a new folder").fill("Media");
        await page.keyboard.press("Enter");
        await icon(page, "Media, folder with 1 app").waitFor();
        await icon(page, "Pi-hole, stopped").focus();
        await page.keyboard.press("Shift+F10");
        await page.getByRole("menuitem", { name: "Move to folder…" }).press("Enter");
        await page.getByRole("dialog").getByRole("button", { name: /Media/ }).press("Enter");
        await icon(page, "Media, folder with 2 apps").waitFor();

        await icon(page, "Media, folder with 2 apps").focus();
        await page.keyboard.press("Shift+F10");
        await page.getByRole("menuitem", { name: "Rename…" }).press("Enter");
        await page.getByLabel("Name", { exact: true }).fill("Films");
        await page.keyboard.press("Enter");
        await icon(page, "Films, folder with 2 apps").waitFor();
        await icon(page, "Films, folder with 2 apps").press("Enter");
        await page.getByRole("dialog", { name: "Films" }).waitFor();
        await page.getByRole("button", { name: "Pi-hole, stopped" }).focus();
        await page.keyboard.press("Shift+F10");
        await page.getByRole("menuitem", { name: "Take out of the folder" }).press("Enter");
        await page
          .getByRole("dialog")
          .getByRole("button", { name: "Pi-hole, stopped" })
          .waitFor({ state: "detached" });
        await page.keyboard.press("Escape");
        await icon(page, "Pi-hole, stopped").click({ button: "right" });
        await page.getByRole("menuitem", { name: "Start", exact: true }).click();
        await icon(page, "Pi-hole, running").waitFor();
        assert.deepEqual(stored(mock).find((entry) => entry.folder)?.name, "Films");
      }),
  ],
  [
    "on a phone folders open as sheets, and icons move by their menu",
    (browser) =>
      withDesktop(browser, { size: "phone", theme: "dark" }, async ({ page, mock }) => {
        const [id] = [...mock.accounts.settings.keys(), mock.accounts.users[0].id];
        mock.accounts.settings.set(id, {
          ...mock.accounts.settings.get(id),
          icons: [{ folder: "m", name: "Media", apps: ["jellyfin", "immich"] }],
        });
        await page.reload();
        const home = page.getByRole("list", { name: "Apps on the desktop" });
        await home.getByRole("button", { name: "Media, folder with 2 apps" }).click();
        await page.getByRole("dialog", { name: "Media" }).waitFor();
        await inspect(page, "phone-folder");
        await page.getByRole("button", { name: "Immich, running" }).click({ button: "right" });
        await page.getByRole("menuitem", { name: "Move forward" }).click();
        await page.waitForFunction(() =>
          document.querySelector(".dialog li")?.textContent?.includes("Immich"),
        );
        await page.getByRole("dialog", { name: "Media" }).getByRole("button", { name: "Close" }).click();
        await home.getByRole("button", { name: "Pi-hole, stopped" }).click({ button: "right" });
        await page.getByRole("menuitem", { name: "Move forward" }).click();
        await page.waitForFunction(
          () =>
            document.querySelectorAll("main ul li")[4]?.textContent?.includes("Pi-hole") ||
            [...document.querySelectorAll("main ul li")].findIndex((li) =>
              li.textContent.includes("Pi-hole"),
            ) <
              [...document.querySelectorAll("main ul li")].findIndex((li) =>
                li.textContent.includes("Media"),
              ),
        );
      }),
  ],
];
