import assert from "node:assert/strict";
import { inspect, openWindow, until, win, withDesktop } from "../lib/desktop.mjs";

const stored = (mock) => [...mock.accounts.settings.values()][0];

export default [
  ...["desktop", "phone"].map((size) => [
    `the first visit offers a theme and a wallpaper, once (${size})`,
    (browser) =>
      withDesktop(browser, { size }, async ({ page, mock }) => {
        mock.accounts.settings.set(mock.accounts.users[0].id, {});
        await page.reload();
        const offer = page.getByRole("region", { name: "Make it yours" });
        await offer.waitFor();
        await inspect(page, `welcome-${size}`);
        await offer.getByText("Dark").click();
        await page.waitForFunction(() => document.documentElement.dataset.theme === "dark");
        await offer.getByRole("radio", { name: "Dunes" }).check({ force: true });
        await page.waitForFunction(() => document.documentElement.dataset.wallpaper === "dunes");
        await inspect(page, `welcome-${size}-dark`);
        await offer.getByRole("button", { name: "Done" }).click();
        await offer.waitFor({ state: "detached" });
        await page.reload();
        await page.locator("[data-connection=online]").waitFor();
        assert.equal(await offer.count(), 0);
        assert.deepEqual(stored(mock), { theme: "dark", wallpaper: "dunes", welcomed: true });
      }),
  ]),
  [
    "shortcuts are changed, turned off, collide visibly and go back to the usual ones",
    (browser) =>
      withDesktop(browser, {}, async ({ page, mock }) => {
        await page.goto("/settings/accessibility");
        const settings = win(page, "settings");
        await settings.getByRole("button", { name: "Change: Search", exact: true }).click();
        const dialog = page.getByRole("dialog", { name: "Search" });
        await dialog.waitFor();
        await page.keyboard.press("Control+KeyW");
        await dialog.getByText("Browsers keep these keys").waitFor();
        await page.keyboard.press("Alt+Shift+KeyM");
        await dialog.getByText("Also used by: Minimise").waitFor();
        await inspect(page, "shortcut-dialog");
        await page.keyboard.press("Control+KeyJ");
        await dialog.getByRole("button", { name: "Use these keys" }).click();
        await dialog.waitFor({ state: "detached" });
        await page.waitForFunction(() => document.querySelector("header")?.textContent?.includes("Ctrl J"));
        await page.keyboard.press("Control+KeyK");
        assert.equal(await page.locator("[role=combobox]").count(), 0);
        await page.keyboard.press("Control+KeyJ");
        await page.locator("[role=combobox]").waitFor();
        await page.keyboard.press("Escape");

        await settings.getByRole("button", { name: /^Change: Close this window/ }).click();
        await page.getByRole("button", { name: "Turn off" }).click();
        await page.getByRole("dialog", { name: /Close this window/ }).waitFor({ state: "detached" });
        await page.waitForFunction(() =>
          [...document.querySelectorAll(".win span")].some((e) => e.textContent === "Off"),
        );
        await page.keyboard.press("Alt+Shift+KeyW");
        assert.equal(await settings.isVisible(), true);

        await page.keyboard.press("?");
        const list = page.getByRole("dialog", { name: "Keyboard shortcuts" });
        await list.waitFor();
        await page.keyboard.press("Escape");
        await list.waitFor({ state: "detached" });
        await settings.getByLabel(/single letter or sign/).click();
        await until("the server has it", () => stored(mock).single_keys === false);
        await inspect(page, "shortcuts-changed");
        assert.deepEqual(stored(mock).shortcuts, { search: "Mod+J", close: "" });
        await settings.locator(".win-title").focus();
        await page.keyboard.press("?");
        assert.equal(await list.count(), 0, "single letters are off");
        await settings.getByRole("button", { name: "Use the usual ones" }).click();
        await page.waitForFunction(() => document.querySelector("header")?.textContent?.includes("Ctrl K"));
        await page.keyboard.press("Control+KeyK");
        await page.locator("[role=combobox]").waitFor();
      }),
  ],
  [
    "the shortcuts of an open app can be changed too",
    (browser) =>
      withDesktop(browser, {}, async ({ page, mock }) => {
        await openWindow(page, "Files", "files");
        await openWindow(page, "Settings", "settings");
        const settings = win(page, "settings");
        await settings.getByRole("button", { name: "Accessibility" }).click();
        await settings.getByRole("button", { name: "Change: Rename" }).click();
        await page.getByRole("dialog", { name: "Rename" }).waitFor();
        await page.keyboard.press("F4");
        await page.getByRole("button", { name: "Use these keys" }).click();
        await page.getByRole("dialog", { name: "Rename" }).waitFor({ state: "detached" });
        await until("the server has it", () => stored(mock).shortcuts?.["files.rename"] === "F4");
      }),
  ],
];
