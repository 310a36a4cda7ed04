import assert from "node:assert/strict";
import { inspect, until, withDesktop } from "../lib/desktop.mjs";

export default [
  [
    "an update asks what is new by its kind, and says what it copies before it begins",
    (browser) =>
      withDesktop(browser, {}, async ({ page, mock }) => {
        mock.state.ticks = 3;
        mock.state.updatePermissions = [
          { code: "folder-9", text: "Read the folder /srv/films.", risk: "medium" },
        ];
        mock.apps.set("jellyfin", { update: "10.10.0" });
        await page.goto("/store/app/main/jellyfin");
        await page.getByRole("button", { name: "Update", exact: true }).click();
        const dialog = page.getByRole("dialog", { name: "Update Jellyfin" });
        assert.equal((await dialog.getByLabel("Key for plug-ins").inputValue()).length, 16);
        await dialog.getByLabel("Share anonymous figures").waitFor();
        await dialog.getByRole("combobox", { name: "Quality" }).selectOption("high");
        await dialog.getByText("8 things were looked at, and all are well").click();
        await dialog.getByText(/A copy for the way back is made first; it takes 1.2 GB/).waitFor();
        await until("it is looked at with that", () => mock.state.updateChecked?.at(-1)?.QUALITY === "high");
        // What it reaches follows what was answered, and is agreed to as it is.
        await dialog.getByText("Read the folder /srv/films.").waitFor();
        const action = dialog.getByRole("button", { name: "Update" });
        assert.equal(await action.isDisabled(), true);
        await dialog.getByLabel("Jellyfin may do this").check();
        await inspect(page, "store-update");
        mock.state.updatePermissions = [
          { code: "folder-10", text: "Read the folder /srv/music.", risk: "medium" },
        ];
        await dialog.getByRole("combobox", { name: "Quality" }).selectOption("low");
        await dialog.getByText("Read the folder /srv/music.").waitFor();
        assert.equal(await action.isDisabled(), true);
        await dialog.getByRole("combobox", { name: "Quality" }).selectOption("high");
        await dialog.getByLabel("Jellyfin may do this").check();
        await action.click();
        await dialog.waitFor({ state: "detached" });
        assert.deepEqual(mock.state.updated.accept, ["folder-10"]);
        const { answers } = mock.state.updated;
        assert.equal(answers.QUALITY, "high");
        assert.equal(answers.PLUGIN_KEY.length, 16);
        assert.equal(answers.FIGURES, "false");
      }),
  ],
];
