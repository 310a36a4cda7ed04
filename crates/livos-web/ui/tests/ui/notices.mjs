import assert from "node:assert/strict";
import { inspect, openWindow, win, withDesktop } from "../lib/desktop.mjs";
import { job } from "../lib/job.mjs";

const now = () => Date.now() / 1000;
const over = (more) =>
  job({ state: "succeeded", done: 1_000, finished_at: now(), cancellable: false, ...more });
const messages = (page) => page.getByRole("region", { name: "Messages" });
const list = (page) => page.locator("[data-panel=notices]");
const openList = (page) => page.getByRole("button", { name: /^Notifications/ }).click();

export default [
  [
    "a job tells its end in a message only where its end cannot be seen",
    (browser) =>
      withDesktop(browser, {}, async ({ page, mock }) => {
        const started_by = mock.accounts.users[0].id;
        const store = await openWindow(page, "App Store", "store");
        await store.getByRole("button", { name: "Gitea", exact: true }).first().scrollIntoViewIfNeeded();
        mock.jobs.put(job({ started_by }));
        await store
          .getByText(/Downloading 30/)
          .first()
          .scrollIntoViewIfNeeded();
        mock.jobs.put(over({ started_by }));
        await page.getByRole("button", { name: "Notifications, 1 new" }).waitFor();
        assert.equal(await messages(page).getByText("Install Gitea: done").count(), 0, "it was in sight");

        mock.jobs.put(job({ id: "apps-78", started_by }));
        await store
          .getByText(/Downloading 30/)
          .first()
          .waitFor();
        await store.getByRole("button", { name: "Minimise" }).click();
        await store.waitFor({ state: "hidden" });
        mock.jobs.put(over({ id: "apps-78", started_by }));
        await messages(page).getByText("Install Gitea: done").waitFor();
        await inspect(page, "notice-toast");
      }),
  ],
  [
    "a failure is never only a message that passes, and others' failures go to the list alone",
    (browser) =>
      withDesktop(browser, {}, async ({ page, mock }) => {
        const reason = { status: 409, code: "conflict", message: "it is being updated" };
        mock.state.fail.set("POST /api/v1/apps/jellyfin/stop", reason);
        await page.getByRole("button", { name: "Jellyfin, running" }).click({ button: "right" });
        await page.getByRole("menuitem", { name: "Stop" }).click();
        const text = "Couldn't stop Jellyfin. It is being updated.";
        await messages(page).getByText(text).waitFor();
        mock.jobs.put(job({ started_by: mock.accounts.users[1].id }));
        await page.getByRole("button", { name: "Activity, 1 job running" }).waitFor();
        mock.jobs.put(over({ state: "failed", started_by: mock.accounts.users[1].id }));
        await page.getByRole("button", { name: "Notifications, 2 new" }).waitFor();
        assert.equal(await messages(page).getByText("Install Gitea: failed").count(), 0);
        await page.getByRole("button", { name: "Activity", exact: true }).click();
        await page.locator("[data-panel=activity]").getByText("Started by Ben Okri").waitFor();
        await inspect(page, "activity-of-others");
        await openList(page);
        await list(page).getByText(text).waitFor();
        await inspect(page, "notices-failures");
        await list(page)
          .getByRole("button", { name: /Couldn't stop Jellyfin/ })
          .click();
        await win(page, "store").getByRole("button", { name: "Open Jellyfin" }).waitFor();
      }),
  ],
  [
    "the status line says the most important thing, and where it leads",
    (browser) =>
      withDesktop(browser, {}, async ({ page, mock }) => {
        const says = (name) => page.getByRole("button", { name });
        mock.apps.set("jellyfin", { update: "10.10.0" });
        await says("1 app can be updated").waitFor();
        await inspect(page, "status-updates");
        mock.apps.set("immich", { state: "problem" });
        await says("1 app needs attention").waitFor();
        mock.state.diskFree = 100_000_000_000;
        mock.bus.emit("service", { name: "files", state: "ok" });
        await says("Storage is 95% full").waitFor();
        mock.state.diskFree = undefined;
        mock.bus.emit("service", { name: "files", state: "ok" });
        await says("1 app needs attention").click();
        await win(page, "store").getByText("Immich").first().waitFor();
        assert.match(page.url(), /\/store\/(installed|app\/main)\/immich/);
      }),
  ],
];
