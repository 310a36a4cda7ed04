import assert from "node:assert/strict";
import { inspect, openWindow, until, win, withDesktop } from "../lib/desktop.mjs";

const LOAD = "GET /api/v1/system/load";
const widget = (page, kind) => page.locator(`[data-widget=${kind}]`);
const asked = (mock) => mock.state.requests.filter((line) => line === LOAD).length;

export default [
  ...["light", "dark"].map((theme) => [
    `widgets are off, turned on from the desktop, kept, and taken away (${theme})`,
    (browser) =>
      withDesktop(browser, { theme }, async ({ page, mock }) => {
        assert.equal(await page.locator("[data-widget]").count(), 0);
        await page.mouse.click(900, 300, { button: "right" });
        await page.getByRole("menuitemcheckbox", { name: "Load" }).waitFor();
        await inspect(page, `widgets-menu-${theme}`);
        await page.getByRole("menuitemcheckbox", { name: "Load" }).click();
        await widget(page, "load").getByText("0.6 of 4 busy").waitFor();
        await page.goto("/settings/appearance");
        await win(page, "settings").getByLabel("Storage").check();
        await win(page, "settings").getByRole("button", { name: "Close" }).click();
        await widget(page, "storage")
          .getByText(/of 2 TB free/)
          .first()
          .waitFor();
        await inspect(page, `widgets-${theme}`);
        await page.reload();
        await widget(page, "load").getByRole("meter", { name: "Memory" }).waitFor();
        assert.deepEqual([...mock.accounts.settings.values()][0].widgets, ["load", "storage"]);
        await widget(page, "load").click({ button: "right" });
        await page.getByRole("menuitem", { name: "Remove from the desktop" }).click();
        await widget(page, "load").waitFor({ state: "detached" });
        await widget(page, "storage").getByRole("button", { name: "Storage" }).click();
        await win(page, "files").waitFor();
      }),
  ]),
  [
    "an app's status lies on the desktop, changes with it, and goes with it",
    (browser) =>
      withDesktop(browser, {}, async ({ page, mock }) => {
        const status = widget(page, "'app:jellyfin'");
        await page
          .getByRole("button", { name: /^Jellyfin/ })
          .first()
          .click({ button: "right" });
        await page.getByRole("menuitemcheckbox", { name: "Status on the desktop" }).click();
        await status.getByText("Running").waitFor();
        await inspect(page, "widgets-app");
        await page.reload();
        await status.getByText(/^Version /).waitFor();
        mock.apps.set("jellyfin", { state: "problem", detail: "The container stopped with code 1." });
        await status.getByText("The container stopped with code 1.").waitFor();
        await inspect(page, "widgets-app-problem");
        await status.getByRole("button", { name: "Jellyfin" }).click();
        await win(page, "store").getByRole("heading", { name: "Jellyfin" }).first().waitFor();
        await win(page, "store").getByRole("button", { name: "Close" }).click();
        await status.click({ button: "right" });
        await page.getByRole("menuitem", { name: "Remove from the desktop" }).click();
        await status.waitFor({ state: "detached" });
      }),
  ],
  [
    "the load is asked for while it can be seen, and never otherwise",
    (browser) =>
      withDesktop(browser, { signIn: false }, async ({ page, mock }) => {
        const { signIn } = await import("../lib/browser.mjs");
        mock.accounts.settings.set(mock.accounts.users[0].id, { welcomed: true, widgets: ["load"] });
        await page.clock.install();
        await signIn(page);
        await until("the load is asked for", () => asked(mock) === 1);
        await widget(page, "load").getByText("0.6 of 4 busy").waitFor();
        mock.state.load = 3.14;
        await page.clock.fastForward(5_000);
        await widget(page, "load").getByText("3.1 of 4 busy").waitFor();

        await openWindow(page, "Settings", "settings");
        await win(page, "settings").getByRole("button", { name: "Maximise" }).click();
        const covered = asked(mock);
        await page.clock.fastForward(60_000);
        await win(page, "settings").getByRole("button", { name: "Restore" }).click();
        assert.equal(asked(mock), covered, "nobody could see it");
        mock.state.load = 1;
        await page.clock.fastForward(5_000);
        await widget(page, "load").getByText("1 of 4 busy").waitFor();

        // A widget that cannot be filled says so, and says how old it is when the server is away.
        mock.state.fail.set(LOAD, { status: 500, code: "internal", message: "" });
        await page.reload();
        await widget(page, "load").getByText("Couldn't load this").waitFor();
        await inspect(page, "widgets-failed");
        mock.state.fail.clear();
        await widget(page, "load").getByRole("button", { name: "Try again" }).click();
        await widget(page, "load").getByText("1 of 4 busy").waitFor();
      }),
  ],
];
