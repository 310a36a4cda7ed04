// Keys for other programs: made once, shown once, taken back.
import assert from "node:assert/strict";
import { inspect, win, withDesktop } from "../lib/desktop.mjs";

const KEY = `livos_${"k".repeat(43)}`;

export default [
  ...["desktop", "phone"].map((size) => [
    `a key is made for another program, shown once and revoked (${size})`,
    (browser) =>
      withDesktop(browser, { size }, async ({ page }) => {
        await page.goto("/settings/programs");
        // On a phone there are no windows, but what would be in one.
        const settings = page.locator("[data-app=settings]").last();
        await settings.getByText("Claude on the laptop").waitFor();
        await settings.getByText("Ended", { exact: true }).waitFor();
        await inspect(page, `programs-${size}`);

        await settings.getByRole("button", { name: "Make a key" }).click();
        const dialog = page.getByRole("dialog", { name: "Make a key" });
        await dialog.getByLabel("For which program").fill("Terminal");
        await dialog.getByText("Look, and change nothing.").waitFor();
        await dialog.getByLabel("It may").selectOption("act");
        await dialog.getByText("Also start, stop and restart apps").waitFor();
        await dialog.getByLabel("Good for").selectOption("30");
        await dialog.getByLabel("Password", { exact: true }).fill("not this one");
        await dialog.getByRole("button", { name: "Make a key" }).click();
        await dialog.getByText("The password is wrong.").waitFor();
        await inspect(page, `programs-refused-${size}`);
        await dialog.getByLabel("Password", { exact: true }).fill("correct horse battery");
        await dialog.getByRole("button", { name: "Make a key" }).click();

        const made = page.getByRole("dialog", { name: "The key “Terminal”" });
        await made.getByText("It is shown this once").waitFor();
        assert.equal(
          await made.getByRole("region", { name: "Key", exact: true }).locator("pre").textContent(),
          KEY,
        );
        const text = await made.getByRole("region", { name: "Configuration" }).locator("pre").textContent();
        const { livos } = JSON.parse(text).mcpServers;
        assert.equal(livos.url, `${new URL(page.url()).origin}/mcp`);
        assert.equal(livos.headers.Authorization, `Bearer ${KEY}`);
        await inspect(page, `programs-made-${size}`);
        await made.getByRole("button", { name: "I have kept it" }).click();
        await settings.getByText("Terminal").waitFor();
        assert.equal(await page.getByText(KEY).count(), 0, "it is not shown again");

        await settings.getByRole("button", { name: "Revoke the key Terminal" }).click();
        const asked = page.getByRole("alertdialog");
        await asked.getByText("turned away from now on").waitFor();
        await inspect(page, `programs-revoke-${size}`);
        await asked.getByRole("button", { name: "Revoke" }).click();
        await settings.getByText("Terminal").waitFor({ state: "detached" });
      }),
  ]),
  [
    "who has no key yet is told what one is for",
    (browser) =>
      withDesktop(browser, {}, async ({ page, mock }) => {
        mock.state.answers.set("GET /api/v1/me/keys", []);
        await page.goto("/settings/programs");
        const settings = win(page, "settings");
        await settings.getByText("No keys yet").waitFor();
        assert.equal(await settings.getByRole("button", { name: "Make a key" }).count(), 1);
        await inspect(page, "programs-empty");
      }),
  ],
];
