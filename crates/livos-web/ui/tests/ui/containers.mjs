import assert from "node:assert/strict";
import { dock, inspect, win, withDesktop } from "../lib/desktop.mjs";

const containers = (page) => win(page, "containers");

export default [
  [
    "containers: everything is shown with whose it is, what is foreign is stopped after one warning",
    (browser) =>
      withDesktop(browser, {}, async ({ page, mock }) => {
        await dock(page, "Containers").click();
        const table = page.getByRole("table", { name: "Containers" });
        await table.getByRole("row", { name: /blog-web-1 Running Project blog/ }).waitFor();
        await inspect(page, "containers-list");
        const more = async (name, item) => {
          await page.getByRole("button", { name: `More actions for ${name}` }).click();
          await page.getByRole("menuitem", { name: item, exact: true }).click();
        };
        await more("blog-web-1", "Stop…");
        const warning = page.getByRole("alertdialog", { name: "Stop blog-web-1?" });
        await warning.getByText("LivOS did not make this container.").waitFor();
        await inspect(page, "containers-warning");
        await warning.getByRole("button", { name: "Stop" }).click();
        await table.getByRole("row", { name: /blog-web-1 Stopped/ }).waitFor();
        // Once is enough.
        await more("blog-web-1", "Start…");
        await table.getByRole("row", { name: /blog-web-1 Running/ }).waitFor();
        // An app's is the app's business.
        await page.getByRole("button", { name: "More actions for immich-web-1" }).click();
        assert.equal(await page.getByRole("menuitem", { name: "Stop…" }).count(), 0);
        await page.getByRole("menuitem", { name: "Open in App Store" }).click();
        await win(page, "store").getByRole("button", { name: "Open Immich" }).waitFor();
        const stops = mock.state.requests.filter((line) => line.endsWith("/stop"));
        assert.equal(stops.length, 1);
      }),
  ],
  [
    "containers: a page with everything about one, its log, and its secrets only after asking",
    (browser) =>
      withDesktop(browser, {}, async ({ page, mock }) => {
        await page.goto("/containers/stacks");
        await containers(page).getByText("1 of 1 running").first().waitFor();
        await inspect(page, "containers-stacks");
        for (const tab of ["Images", "Volumes", "Networks"]) {
          await page.getByRole("tab", { name: tab }).click();
          await page.getByRole("table", { name: tab }).waitFor();
          await inspect(page, `containers-${tab}`);
        }
        await page.getByLabel("Search").last().fill("immich");
        await page.getByText("bridge", { exact: true }).waitFor({ state: "detached" });
        await page.goto(`/containers/container/${"c".repeat(64)}`);
        await page.getByText("/srv/blog/compose.yaml").waitFor();
        assert.equal(await page.getByText("correct horse").count(), 0);
        await inspect(page, "containers-one");
        await page.getByRole("button", { name: "Show secrets…" }).click();
        await page.getByRole("alertdialog").getByRole("button", { name: "Show secrets" }).click();
        await page.getByText("correct horse").waitFor();
        await page.getByRole("button", { name: "Hide secrets" }).click();
        await page.getByText("correct horse").waitFor({ state: "detached" });
        await page.getByRole("button", { name: "More actions for blog-web-1" }).click();
        await page.getByRole("menuitem", { name: "Logs" }).click();
        await page.getByRole("log").getByText("blog-web-1 did its work").waitFor();
        await inspect(page, "containers-log");
        assert.ok(mock.state.requests.some((line) => line.endsWith("/environment")));
        await page.goto(`/containers/container/${"f".repeat(64)}`);
        await page.getByText("This container is gone").waitFor();
        await inspect(page, "containers-gone");
      }),
  ],
  [
    "containers: a project is adopted as it is, acted on as a whole, and given back",
    (browser) =>
      withDesktop(browser, {}, async ({ page, mock }) => {
        await page.goto("/containers/stacks");
        const more = async (name, item) => {
          await page.getByRole("button", { name: `More actions for ${name}` }).click();
          await page.getByRole("menuitem", { name: item, exact: true }).click();
        };
        await more("blog", "Adopt blog…");
        const asks = page.getByRole("alertdialog", { name: "Adopt blog?" });
        await asks.getByText(/Nothing about it changes now/).waitFor();
        await inspect(page, "containers-adopt");
        await asks.getByRole("button", { name: "Adopt" }).click();
        await containers(page).getByText("blog, adopted").waitFor();
        await inspect(page, "containers-adopted");
        await more("blog", "Stop blog");
        await more("blog", "Export blog…");
        const exporting = page.getByRole("dialog", { name: "Export blog" });
        await exporting.getByLabel("With its passwords and keys").check();
        await exporting.getByText("Keep it where nobody else can read it").waitFor();
        await inspect(page, "containers-export");
        const [download] = await Promise.all([
          page.waitForEvent("download"),
          exporting.getByRole("button", { name: "Download" }).click(),
        ]);
        assert.equal(download.suggestedFilename(), "blog.tar");
        await more("blog", "Release blog…");
        await page
          .getByRole("alertdialog", { name: "Release blog?" })
          .getByRole("button", { name: "Release" })
          .click();
        await containers(page).getByText("Project blog").waitFor();
        const did = mock.state.requests.filter((line) => /adopted|blog/.test(line));
        assert.deepEqual(did, [
          "POST /api/v1/docker/adopted",
          "POST /api/v1/apps/blog/stop",
          "GET /api/v1/apps/blog/export?secrets=1",
          "DELETE /api/v1/docker/adopted/blog",
        ]);
        // What cannot be says why.
        await page.goto("/containers");
        await more("quirky_turing", "Adopt quirky_turing…");
        await page.getByRole("alertdialog").getByRole("button", { name: "Adopt" }).click();
        await page
          .getByText(/removed as soon as it stops/)
          .first()
          .waitFor();
        await inspect(page, "containers-not-adopted");
      }),
  ],
  [
    "containers: cleaning up removes what is ticked and nothing else",
    (browser) =>
      withDesktop(browser, {}, async ({ page, mock }) => {
        await page.goto("/containers");
        await page.getByRole("button", { name: "Clean up…" }).click();
        const dialog = page.getByRole("dialog", { name: "Clean up Docker" });
        await dialog.getByText("1 thing goes").waitFor();
        await inspect(page, "containers-clean");
        assert.equal(await dialog.getByLabel(/quirky_turing/).isChecked(), false);
        await dialog.getByLabel(/quirky_turing/).check();
        await dialog.getByRole("button", { name: "Remove 2 things" }).click();
        await page.getByRole("dialog", { name: "Cleaned up" }).getByText("Clean up Docker").waitFor();
        assert.deepEqual(mock.state.reclaimed, ["image-1", "container-1"]);
        await inspect(page, "containers-cleaned");
      }),
  ],
  [
    "containers: a compose file is edited after one warning, compared, used, and is the store's again",
    (browser) =>
      withDesktop(browser, {}, async ({ page, mock }) => {
        await page.goto("/containers/stacks");
        await page.getByRole("button", { name: "Compose file of Immich" }).click();
        const editor = page.getByRole("textbox", { name: "docker-compose.yml" });
        await containers(page).getByText("Managed by App Store", { exact: true }).waitFor();
        await editor.press("x");
        assert.ok(!(await editor.inputValue()).includes("x\n"), "it can only be read at first");
        await page.getByRole("button", { name: "Edit…" }).click();
        const warning = page.getByRole("alertdialog", { name: "Edit the compose file of Immich?" });
        await inspect(page, "compose-warning");
        await warning.getByRole("button", { name: "Edit it" }).click();
        await page.getByText("Nothing is changed yet.").waitFor();

        // What is wrong is said at its line, and kept from being used.
        const before = await editor.inputValue();
        await editor.fill(before.replace("    depends_on", "    network_mode: ns:/proc/1\n    depends_on"));
        const place = page.getByRole("button", { name: "Line 5, column 5:" });
        await place.waitFor();
        assert.equal(await editor.getAttribute("aria-invalid"), "true");
        assert.ok(await page.getByRole("button", { name: "Show changes" }).isDisabled());
        await inspect(page, "compose-wrong");
        await place.click();
        const caret = await editor.evaluate((field) => [
          document.activeElement === field,
          field.selectionStart,
        ]);
        assert.deepEqual(caret, [true, before.indexOf("    depends_on") + 4]);

        // Tab goes on, and does not stay in the text.
        await page.keyboard.press("Tab");
        assert.notEqual(await page.evaluate(() => document.activeElement?.tagName), "TEXTAREA");

        await editor.fill(
          before
            .replace("server:1", "server:2")
            .replace("    depends_on", "    privileged: true\n    depends_on"),
        );
        await page.getByText("The file can be used.").waitFor();
        // It is not lost by accident.
        await containers(page).getByRole("button", { name: "Close" }).first().click();
        const leaving = page.getByRole("alertdialog");
        await leaving.getByRole("button", { name: /Keep|Cancel/ }).click();
        await page.getByRole("button", { name: "Show changes" }).click();
        const dialog = page.getByRole("dialog", { name: "Change the compose file of Immich" });
        await dialog.getByText("Added:").first().waitFor();
        const apply = dialog.getByRole("button", { name: "Apply" });
        assert.ok(await apply.isDisabled(), "it asks for more");
        await inspect(page, "compose-changes");
        await dialog.getByLabel("I agree to what Immich asks for").check();
        await apply.click();
        await page.getByRole("progressbar", { name: "Changing Immich" }).waitFor();
        await inspect(page, "compose-working");
        await containers(page).getByText("Your own file", { exact: true }).waitFor();
        assert.deepEqual(mock.state.composed.accept, ["privileged-1"]);
        assert.equal(mock.state.composed.revision, "r1");
        await inspect(page, "compose-own");

        // The way back: the store's text, and no second warning.
        await page.getByRole("button", { name: "Edit…" }).click();
        await page.getByRole("button", { name: "Use the store's file" }).click();
        assert.equal(await editor.inputValue(), before);
        await page.getByText("The file can be used.").waitFor();
        await page.getByRole("button", { name: "Show changes" }).click();
        await page.getByRole("dialog").getByRole("button", { name: "Apply" }).click();
        await containers(page).getByText("Managed by App Store", { exact: true }).waitFor();
      }),
  ],
  [
    "containers: a compose file that does not work, and one that was changed meanwhile, lose nothing",
    (browser) =>
      withDesktop(browser, {}, async ({ page, mock }) => {
        await page.goto("/containers/compose/immich");
        const editor = page.getByRole("textbox", { name: "docker-compose.yml" });
        await page.getByRole("button", { name: "Edit…" }).click();
        await page.getByRole("alertdialog").getByRole("button", { name: "Edit it" }).click();
        const text = (await editor.inputValue()).replace("server:1", "server:2");
        await editor.fill(text);
        mock.state.composeFails =
          "web stops again and again. The compose file from before is back, with the app's data.";
        const apply = async () => {
          await page.getByRole("button", { name: "Show changes" }).click();
          await page.getByRole("dialog").getByRole("button", { name: "Apply" }).click();
        };
        await apply();
        await page
          .getByRole("alert")
          .getByText(/web stops again and again/)
          .waitFor();
        await page.getByRole("button", { name: "Show log" }).click();
        await page
          .getByRole("region", { name: "Log" })
          .getByText(/Change the compose file of Immich/)
          .waitFor();
        assert.equal(await editor.inputValue(), text, "what was typed is there to be put right");
        await inspect(page, "compose-failed");

        mock.state.composeIs(text.replace("postgres:16", "postgres:17"));
        await apply();
        const dialog = page.getByRole("dialog");
        await dialog
          .getByRole("alert")
          .getByText(/was changed in the meantime/)
          .waitFor();
        await dialog.getByRole("button", { name: "Cancel" }).click();
        mock.bus.emit("docker");
        await page
          .getByRole("alert")
          .getByText(/Copy what you need/)
          .waitFor();
        await inspect(page, "compose-stale");
        await page.getByRole("button", { name: "Discard changes" }).first().click();
        const asks = page.getByRole("alertdialog", { name: "Discard your changes?" });
        await asks.getByRole("button", { name: "Discard changes" }).click();
        await page.waitForFunction(() => document.querySelector("textarea")?.value.includes("postgres:17"));
      }),
  ],
  [
    "containers: without Docker it says why",
    (browser) =>
      withDesktop(browser, {}, async ({ page, mock }) => {
        const reason = "Docker is stopped or is just starting. Start it, or wait a moment.";
        mock.state.engine = { usable: false, version: "", architecture: "", reason };
        await page.goto("/containers");
        await page.getByRole("alert").getByText(reason).waitFor();
        await inspect(page, "containers-no-docker");
        mock.state.engine = undefined;
        await page.getByRole("button", { name: "Try again" }).click();
        await page.getByRole("table", { name: "Containers" }).waitFor();
        // It goes away while the list is shown: what is known stays, and says so.
        mock.state.engine = { usable: false, version: "", architecture: "", reason };
        mock.bus.emit("docker");
        await page.getByText("This is how it was when Docker last answered.").waitFor();
        await page.getByText("blog-web-1").first().waitFor();
        await inspect(page, "containers-docker-went");
      }),
  ],
  [
    "containers: members are not offered it, and its address opens nothing",
    (browser) =>
      withDesktop(browser, { signIn: false }, async ({ page, mock }) => {
        const { signIn } = await import("../lib/browser.mjs");
        await signIn(page, "ben");
        await page.goto("/containers");
        await dock(page, "Settings").waitFor();
        assert.equal(await dock(page, "Containers").count(), 0);
        await page.keyboard.press("Control+KeyK");
        await page.getByRole("combobox").fill("containers");
        await page.getByText("Nothing found for “containers”").waitFor();
        assert.equal(await containers(page).count(), 0);
        assert.ok(!mock.state.requests.some((line) => line.includes("/docker")));
      }),
  ],
  [
    "containers: a pasted compose file is checked, asked about, agreed to and becomes an app",
    (browser) =>
      withDesktop(browser, {}, async ({ page, mock }) => {
        await page.goto("/containers");
        await page.getByRole("button", { name: "New stack" }).click();
        const editor = page.getByRole("textbox", { name: "Compose file" });
        const install = page.getByRole("button", { name: "Install…" });
        await inspect(page, "stack-empty");
        await editor.fill("services:\n  web:\n    build: .\n");
        await page.getByText("Line 3, column 5:").waitFor();
        await page.getByText("images are not built here").waitFor();
        await page.getByLabel("Name").fill("immich");
        await page.getByText("there is an app immich already").waitFor();
        await inspect(page, "stack-wrong");
        await page.getByLabel("Name").fill("photos");
        await page
          .locator("input[type=file]")
          .first()
          .setInputFiles({
            name: "compose.yml",
            mimeType: "text/yaml",
            buffer: Buffer.from(
              // biome-ignore lint/suspicious/noTemplateCurlyInString: compose asks so for a value
              "services:\n  web:\n    image: photos/web:${TAG:?which version}\n    ports: ['2283:80']\n",
            ),
          });
        await page.getByText("Answer what it asks first.").waitFor();
        await page.getByLabel("TAG").fill("2");
        await page.getByText("Its page gets 8100 instead.").waitFor();
        await page.getByText("Values for its variables (.env)").first().click();
        await page.getByRole("textbox", { name: "Values for its variables (.env)" }).fill("ELSE=x");
        await page.getByText("The file can be used.").waitFor();
        await inspect(page, "stack-ready");
        await install.click();
        const dialog = page.getByRole("dialog", { name: "Install photos?" });
        await dialog.getByText("Read your folder Photos").waitFor();
        await dialog.getByLabel("photos may do this").check();
        await inspect(page, "stack-consent");
        mock.state.stackFails = "the image photos/web:2 does not exist";
        await dialog.getByRole("button", { name: "Install" }).click();
        await page.getByText("photos was not installed.").waitFor();
        // What was typed is still there.
        assert.match(await editor.inputValue(), /photos\/web/);
        await inspect(page, "stack-failed");
        mock.state.stackFails = undefined;
        await install.click();
        await dialog.getByLabel("photos may do this").check();
        await dialog.getByRole("button", { name: "Install" }).click();
        await page.getByText("photos runs").last().waitFor();
        await inspect(page, "stack-done");
        assert.deepEqual(mock.state.stacked.answers, { TAG: "2" });
        assert.deepEqual([mock.state.stacked.env, mock.state.stacked.accept], ["ELSE=x", ["folder-1"]]);
      }),
  ],
  [
    "containers: what lies in one is looked through and saved, and a folder that is gone says so",
    (browser) =>
      withDesktop(browser, {}, async ({ page, mock }) => {
        await page.goto(`/containers/container/${"c".repeat(64)}`);
        await page.getByRole("tab", { name: "Files" }).click();
        await page.getByRole("button", { name: "etc", exact: true }).click();
        await page.getByRole("list", { name: "/etc" }).getByText("174 bytes").waitFor();
        await page.getByRole("button", { name: "nginx", exact: true }).click();
        await page.getByText("control.sock").waitFor();
        await inspect(page, "containers-files");
        const [saved] = await Promise.all([
          page.waitForEvent("download"),
          page.getByRole("button", { name: "Save nginx.conf" }).click(),
        ]);
        assert.equal(saved.suggestedFilename(), "nginx.conf");
        const path = page.getByRole("navigation", { name: "Folder in the container" });
        await path.getByRole("button", { name: "blog-web-1" }).click();
        await page.getByRole("button", { name: "srv", exact: true }).click();
        await page.getByText("This folder is empty").waitFor();
        await inspect(page, "containers-files-empty");
        await path.getByRole("button", { name: "blog-web-1" }).click();
        mock.state.insideMore = true;
        await page.getByRole("button", { name: "bin", exact: true }).click();
        await page.getByText("There is no /bin in this container").waitFor();
        await inspect(page, "containers-files-gone");
        await path.getByRole("button", { name: "blog-web-1" }).click();
        await page.getByText("There is more in this folder than was read.").waitFor();
      }),
  ],
];
