import assert from "node:assert/strict";
import { inspect, until, win, withDesktop } from "../lib/desktop.mjs";

const found = {
  checked_at: 1_795_000_000,
  available: "0.2.0",
  notes: "### Added\n\n- Updates from the desktop.\n- <b>No markup</b>.",
  packages: [
    { name: "livos", from: "0.1.0", to: "0.2.0" },
    { name: "livos-archive-keyring", from: "", to: "0.2.0" },
  ],
  download_bytes: 21_400_000,
};
const last = (result, reasons = []) => ({ result, from: "0.1.0", to: "0.2.0", reasons, at: 1_795_000_100 });

/** What stands on the page in each state, and what it says. */
const STATES = [
  ["newest", { checked_at: 1_795_000_000 }, "This is the newest version."],
  ["asked", { state: "asked", cancellable: true }, "Starting"],
  [
    "downloading",
    { ...found, state: "downloading", percent: 40, detail: "Retrieving file 1 of 2" },
    "Downloading",
  ],
  ["judging", { ...found, state: "judging" }, "Checking that everything runs"],
  ["done", { installed: "0.2.0", last: last("done") }, "LivOS was updated from 0.1.0 to 0.2.0."],
  ["returned", { ...found, last: last("returned", ["livos-web does not run."]) }, "livos-web does not run."],
  [
    "failed",
    { last: last("failed", ["0.1.0 could not be put back: dpkg failed."]) },
    "0.1.0 could not be put back: dpkg",
  ],
  [
    "offline",
    { problem: { code: "offline", message: "Could not connect to archive.example." } },
    "Could not connect to archive.example.",
  ],
  [
    "locked",
    { problem: { code: "locked", message: "Packages are being changed by apt-get (process 7)." } },
    "process 7",
  ],
  ["appliance", { kind: "appliance", checked_at: 1_795_000_000 }, "This is the newest version."],
  ["appliance that waits", { ...found, kind: "appliance" }, "The server starts again, and apps with it."],
  [
    "appliance whose system waits",
    {
      kind: "appliance",
      checked_at: 1_795_000_000,
      packages: [{ name: "openssl", from: "3.5.1-1", to: "3.5.1-1+deb13u1" }],
      download_bytes: 1_400_000,
    },
    "1 newer package of the system",
  ],
  ["by hand only", { checked_at: 1_795_000_000, automatic: { on: false, hour: 4 } }, "Update automatically"],
  [
    "appliance that went back",
    { kind: "appliance", last: last("returned", ["The desktop does not answer at 192.0.2.7."]) },
    "The desktop does not answer at 192.0.2.7.",
  ],
  ["file that waits", { ...found, from_file: "livos-0.2.0.bundle" }, "All of it is in livos-0.2.0.bundle"],
  [
    "file that is not genuine",
    {
      problem: { code: "untrusted", message: "The file is not signed by the key that this machine trusts." },
    },
    "not signed by the key",
  ],
  ["from sources", { kind: "none" }, "not installed from packages"],
];

