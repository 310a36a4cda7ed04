import assert from "node:assert/strict";
import { inspect, win, withDesktop } from "../lib/desktop.mjs";

const store = (page) => win(page, "store");

export default [
  [
    "an app is found, decided on, installed with progress in words, and opened",
    (browser) =>
      withDesktop(browser, {}, async ({ page, mock }) => {
        mock.state.ticks = 14;
        await page.goto("/store");
        await page.getByLabel("Search apps").fill("password");
        await page.getByRole("button", { name: "Install Vaultwarden" }).first().click();
        const sheet = page.getByRole("dialog", { name: "Install Vaultwarden" });
        await sheet.getByLabel("Admin password").waitFor();
        assert.equal(
          (await sheet.getByLabel("Admin password").inputValue()).length,
          16,
          "a first password is made",
        );
        assert.equal(
          await sheet.getByRole("button", { name: "Install" }).getAttribute("aria-disabled"),
          "true",
        );
        await sheet.getByText("Port 8080 belongs to Jellyfin. Its page gets 42003 instead.").waitFor();
        await sheet.getByText("Port 3012 isn't free on this server. The app gets 42004 instead.").waitFor();
        await inspect(page, "store-install");
        await sheet.getByLabel("Vaultwarden may do this").check();
        await sheet.getByRole("button", { name: "Install" }).click();
        await page
          .getByText(/Downloading \d+/)
          .first()
          .waitFor();
        await page.getByRole("button", { name: "Vaultwarden", exact: true }).click();
        await page.getByRole("list", { name: "Steps of the installation" }).waitFor();
        await inspect(page, "store-progress");
        await page.getByRole("button", { name: "Open Vaultwarden" }).waitFor();
        await page.getByText("Its page is on port 42003 instead of 8080.").waitFor();
        await page.getByText("Port 42004 takes the place of 3012.").waitFor();
        await inspect(page, "store-app");
      }),
  ],
  [
    "pictures of an app's page are fetched only when somebody wants to see them",
    (browser) =>
      withDesktop(browser, {}, async ({ page }) => {
        const asked = [];
        page.on("request", (request) => request.url().includes("/pictures/") && asked.push(request.url()));
        await page.goto("/store/app/main/nextcloud");
        await page.getByText("Your server fetches them from pictures.example, gone.example.").waitFor();
        assert.deepEqual(asked, []);
        await page.getByRole("button", { name: "Show 3 pictures" }).click();
        await page.getByRole("img", { name: "Picture 2 of Nextcloud" }).waitFor();
        await page.getByText("This picture could not be had from gone.example.").waitFor();
        assert.equal(asked.length, 3);
        await inspect(page, "store-pictures");
      }),
  ],
  [
    "what stands in the way is said before an app is installed, with what to do",
    (browser) =>
      withDesktop(browser, {}, async ({ page, mock }) => {
        await page.goto("/store/app/main/gitea");
        await page.getByRole("button", { name: "Install Gitea" }).click();
        const sheet = page.getByRole("dialog", { name: "Install Gitea" });
        await sheet.getByText("6 things were looked at, and all are well").click();
        await sheet.getByText(/It is to have at least 512 MB of memory/).waitFor();
        await inspect(page, "store-checks-well");
        await page.keyboard.press("Escape");
        mock.state.checks = {
          state: "block",
          checks: [
            { check: "docker", state: "ok", words: "Docker 28.1.1 can be used.", next: "" },
            {
              check: "memory",
              state: "block",
              words: "It is to have at least 4.0 GB of memory, and this machine has 2.0 GB.",
              next: "Add memory, or install it on a larger machine.",
            },
            {
              check: "disk",
              state: "warn",
              words: "1.2 GB are free where apps keep their data; a large app needs more than that.",
              next: "Free some space.",
            },
          ],
        };
        await page.getByRole("button", { name: "Install Gitea" }).click();
        await sheet.getByText("Add memory, or install it on a larger machine.").waitFor();
        await sheet.getByText("1 more is well").waitFor();
        const install = sheet.getByRole("button", { name: "Install" });
        assert.equal(await install.getAttribute("aria-disabled"), "true");
        await inspect(page, "store-checks-blocked");
      }),
  ],
  [
    "what is typed into the sheet is looked at as one types, once for all that is typed at a stretch",
    (browser) =>
      withDesktop(browser, {}, async ({ page, mock }) => {
        await page.goto("/store/app/main/gitea");
        await page.getByRole("button", { name: "Install Gitea" }).click();
        const sheet = page.getByRole("dialog", { name: "Install Gitea" });
        const well = sheet.getByText("6 things were looked at, and all are well");
        await well.waitFor();
        await sheet.getByText("More settings").click();
        await sheet.getByLabel("Gitea may do this").check();
        await sheet.getByLabel("Port for SSH").pressSequentially("53", { delay: 20 });
        await sheet.getByText("Port 53 belongs to systemd-resolved.").waitFor();
        const action = sheet.getByRole("button", { name: "Install", exact: true });
        assert.equal(await action.getAttribute("aria-disabled"), "true");
        await inspect(page, "store-checks-typed");
        await sheet.getByLabel("Port for SSH").fill("2222");
        await well.waitFor();
        assert.notEqual(await action.getAttribute("aria-disabled"), "true");
        const ports = mock.state.checked.map((answers) => answers.SSH_PORT);
        assert.deepEqual(ports, [undefined, "53", "2222"]);
      }),
  ],
  [
    "an app whose port can be no other is not begun while somebody has it",
    (browser) =>
      withDesktop(browser, {}, async ({ page }) => {
        await page.goto("/store/app/main/freshrss");
        await page.getByRole("button", { name: "Install FreshRSS" }).click();
        const sheet = page.getByRole("dialog", { name: "Install FreshRSS" });
        await sheet.getByText("Port 53 belongs to Pi-hole.").waitFor();
        await sheet.getByLabel("FreshRSS may do this").check();
        const action = sheet.getByRole("button", { name: "Install", exact: true });
        assert.equal(await action.getAttribute("aria-disabled"), "true");
        await inspect(page, "store-checks-port");
      }),
  ],
  [
    "an app's page says what is known of it, and the home shows what is new",
    (browser) =>
      withDesktop(browser, {}, async ({ page }) => {
        await page.goto("/store");
        const fresh = page.getByRole("region", { name: "New", exact: true });
        await fresh.getByText("Navidrome", { exact: true }).waitFor();
        await page.goto("/store/app/main/vaultwarden");
        await page.getByText("It cannot reach the internet.").waitFor();
        await page.getByText("At least 268 MB", { exact: true }).waitFor();
        await page.getByText("AGPL-3.0").waitFor();
        await page.getByRole("link", { name: "Source code" }).waitFor();
        // An address that is none is no link.
        assert.equal(await page.getByRole("link", { name: "Support" }).count(), 0);
        await page.goto("/store/app/main/jellyfin");
        await page.getByText("It can reach the internet.").waitFor();
        await page.getByText("412 MB", { exact: true }).waitFor();
        await inspect(page, "store-facts");
      }),
  ],
  [
    "an app looks at Docker, and controls it only when that is agreed to by itself",
    (browser) =>
      withDesktop(browser, {}, async ({ page, mock }) => {
        const control = "Full control over Docker: as good as root on this server";
        await page.goto("/store/app/main/dozzle");
        await page.getByRole("button", { name: "Install" }).click();
        const sheet = page.getByRole("dialog", { name: "Install Dozzle" });
        await sheet.getByText("and change nothing in Docker.", { exact: false }).waitFor();
        await sheet.getByText(/If Dozzle is meant to manage Docker, it needs this/).waitFor();
        assert.equal(await sheet.getByLabel(control).isChecked(), false, "off until somebody wants it");
        await inspect(page, "store-install-docker");
        await sheet.getByLabel("Dozzle may do this").check();
        await sheet.getByRole("button", { name: "Install" }).click();
        await sheet.waitFor({ state: "detached" });
        assert.equal(mock.state.asked.docker_control, false);
        assert.ok(!mock.state.asked.accept.includes("docker_socket-1"));
        await page.getByRole("button", { name: "Open Dozzle" }).waitFor();

        await page.getByRole("button", { name: "More actions for Dozzle" }).click();
        await page.getByRole("menuitem", { name: "Settings…" }).click();
        const dialog = page.getByRole("dialog", { name: "Settings of Dozzle" });
        await dialog.getByLabel(control).check();
        await dialog.getByRole("button", { name: "See what changes" }).click();
        await dialog.getByText("Control Docker, and with it every app and this whole machine.").waitFor();
        await inspect(page, "store-settings-docker");
        await dialog.getByLabel("Dozzle may do this").check();
        await dialog.getByRole("button", { name: "Change settings" }).click();
        await dialog.waitFor({ state: "detached" });
        assert.deepEqual(
          [mock.state.changed.docker, mock.state.changed.accept],
          ["control", ["docker_socket-1"]],
        );
      }),
  ],
  [
    "a failed installation says why, shows its log and can be cleaned up",
    (browser) =>
      withDesktop(browser, {}, async ({ page, mock }) => {
        mock.state.ticks = 7;
        await page.goto("/store/app/main/nextcloud");
        await page.getByRole("button", { name: "Install Nextcloud" }).click();
        const sheet = page.getByRole("dialog", { name: "Install Nextcloud" });
        await sheet.getByLabel("Nextcloud may do this").check();
        await sheet.getByRole("button", { name: "Install" }).click();
        const failure = page.getByRole("alert").filter({ hasText: "Nextcloud wasn't installed" });
        await failure.getByText(/does not exist in its registry/).waitFor();
        await inspect(page, "store-failed");
        await failure.getByRole("button", { name: "Show log" }).click();
        await page.getByRole("button", { name: "Copy" }).first().waitFor();
        await inspect(page, "store-job-log");
        await page.keyboard.press("Escape");
        await failure.getByRole("button", { name: "Remove what was installed" }).click();
        await page.getByRole("alertdialog", { name: "Remove Nextcloud?" }).waitFor();
      }),
  ],
  [
    "an installed app: stop, log, remove with its data only after typing its name",
    (browser) =>
      withDesktop(browser, {}, async ({ page }) => {
        await page.goto("/store/installed/immich");
        await page.getByRole("button", { name: "Open Immich" }).waitFor();
        assert.match(page.url(), /\/store\/app\/main\/immich/);
        const more = (name) =>
          page
            .getByRole("button", { name: "More actions for Immich" })
            .click()
            .then(() => page.getByRole("menuitem", { name, exact: true }).click());
        await more("Stop");
        await page.getByRole("button", { name: "Start Immich" }).waitFor();
        await more("Logs");
        await page.getByRole("log").getByText("still here").first().waitFor();
        await inspect(page, "store-log");
        await page.getByRole("log").evaluate((element) => {
          element.scrollTop = 0;
        });
        await page.getByRole("button", { name: /Paused · \d+ new line/ }).waitFor();
        await store(page).getByRole("button", { name: "Back" }).click();
        await more("Remove…");
        await page.getByText("Delete data too").click();
        const remove = page.getByRole("button", { name: "Remove and delete data" });
        assert.equal(await remove.getAttribute("aria-disabled"), "true");
        await inspect(page, "store-remove");
        await page.getByLabel("Type Immich to confirm").fill("immich");
        await remove.click();
        await page.getByRole("button", { name: "Install Immich" }).waitFor();
      }),
  ],
  [
    "all updates at once: what asks is left out, what fails says why, the rest is done",
    (browser) =>
      withDesktop(browser, {}, async ({ page, mock }) => {
        for (const [id, update] of [
          ["immich", "1.120.0"],
          ["jellyfin", "10.10.0"],
          ["nextcloud", "31.0.0"],
        ]) {
          if (!mock.apps.installed.has(id)) mock.apps.add(id);
          mock.apps.set(id, { update });
        }
        await page.goto("/store");
        await page.getByText("There are updates for 3 apps.").waitFor();
        await inspect(page, "store-updates");
        await page.getByRole("button", { name: "Update all" }).click();
        const dialog = page.getByRole("dialog", { name: "Update all apps" });
        await dialog.getByText("From 10.9.11 to 10.10.0.").waitFor();
        await inspect(page, "store-update-all");
        await dialog.getByRole("button", { name: "Update all" }).click();
        await dialog.getByText("Not updated: agree to what it asks for anew").waitFor();
        await dialog.getByText("Updated", { exact: true }).waitFor();
        await dialog.getByText("The disk is full. Nothing was changed.").waitFor();
        await inspect(page, "store-update-all-done");
        await dialog.getByRole("button", { name: "Look at it Immich" }).click();
        assert.match(page.url(), /\/store\/app\/main\/immich/);
      }),
  ],
  [
    "settings are changed: what changes is seen first, a secret stays unseen, and they can be taken back",
    (browser) =>
      withDesktop(browser, {}, async ({ page, mock }) => {
        mock.state.ticks = 3;
        await page.goto("/store/app/main/jellyfin");
        const menu = async (item) => {
          await page.getByRole("button", { name: "More actions for Jellyfin" }).click();
          await page.getByRole("menuitem", { name: item }).click();
        };
        await menu("Settings…");
        const dialog = page.getByRole("dialog", { name: "Settings of Jellyfin" });
        const name = dialog.getByLabel("Name of the server");
        await name.waitFor();
        assert.equal(await dialog.getByLabel("Key of the film database").inputValue(), "");
        await dialog.getByText("It is set and not shown. Leave this empty to keep it.").waitFor();
        const look = dialog.getByRole("button", { name: "See what changes" });
        assert.equal(await look.getAttribute("aria-disabled"), "true", "nothing changes yet");
        await inspect(page, "store-settings");
        const port = dialog.getByLabel("Port of web (8096/tcp)");
        await port.fill("99999");
        await dialog.getByText("A number from 1 to 65535").waitFor();
        await port.fill("8080");
        await look.click();
        await dialog
          .getByRole("alert")
          .getByText(/belongs to the app Pi-hole/)
          .waitFor();
        await port.fill("9000");
        await name.fill("Cinema");
        await dialog.getByText("Versions of its parts").click();
        const version = dialog.getByLabel("Version of web (example/jellyfin)");
        await version.fill("not/one");
        await dialog.getByText("A version looks like 1.2.3").waitFor();
        await version.fill("10.9.10");
        await look.click();
        await dialog.getByText("Port 8096/tcp: 8096 becomes 9000").waitFor();
        await dialog.getByText("The setting NAME gets another value").waitFor();
        const change = dialog.getByRole("button", { name: "Change settings" });
        assert.equal(await change.getAttribute("aria-disabled"), "true", "not agreed to yet");
        await inspect(page, "store-settings-change");
        await dialog.getByLabel("Jellyfin may do this").check();
        await change.click();
        await dialog.waitFor({ state: "detached" });
        assert.deepEqual(
          mock.state.changed,
          {
            answers: { NAME: "Cinema" },
            ports: { "8096/tcp": 9000 },
            memory: {},
            images: { web: "10.9.10" },
            accept: ["publish_port-9000"],
          },
          "only what was changed is sent",
        );
        await page.getByRole("button", { name: "Open Jellyfin" }).waitFor();
        await menu("Take back the last change of settings…");
        await page
          .getByRole("alertdialog")
          .getByText(/gets the settings from before its last change/)
          .waitFor();
      }),
  ],
  [
    "a change of settings leaves the way back to the version before, which says what it undoes",
    (browser) =>
      withDesktop(browser, {}, async ({ page, mock }) => {
        const at = Math.floor(Date.now() / 1000) - 86_400;
        const way = (kind, version, also) => ({ kind, version, at, until: at + 7 * 86_400, also });
        mock.apps.set("jellyfin", {
          ways_back: [way("settings", "10.9.11", []), way("version", "10.9.10", ["settings"])],
        });
        await page.goto("/store/app/main/jellyfin");
        const menu = page.getByRole("button", { name: "More actions for Jellyfin" });
        await menu.click();
        await page.getByRole("menuitem", { name: "Take back the last change of settings…" }).waitFor();
        await page.getByRole("menuitem", { name: "Go back to 10.9.10…" }).click();
        const asks = page.getByRole("alertdialog", { name: "Go back with Jellyfin?" });
        await asks.getByText(/becomes version 10\.9\.10 again/).waitFor();
        await asks.getByText("The change of settings since then is undone, too.").waitFor();
        await inspect(page, "store-way-back");
        await asks.getByRole("button", { name: "Go back" }).click();
        await asks.waitFor({ state: "detached" });
        assert.ok(mock.state.requests.includes("POST /api/v1/apps/jellyfin/rollback?to=version"));
      }),
  ],
  [
    "an app that is to stay on its version says so, and is left out of an update of all",
    (browser) =>
      withDesktop(browser, {}, async ({ page, mock }) => {
        mock.apps.set("jellyfin", { update: "10.10.0" });
        await page.goto("/store/app/main/jellyfin");
        await page.getByText("Version 10.10.0 is there.").waitFor();
        await page.getByRole("button", { name: "More actions for Jellyfin" }).click();
        await page.getByRole("menuitem", { name: "Stay on this version" }).click();
        await page
          .getByText("The app stays on the version it has, as you chose.", { exact: false })
          .waitFor();
        await page.getByText("Pinned at 10.9.11", { exact: true }).waitFor();
        await inspect(page, "store-pinned");
        await page.getByRole("button", { name: "Unpin" }).click();
        await page.getByText("Pinned at 10.9.11").waitFor({ state: "detached" });
        await page.getByRole("button", { name: "Skip this version" }).click();
        await page.getByText("10.10.0 is skipped", { exact: true }).waitFor();
        await page.getByText("Version 10.10.0 is there.").waitFor({ state: "detached" });
        await page.getByRole("button", { name: "Offer it again" }).click();
        await page.getByText("Version 10.10.0 is there.").waitFor();
        await page.getByRole("button", { name: "More actions for Jellyfin" }).click();
        await page.getByRole("menuitem", { name: "Stay on this version" }).click();
        await page.getByText("Pinned at 10.9.11", { exact: true }).waitFor();
        mock.apps.set("immich", { update: "1.120.0" });
        await page.goto("/store");
        await page.getByText("There is an update for Immich.").waitFor();
        await page.getByRole("button", { name: "Update all" }).click();
        const dialog = page.getByRole("dialog", { name: "Update all apps" });
        await dialog.getByText("Stays on version 10.9.11, as you chose").waitFor();
      }),
  ],
  [
    "an app is exported, with its secrets only when asked to",
    (browser) =>
      withDesktop(browser, {}, async ({ page, mock }) => {
        await page.goto("/store/installed/immich");
        await page.getByRole("button", { name: "Open Immich" }).waitFor();
        for (const secrets of [false, true]) {
          await page.getByRole("button", { name: "More actions for Immich" }).click();
          await page.getByRole("menuitem", { name: "Export…" }).click();
          const dialog = page.getByRole("dialog", { name: "Export Immich" });
          if (secrets) {
            await dialog.getByLabel("With its passwords and keys").check();
            await dialog.getByText("Keep it where nobody else can read it").waitFor();
            await inspect(page, "store-export");
          }
          const [download] = await Promise.all([
            page.waitForEvent("download"),
            dialog.getByRole("button", { name: "Download" }).click(),
          ]);
          assert.equal(download.suggestedFilename(), "immich.tar");
        }
        const asked = mock.state.requests.filter((line) => line.includes("/export"));
        assert.deepEqual(asked, [
          "GET /api/v1/apps/immich/export",
          "GET /api/v1/apps/immich/export?secrets=1",
        ]);
      }),
  ],
  [
    "an app whose source was removed keeps its page with what can be done",
    (browser) =>
      withDesktop(browser, {}, async ({ page, mock }) => {
        mock.apps.sources.splice(0);
        await page.goto("/store");
        await store(page).getByText("No longer in any source").first().waitFor();
        await page.goto("/store/installed/immich");
        await page.getByText(/Its source was removed, or no longer offers it/).waitFor();
        await page.getByRole("button", { name: "Open Immich" }).waitFor();
        await inspect(page, "store-app-without-source");
        await page.getByRole("button", { name: "More actions for Immich" }).click();
        for (const item of ["Stop", "Settings…", "Export…", "Remove…"]) {
          await page.getByRole("menuitem", { name: item, exact: true }).waitFor();
        }
      }),
  ],
  [
    "without Docker the store still browses and says why nothing can be installed",
    (browser) =>
      withDesktop(browser, {}, async ({ page, mock }) => {
        const reason = "Docker isn't running. Start it with systemctl start docker.";
        mock.state.engine = { usable: false, version: "", architecture: "", reason };
        await page.goto("/store");
        await page.getByText(reason).first().waitFor();
        const install = page.getByRole("button", { name: "Install Gitea" }).first();
        assert.equal(await install.getAttribute("aria-disabled"), "true");
        assert.equal(await install.getAttribute("data-tip"), reason);
        await inspect(page, "store-no-docker");
      }),
  ],
  [
    "a member browses but may not install",
    (browser) =>
      withDesktop(browser, { signIn: false }, async ({ page }) => {
        const { signIn } = await import("../lib/browser.mjs");
        await signIn(page, "ben");
        await page.goto("/store/app/main/gitea");
        await page.getByText("You can look around. An admin can install apps.").waitFor();
        const install = page.getByRole("button", { name: "Install Gitea" });
        assert.equal(await install.getAttribute("aria-disabled"), "true");
        await inspect(page, "store-member");
      }),
  ],
  [
    "a member asks for an app, an admin hears of it and answers, and the member hears that",
    (browser) =>
      withDesktop(browser, { signIn: false }, async ({ page, mock }) => {
        const { signIn } = await import("../lib/browser.mjs");
        await signIn(page, "ben");
        await page.goto("/store/app/main/gitea");
        await page.getByRole("button", { name: "Ask an admin" }).click();
        await page.getByText("You are told when an admin answers.").waitFor();
        await inspect(page, "store-asked");
        const admin = await (await browser.newContext({ baseURL: mock.url })).newPage();
        await signIn(admin);
        await admin.getByRole("button", { name: /^Notifications/ }).click();
        await admin.getByRole("button", { name: /Ben Okri asks for Gitea/ }).click();
        await admin.getByText(/^Ben Okri asked for this app on/).waitFor();
        await inspect(admin, "store-asked-admin");
        await admin.goto("/store");
        await admin.getByRole("button", { name: "Gitea, for Ben Okri" }).click();
        await admin.getByRole("button", { name: "Not now: tell Ben Okri" }).click();
        await admin.getByText(/^Ben Okri asked for this app on/).waitFor({ state: "detached" });
        await page.getByText(/^An admin said “not now” on/).waitFor();
        await page.getByRole("button", { name: /^Notifications/ }).click();
        await page.getByText("Gitea will not be installed for now").waitFor();
        await page.keyboard.press("Escape");
        await page.getByRole("button", { name: "Ask again" }).click();
        await page.getByRole("button", { name: "Take it back" }).click();
        await page.getByRole("button", { name: "Ask an admin" }).waitFor();
        await admin.context().close();
      }),
  ],
  [
    "an app that needs others: they are decided on first, and are not taken away unasked",
    (browser) =>
      withDesktop(browser, {}, async ({ page, mock }) => {
        mock.state.ticks = 30;
        await page.goto("/store/app/main/paperless");
        await page.getByRole("heading", { name: "Needs other apps" }).waitFor();
        await page.getByRole("button", { name: "Install Paperless-ngx" }).click();
        const sheet = page.getByRole("dialog", { name: "Install Paperless-ngx" });
        await sheet.getByText("It needs these apps:").waitFor();
        const action = sheet.getByRole("button", { name: "Install", exact: true });
        await sheet.getByLabel("Paperless-ngx may do this").check();
        assert.equal(await action.getAttribute("data-tip"), "Install what it needs first");
        await inspect(page, "store-needs");
        for (const name of ["Gitea", "Navidrome"]) {
          await sheet.getByRole("button", { name: `Install ${name} first…` }).click();
          const other = page.getByRole("dialog", { name: `Install ${name}` });
          await other.getByLabel(`${name} may do this`).check();
          await other.getByRole("button", { name: "Install", exact: true }).click();
          await sheet.getByText("It needs these apps:").waitFor();
        }
        await sheet.getByText("Paperless-ngx waits until they are installed.").waitFor();
        await inspect(page, "store-needs-coming");
        await sheet.getByLabel("Paperless-ngx may do this").check();
        await action.click();
        await page.getByRole("button", { name: "Open Paperless-ngx" }).waitFor();

        await page.goto("/store/app/main/gitea");
        const more = (name) =>
          page
            .getByRole("button", { name: "More actions for Gitea" })
            .click()
            .then(() => page.getByRole("menuitem", { name, exact: true }).click());
        await more("Stop");
        const stop = page.getByRole("alertdialog", { name: "Stop Gitea?" });
        await stop.getByText(/Paperless-ngx needs Gitea/).waitFor();
        await inspect(page, "store-needed-stop");
        await stop.getByRole("button", { name: "Stop" }).click();
        await page.getByRole("button", { name: "Start Gitea" }).waitFor();
        await more("Remove…");
        const remove = page.getByRole("alertdialog", { name: "Remove Gitea?" });
        await remove.getByRole("button", { name: "Remove", exact: true }).click();
        await remove.getByText(/Paperless-ngx needs Gitea/).waitFor();
        const sure = remove.getByRole("button", { name: "Remove", exact: true });
        assert.equal(await sure.getAttribute("aria-disabled"), "true");
        await inspect(page, "store-needed-remove");
        await remove.getByLabel("Remove it all the same").check();
        await sure.click();
        await page.getByRole("button", { name: "Install Gitea" }).waitFor();
      }),
  ],
  [
    "sources are added, refused with a reason and removed",
    (browser) =>
      withDesktop(browser, {}, async ({ page }) => {
        await page.goto("/store/sources");
        const field = page.getByLabel("Directory or git address");
        await field.fill("nonsense");
        await page.getByRole("button", { name: "Add source" }).click();
        await page.getByText("This is not the address of a git repository.").waitFor();
        await field.fill("https://example.org/more.git");
        await page.getByRole("button", { name: "Add source" }).click();
        await page.getByRole("button", { name: "Remove https://example.org/more.git" }).waitFor();
        await inspect(page, "store-sources");
        await page.getByRole("button", { name: "Remove https://example.org/more.git" }).click();
        await page.getByRole("button", { name: "Remove source" }).click();
        await page
          .getByRole("button", { name: "Remove https://example.org/more.git" })
          .waitFor({ state: "detached" });
        await page.goto("/store/search?q=nothing-like-it");
        await page.getByText("Nothing found for ‘nothing-like-it’").waitFor();
        await inspect(page, "store-nothing");
      }),
  ],
];
