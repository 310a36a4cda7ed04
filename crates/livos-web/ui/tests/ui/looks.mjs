import assert from "node:assert/strict";
import { settled } from "../lib/browser.mjs";
import { inspect, withDesktop } from "../lib/desktop.mjs";

const PAGES = [
  "/settings/you",
  "/settings/programs",
  "/settings/appearance",
  "/settings/people",
  "/settings/updates",
  "/settings/ai",
  "/settings/about",
  "/assistant",
  "/assistant/list",
  "/activity",
  "/store",
  "/containers",
  `/containers/container/${"c".repeat(64)}`,
  "/containers/compose/immich",
  "/files",
];

/** Every window in both themes and both layouts. */
const every = ["light", "dark"].flatMap((theme) =>
  ["desktop", "phone"].map((size) => [
    `every window, ${theme}, ${size}`,
    (browser) =>
      withDesktop(browser, { theme, size }, async ({ page }) => {
        await inspect(page, `${theme}-${size}-home`);
        for (const path of PAGES) {
          await page.goto(path);
          await page
            .locator(`[data-app=${path.split("/")[1]}]`)
            .first()
            .waitFor();
          await inspect(page, `${theme}-${size}${path.replaceAll("/", "-")}`);
        }
      }),
    { weight: 5 },
  ]),
);

export default [
  ...every,
  [
    "phone: home, apps, sheets, and Back by history",
    (browser) =>
      withDesktop(browser, { size: "phone" }, async ({ page }) => {
        const bar = page.getByRole("navigation", { name: "Main" });
        await page
          .getByRole("list", { name: "Apps on the desktop" })
          .getByRole("button", { name: "Settings" })
          .click();
        await page.getByRole("button", { name: /You/ }).click();
        await page.getByRole("heading", { name: "You" }).first().waitFor();
        await page.getByRole("button", { name: "Change password" }).click();
        await page.getByRole("dialog", { name: "Change password" }).waitFor();
        await inspect(page, "phone-dialog");
        await page.keyboard.press("Escape");
        await page.getByRole("dialog").waitFor({ state: "detached" });
        await page.goBack();
        await page.getByPlaceholder("Search settings").waitFor();
        await page.goBack();
        await page.getByText("Everything is running").waitFor();
        await page.getByRole("button", { name: "Account: Ada Lovelace" }).click();
        await page.getByRole("menuitemcheckbox", { name: "Dark" }).waitFor();
        await inspect(page, "phone-menu");
        await page.getByRole("menuitemcheckbox", { name: "Dark" }).click();
        await page.waitForFunction(() => document.documentElement.dataset.theme === "dark");
        await bar.getByRole("button", { name: "Activity" }).click();
        await page.getByText("Nothing is going on").waitFor();
        await page.getByRole("button", { name: "Back" }).click();
        await page.getByText("Everything is running").waitFor();
        await page.getByRole("button", { name: "Notifications" }).click();
        await page.getByText("No notifications").waitFor();
        await inspect(page, "phone-notices");
      }),
  ],
  [
    "320 px wide and 150 % text do not scroll sideways",
    (browser) =>
      withDesktop(browser, { viewport: { width: 320, height: 640 } }, async ({ page, mock }) => {
        mock.accounts.settings.set(mock.accounts.users[0].id, { text_size: 150 });
        for (const path of ["/", ...PAGES]) {
          await page.goto(path);
          await page.getByRole("navigation", { name: "Main" }).waitFor();
          await page.waitForFunction(() => document.documentElement.style.fontSize === "150%");
          await settled(page);
          const wide = await page.evaluate(() =>
            [...document.querySelectorAll("body *")]
              // A row of chips scrolls in its own box, like a table, and like text that was written in lines.
              .filter((element) => element.tagName !== "FIELDSET" && !element.closest("[data-scroll-x]"))
              .filter((element) => element.checkVisibility() && element.scrollWidth > element.clientWidth + 1)
              .filter(
                (element) =>
                  ["auto", "scroll"].includes(getComputedStyle(element).overflowX) &&
                  element.scrollWidth > 321,
              )
              .map((element) => `${element.tagName} ${element.className}`),
          );
          assert.deepEqual(wide, [], `${path} scrolls sideways`);
        }
      }),
  ],
  [
    "appearance changes at once, is kept, and reaches other tabs",
    (browser) =>
      withDesktop(browser, {}, async ({ page, context }) => {
        await page.goto("/settings/appearance");
        const other = await context.newPage();
        await other.goto("/");
        await other.locator("[data-connection=online]").waitFor();
        await page.getByText("Dark", { exact: true }).click();
        await page.getByText("Orbit").click();
        for (const tab of [page, other]) {
          await tab.waitForFunction(() => document.documentElement.dataset.theme === "dark");
        }
        await page.getByLabel("Text size").selectOption("125");
        await page.waitForFunction(() => document.documentElement.style.fontSize === "125%");
        await page.reload({ waitUntil: "commit" });
        await page.waitForFunction(() => document.documentElement.dataset.theme === "dark");
        await page.locator("[data-connection=online]").waitFor();
        assert.equal(await page.locator(".wallpaper").first().getAttribute("data-wp"), "orbit");
        await inspect(page, "appearance-125");
      }),
  ],
];