export default [
  ...["light", "dark"].map((theme) => [
    `updates in every state (${theme})`,
    (browser) =>
      withDesktop(
        browser,
        { theme, size: theme === "dark" ? "phone" : "desktop" },
        async ({ page, mock }) => {
          await page.goto("/settings/updates");
          const settings = page.locator("[data-app=settings]").first();
          await settings.getByText("Nobody has looked for updates yet.").waitFor();
          for (const [name, update, says] of STATES) {
            mock.state.update = update;
            mock.bus.emit("update");
            await settings.getByText(says).first().waitFor();
            await inspect(page, `updates-${theme}-${name}`, { restless: update.state !== undefined });
          }
        },
      ),
    { weight: 3 },
  ]),
  [
    "an update is looked for, read, agreed to, and stopped",
    (browser) =>
      withDesktop(browser, {}, async ({ page, mock }) => {
        await page.goto("/settings/updates");
        const settings = win(page, "settings");
        const asked = (line) => mock.state.requests.filter((request) => request === line).length;
        await settings.getByRole("button", { name: "Look for updates" }).click();
        await settings.getByText("Starting").waitFor();
        assert.equal(asked("POST /api/v1/system/updates/check"), 1);
        assert.equal(await settings.getByRole("button", { name: "Look for updates" }).count(), 0);

        mock.state.update = found;
        mock.bus.emit("update");
        await settings.getByText("<b>No markup</b>.").waitFor();
        await settings.getByText("21.4 MB to download").waitFor();
        await settings.getByRole("button", { name: "Update", exact: true }).click();
        const dialog = page.getByRole("alertdialog", { name: "Update LivOS to 0.2.0?" });
        await dialog.getByText(/the one before is put back/).waitFor();
        await inspect(page, "updates-confirm");
        await dialog.getByRole("button", { name: "Cancel" }).click();
        assert.equal(asked("POST /api/v1/system/updates"), 0, "nothing without an answer");
        await settings.getByRole("button", { name: "Update", exact: true }).click();
        await dialog.getByRole("button", { name: "Update" }).click();
        await until("it begins", () => asked("POST /api/v1/system/updates") === 1);

        mock.state.update = { ...found, state: "downloading", percent: 40, cancellable: true };
        mock.bus.emit("update");
        await settings.getByRole("progressbar", { name: "Downloading" }).waitFor();
        await settings.getByRole("button", { name: "Cancel" }).click();
        await until("it is stopped", () => asked("POST /api/v1/system/updates/cancel") === 1);
        mock.state.update = { ...found, problem: { code: "cancelled", message: "" } };
        mock.bus.emit("update");
        await settings.getByText("Stopped. Nothing was changed.").waitFor();
      }),
  ],
  [
    "an upgrade comes from a file, uploaded or already there",
    (browser) =>
      withDesktop(browser, {}, async ({ page, mock }) => {
        await page.goto("/settings/updates");
        const settings = win(page, "settings");
        await settings.getByRole("button", { name: "Upgrade from a file" }).click();
        const dialog = page.getByRole("dialog", { name: "Upgrade from a file" });
        await dialog.getByText("No such file is among your files").waitFor();
        await inspect(page, "updates-file-none");

        await dialog.locator("input[type=file]").setInputFiles({
          name: "livos-0.2.0.bundle",
          mimeType: "application/octet-stream",
          buffer: Buffer.alloc(300_000, 7),
        });
        const use = dialog.getByRole("button", { name: "Use livos-0.2.0.bundle" });
        await use.waitFor();
        await dialog.getByText("Home/livos-0.2.0.bundle", { exact: false }).waitFor();
        await inspect(page, "updates-file-chosen");

        mock.state.updateBusy = true;
        await use.click();
        await dialog.getByRole("alert").getByText("already going on").waitFor();
        mock.state.updateBusy = false;
        await use.click();
        await dialog.waitFor({ state: "detached" });
        assert.deepEqual(mock.state.upgradeFile, { root: "home", path: "livos-0.2.0.bundle" });
        await settings.getByRole("progressbar", { name: "Reading the file" }).waitFor();
        await inspect(page, "updates-file-read", { restless: true });

        mock.state.update = { ...found, from_file: "livos-0.2.0.bundle", download_bytes: 0 };
        mock.bus.emit("update");
        await settings.getByText("All of it is in livos-0.2.0.bundle").waitFor();
        await settings.getByRole("button", { name: "Update", exact: true }).click();
        await page.getByRole("alertdialog", { name: "Update LivOS to 0.2.0?" }).waitFor();
      }),
  ],
  [
    "LivOS updates by itself at an hour that one chooses, or not at all",
    (browser) =>
      withDesktop(browser, {}, async ({ page, mock }) => {
        await page.goto("/settings/updates");
        const settings = win(page, "settings");
        const nightly = settings.getByRole("switch", { name: /Update automatically/ });
        assert.equal(await nightly.isChecked(), true, "on by default");
        await settings.getByLabel("At about").selectOption("2");
        await until("the hour is kept", () => mock.state.update?.automatic?.hour === 2);
        await nightly.click();
        await until("it is off", () => mock.state.update.automatic.on === false);
        await settings.getByLabel("At about").waitFor({ state: "detached" });
        assert.equal(mock.state.update.automatic.hour, 2, "the hour stays for another time");
      }),
  ],
  [
    "members do not see updates",
    (browser) =>
      withDesktop(browser, { signIn: false }, async ({ page }) => {
        const { signIn } = await import("../lib/browser.mjs");
        await signIn(page, "ben");
        await page.goto("/settings/you");
        await win(page, "settings").getByRole("button", { name: "You" }).waitFor();
        assert.equal(await win(page, "settings").getByRole("button", { name: "Updates" }).count(), 0);
      }),
  ],
];
