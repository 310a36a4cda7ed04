import assert from "node:assert/strict";
import { inspect, openWindow, until, win, withDesktop } from "../lib/desktop.mjs";
import { job } from "../lib/job.mjs";

const PASSWORD = "correct horse battery";

export default [
  [
    "an expired access token is renewed once, however many requests need it",
    (browser) =>
      withDesktop(browser, {}, async ({ page, mock }) => {
        mock.accounts.expire();
        mock.state.requests.length = 0;
        await openWindow(page, "Settings", "settings");
        await win(page, "settings").getByText("This browser").waitFor();
        const refreshes = mock.state.requests.filter((line) => line.includes("/session/refresh")).length;
        assert.equal(refreshes, 1);
      }),
  ],
  [
    "a session that ended locks the desktop and gives it back as it was",
    (browser) =>
      withDesktop(browser, {}, async ({ page, mock }) => {
        const settings = await openWindow(page, "Settings", "settings");
        await settings.getByLabel("Name", { exact: true }).fill("Half written");
        mock.accounts.revokeAll();
        await page.getByRole("dialog", { name: "Signed out" }).waitFor();
        await inspect(page, "lock");
        await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
        await page.keyboard.press("Enter");
        await page.getByRole("dialog", { name: "Signed out" }).waitFor({ state: "detached" });
        assert.equal(await settings.getByLabel("Name", { exact: true }).inputValue(), "Half written");
        await page.locator("[data-connection=online]").waitFor();
        await settings.getByRole("button", { name: "Save" }).click();
        await settings.getByText("Saved").waitFor();
      }),
  ],
  [
    "a log that broke off keeps its lines and goes on when the server is back",
    (browser) =>
      withDesktop(browser, {}, async ({ page, mock }) => {
        await page.goto("/store/installed/jellyfin/logs");
        const log = page.getByRole("log");
        await log.getByText("still here").first().waitFor();
        mock.goDown();
        const words = page.getByText("The log goes on when it is back.");
        await words.waitFor();
        await log.getByText("did its work 199").waitFor();
        await inspect(page, "log-broke-off");
        mock.comeBack();
        await words.waitFor({ state: "detached" });
        await log.getByText("still here").first().waitFor();
      }),
  ],
  [
    "without the server: reconnecting, offline, disabled writes, and back by itself",
    (browser) =>
      withDesktop(browser, {}, async ({ page, mock }) => {
        const settings = await openWindow(page, "Settings", "settings");
        await settings.getByText("This browser").waitFor();
        await settings.getByLabel("Name", { exact: true }).fill("Kept text");
        mock.goDown();
        await page.getByRole("button", { name: "Reconnecting…" }).waitFor();
        await page.getByRole("button", { name: /Offline since/ }).waitFor();
        const save = settings.getByRole("button", { name: "Save" });
        assert.equal(await save.getAttribute("aria-disabled"), "true");
        assert.equal(await save.getAttribute("data-tip"), "Can't reach the server");
        assert.equal(await settings.getByText("This browser").isVisible(), true, "reading still works");
        await inspect(page, "offline");
        mock.comeBack();
        await page.getByRole("button", { name: /Offline since/ }).click();
        await page.locator("[data-connection=online]").waitFor();
        assert.equal(await settings.getByLabel("Name", { exact: true }).inputValue(), "Kept text");
        await save.click();
        await settings.getByText("Saved").waitFor();
      }),
  ],
  [
    "a window opens although the connection that brings its code is dropped once",
    (browser) =>
      withDesktop(browser, {}, async ({ page }) => {
        const asked = new Map();
        await page.route(/assets\/settings-[^/]+\.js$/, (route) => {
          const before = asked.get(route.request().url()) ?? 0;
          asked.set(route.request().url(), before + 1);
          return before === 0 ? route.abort("connectionreset") : route.continue();
        });
        await openWindow(page, "Settings", "settings");
        await win(page, "settings").getByText("This browser").waitFor();
        assert.deepEqual([...asked.values()], [2, 2]);
      }),
  ],
  [
    "what happened while the connection was gone is replayed",
    (browser) =>
      withDesktop(browser, {}, async ({ page, mock }) => {
        mock.bus.drop();
        mock.apps.set("jellyfin", { state: "problem" });
        await page.getByRole("button", { name: "Jellyfin, has a problem" }).waitFor();
        await page.getByRole("button", { name: "1 app needs attention" }).waitFor();
      }),
  ],
  [
    "an idle desktop asks for nothing",
    (browser) =>
      withDesktop(browser, {}, async ({ page, mock }) => {
        await openWindow(page, "Files", "files");
        await openWindow(page, "App Store", "store");
        // The last that an idle page asks for; after it, the server is left alone.
        await until("uploads are asked for", () => mock.state.requests.includes("GET /api/v1/uploads"));
        for (let before = -1; before !== mock.state.requests.length; await page.waitForTimeout(2_000))
          before = mock.state.requests.length;
        mock.state.requests.length = 0;
        await page.waitForTimeout(6_000);
        assert.deepEqual(mock.state.requests, []);
      }),
  ],
  [
    "installs show bytes in Activity, end with a message, and failures keep their reason",
    (browser) =>
      withDesktop(browser, {}, async ({ page, mock }) => {
        const user = mock.accounts.users[0].id;
        const install = (more) =>
          job({
            done: 312_000_000,
            total: 740_000_000,
            rate: 11_000_000,
            detail: "layer 3 of 7",
            started_by: user,
            ...more,
          });
        mock.jobs.put(install({}));
        await page.getByRole("button", { name: "Activity, 1 job running" }).click();
        const panel = page.locator("[data-panel=activity]");
        await panel.getByText("312 of 740 MB · 11 MB/s · about 39 sec left").waitFor();
        await inspect(page, "activity");
        await page.keyboard.press("Escape");
        await panel.waitFor({ state: "detached" });
        mock.jobs.put(
          install({
            state: "failed",
            finished_at: Date.now() / 1000,
            error_code: "no_space",
            error_message: "There is no space left on Storage.",
            cancellable: false,
          }),
        );
        await page
          .getByRole("status")
          .filter({ hasText: "Install Gitea: failed" })
          .getByRole("button", { name: "Show" })
          .click();
        await panel.getByText("There is no space left on Storage.").waitFor();
        await inspect(page, "activity-failed");
        await panel.getByRole("button", { name: "Show log" }).click();
        await page.getByRole("dialog", { name: "Log of Install Gitea" }).waitFor();
        await inspect(page, "activity-log");
        await page.keyboard.press("Escape");
        await panel.getByRole("button", { name: "Dismiss" }).click();
        await panel.getByText("Nothing is going on").waitFor();
        await page.getByRole("button", { name: "Notifications, 1 new" }).click();
        await page.locator("[data-panel=notices]").getByText("Install Gitea: failed").waitFor();
        await inspect(page, "notices");
      }),
  ],
];
