import assert from "node:assert/strict";
import { inspect, win, withDesktop } from "../lib/desktop.mjs";

const containers = (page) => win(page, "containers");
const asked = (mock, what) => mock.state.requests.filter((line) => line.includes(what)).length;

export default [
  [
    "housekeeping: an image goes after it was said what goes, and one that is needed says who needs it",
    (browser) =>
      withDesktop(browser, {}, async ({ page, mock }) => {
        await page.goto("/containers/images");
        await page.getByRole("button", { name: "Remove ghcr.io/immich/server:0…" }).click();
        const dialog = page.getByRole("dialog", { name: "Remove ghcr.io/immich/server:0?" });
        await dialog.getByText(/Immich needs it to start/).waitFor();
        assert.equal(await dialog.getByRole("button", { name: "Remove" }).isDisabled(), true);
        await inspect(page, "housekeeping-needed");
        await dialog.getByRole("button", { name: "Cancel" }).click();
        await page.getByRole("button", { name: /Remove Without a name/ }).click();
        await page.getByText("It can be downloaded again.").waitFor();
        await inspect(page, "housekeeping-image");
        await page.getByRole("dialog").getByRole("button", { name: "Remove", exact: true }).click();
        await page.getByRole("dialog", { name: "Done" }).waitFor();
        await inspect(page, "housekeeping-done");
        await page.getByRole("button", { name: "Close" }).last().click();
        await page.getByText(/Without a name/).waitFor({ state: "detached" });
        assert.equal(mock.state.acted.verb, "remove");
      }),
  ],
  [
    "housekeeping: a volume goes only after its name was typed",
    (browser) =>
      withDesktop(browser, {}, async ({ page, mock }) => {
        await page.goto("/containers/volumes");
        await page.getByRole("button", { name: /Remove Without a name/ }).click();
        const dialog = page.getByRole("dialog", { name: /^Remove / });
        await dialog.getByText("Everything in it goes").waitFor();
        const remove = dialog.getByRole("button", { name: "Remove", exact: true });
        assert.equal(await remove.isDisabled(), true);
        await inspect(page, "housekeeping-volume");
        const field = dialog.getByRole("textbox");
        await field.fill("something else");
        assert.equal(await remove.isDisabled(), true);
        await field.fill("e".repeat(12));
        await field.press("Enter");
        await page.getByRole("dialog", { name: "Done" }).waitFor();
        assert.deepEqual(mock.state.acted.ids, ["e".repeat(64)]);
      }),
  ],
  [
    "housekeeping: several are chosen and stopped at once, each with its reason; what changed is shown again",
    (browser) =>
      withDesktop(browser, {}, async ({ page, mock }) => {
        await page.goto("/containers");
        await page.getByRole("checkbox", { name: "Choose all" }).check();
        const toolbar = page.getByRole("toolbar", { name: "With what is chosen" });
        await toolbar.getByText("4 chosen").waitFor();
        await inspect(page, "housekeeping-chosen");
        await page.getByRole("checkbox", { name: "Choose immich-db-1" }).uncheck();
        await toolbar.getByRole("button", { name: "Stop…" }).click();
        const dialog = page.getByRole("dialog", { name: "Stop 3 containers?" });
        await dialog.getByRole("heading", { name: "These stay as they are" }).waitFor();
        await dialog.getByText("It belongs to Immich: stop that in the App Store instead.").waitFor();
        await inspect(page, "housekeeping-several");
        mock.state.dockerMoved = "-moved";
        await dialog.getByRole("button", { name: "Stop", exact: true }).click();
        await dialog.getByText(/The container blog-web-1 is no longer as it was shown/).waitFor();
        mock.state.actFails = "0 of 1 stopped. blog-web-1: it does not listen";
        await dialog.getByRole("button", { name: "Stop", exact: true }).click();
        const partly = page.getByRole("dialog", { name: "Not everything was done" });
        await partly
          .getByRole("alert")
          .getByText(/it does not listen/)
          .waitFor();
        await inspect(page, "housekeeping-partly");
        assert.deepEqual(mock.state.acted, { verb: "stop", ids: ["c".repeat(64)] });
      }),
  ],
  [
    "housekeeping: what containers use is shown while the list is, sorted by a press, and asked for no longer",
    (browser) =>
      withDesktop(browser, {}, async ({ page, mock }) => {
        await page.goto("/containers");
        const table = page.getByRole("table", { name: "Containers" });
        await table
          .getByRole("row", { name: /blog-web-1/ })
          .getByText("144 MB")
          .waitFor();
        await table
          .getByRole("row", { name: /blog-web-1/ })
          .getByText("30%")
          .waitFor();
        await table.getByRole("button", { name: "Memory" }).click();
        await table.getByRole("columnheader", { name: "Memory", exact: true }).waitFor();
        assert.equal(
          await table.getByRole("columnheader", { name: "Memory" }).getAttribute("aria-sort"),
          "descending",
        );
        const first = await table.getByRole("row").nth(1).textContent();
        assert.match(first, /blog-web-1/);
        await inspect(page, "housekeeping-usage");
        // Figures that are no longer told are no longer shown.
        mock.state.statsFail = true;
        await table.getByText("144 MB").waitFor({ state: "detached" });
        mock.state.statsFail = false;
        await table.getByText("144 MB").waitFor({ timeout: 30_000 });
        await containers(page).getByRole("button", { name: "Minimise" }).click();
        // The last question may still be under way; then there are no more.
        await page.waitForTimeout(300);
        const before = asked(mock, "/docker/stats");
        await page.waitForTimeout(4500);
        assert.equal(asked(mock, "/docker/stats"), before);
      }),
  ],
  [
    "housekeeping: what happened lately is told in words, goes on while it is open, and is filtered",
    (browser) =>
      withDesktop(browser, {}, async ({ page, mock }) => {
        await page.goto("/containers/events");
        const list = page.getByRole("list", { name: "Events" });
        await list.getByText("blog-web-1 was started").waitFor();
        await list.getByText("quirky_turing ended with the exit code 137").waitFor();
        await list.getByText("immich-web-1 joined the network immich_default").waitFor();
        await list.getByText("quirky_turing: frobnicate").waitFor();
        mock.state.dockerHappens({ kind: "container", action: "oom", id: "1", name: "hungry" });
        await list.getByText("hungry ran out of memory").waitFor();
        assert.match(await list.getByRole("listitem").first().textContent(), /hungry/);
        await inspect(page, "housekeeping-events");
        await page.getByLabel("Show", { exact: true }).selectOption("image");
        await list.getByText("The image nginx:1 was downloaded").waitFor();
        assert.equal(await list.getByRole("listitem").count(), 1);
        await page.getByLabel("Show", { exact: true }).selectOption("network");
        await page.getByLabel("Search").last().fill("nothing of the kind");
        await page.getByText("Nothing of that kind happened lately").waitFor();
        await page.getByLabel("Search").last().fill("");
        mock.state.dockerStopsTelling();
        await page.getByText("Docker no longer tells what happens.").waitFor();
        await inspect(page, "housekeeping-events-broken");
        await page.getByRole("button", { name: "Try again" }).click();
        await page.getByText("Docker no longer tells what happens.").waitFor({ state: "detached" });
      }),
  ],
  [
    "housekeeping: Docker that is down is started, or it is said why it can't be",
    (browser) =>
      withDesktop(browser, {}, async ({ page, mock }) => {
        const reason = "Docker is stopped or is just starting. Start it, or wait a moment.";
        mock.state.engine = { usable: false, version: "", architecture: "", reason };
        mock.state.engineStays = "LivOS can't start Docker here; start Docker by hand";
        await page.goto("/containers");
        const start = page.getByRole("button", { name: "Start Docker" });
        await start.click();
        await page.getByText("start Docker by hand").waitFor();
        await inspect(page, "housekeeping-down");
        await page.getByRole("button", { name: "Show Docker's log" }).click();
        const log = page.getByRole("dialog", { name: "Docker's log" });
        await log.getByText("failed to start daemon: no space left on device").waitFor();
        await inspect(page, "housekeeping-down-log");
        await log.getByRole("button", { name: "Close", exact: true }).last().click();
        mock.state.noJournal = true;
        await page.getByRole("button", { name: "Show Docker's log" }).click();
        await log.getByText("The journal of this machine cannot be read.").waitFor();
        await page.keyboard.press("Escape");
        mock.state.engineStays = undefined;
        await start.click();
        await page.getByRole("table", { name: "Containers" }).waitFor();
      }),
  ],
  [
    "housekeeping: on a phone several are chosen, looked at and removed",
    (browser) =>
      withDesktop(browser, { size: "phone", theme: "dark" }, async ({ page, mock }) => {
        await page.goto("/containers/networks");
        await page.getByRole("checkbox", { name: "Choose bridge" }).tap();
        await page.getByRole("toolbar").getByText("1 chosen").waitFor();
        await inspect(page, "housekeeping-phone-networks");
        await page.goto("/containers");
        await page.getByRole("checkbox", { name: "Choose quirky_turing" }).tap();
        await page.getByRole("checkbox", { name: "Choose blog-web-1" }).tap();
        await inspect(page, "housekeeping-phone-chosen");
        await page.getByRole("toolbar").getByRole("button", { name: "Remove…" }).tap();
        const sheet = page.getByRole("dialog", { name: "Remove 2 things?" });
        await sheet.getByText("It goes with what it wrote into itself.").first().waitFor();
        await inspect(page, "housekeeping-phone-remove");
        await sheet.getByRole("button", { name: "Remove", exact: true }).tap();
        await page.getByRole("dialog", { name: "Done" }).waitFor();
        assert.equal(mock.state.acted.ids.length, 2);
        await page.goto("/containers/events");
        await page.getByText("blog-web-1 was started").waitFor();
        await inspect(page, "housekeeping-phone-events");
      }),
  ],
];
