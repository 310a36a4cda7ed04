// The web for the assistant: the switches, and who searches it.
import assert from "node:assert/strict";
import { inspect, until, win, withDesktop } from "../lib/desktop.mjs";

export default [
  [
    "the web is switched for oneself and for all, and a search engine is tried, refused, kept and removed",
    (browser) =>
      withDesktop(browser, {}, async ({ page, mock }) => {
        const { web } = mock.assistant;
        await page.goto("/settings/ai");
        const settings = win(page, "settings");
        const house = settings.getByRole("switch", { name: "The assistant may read the web" });
        const own = settings.getByRole("switch", { name: "Read the web for me" });
        await settings.getByText("No search engine yet").scrollIntoViewIfNeeded();
        await inspect(page, "web-empty");
        await own.click();
        await until("it is off for her", () => web.off.size === 1);
        await own.click();
        await until("it is on for her", () => web.off.size === 0);
        await house.click();
        await until("it is off for all", () => !web.house);
        await until("one's own changes nothing then", () => own.isDisabled());
        await house.click();
        await until("it is on for all", () => web.house);

        await settings.getByRole("button", { name: "Set up searching" }).click();
        const dialog = page.getByRole("dialog", { name: "Set up searching" });
        const save = dialog.getByRole("button", { name: "Test and save" });
        assert.ok(await save.isDisabled(), "nobody is asked without an address");
        await dialog.getByLabel("Search engine").selectOption("tavily");
        await dialog.getByLabel("Key", { exact: true }).fill("wrong");
        await save.click();
        await dialog.getByText("Tavily refuses the key; enter a valid one.").waitFor();
        await inspect(page, "web-refused");
        await dialog.getByLabel("Key", { exact: true }).fill("right");
        await save.click();
        await dialog.waitFor({ state: "detached" });
        await settings.getByText("Tavily searches the web").waitFor();
        await settings.getByText("Home server - Wikipedia").waitFor();
        assert.equal(await page.getByText("right", { exact: true }).count(), 0, "a key is never shown again");
        await inspect(page, "web-tried");

        web.search.problem = { code: "limit", message: "what this account may ask is used up" };
        await page.reload();
        await settings.getByText("What this account may ask is used up.").scrollIntoViewIfNeeded();
        await inspect(page, "web-problem");
        await settings.getByRole("button", { name: "Menu of Tavily" }).click();
        await page.getByRole("menuitem", { name: "Try it" }).click();
        await settings.getByText("For “home server” it finds:").waitFor();
        await settings.getByText("is used up").waitFor({ state: "detached" });
        await settings.getByRole("button", { name: "Menu of Tavily" }).click();
        await page.getByRole("menuitem", { name: "Change" }).click();
        await dialog.getByText("Saved. Leave empty to keep it.").waitFor();
        await dialog.getByLabel("Search engine").selectOption("searxng");
        await dialog.getByLabel("Address").fill("http://192.168.1.20:8080");
        await save.click();
        await settings.getByText("SearXNG searches the web").waitFor();
        await settings.getByRole("button", { name: "Menu of SearXNG" }).click();
        await page.getByRole("menuitem", { name: "Remove" }).click();
        await page.getByRole("alertdialog").getByRole("button", { name: "Remove" }).click();
        await settings.getByText("No search engine yet").waitFor();

        web.machine = false;
        await page.reload();
        await settings.getByText("Switched off on this machine").scrollIntoViewIfNeeded();
        assert.ok((await house.isDisabled()) && (await own.isDisabled()));
        await inspect(page, "web-machine-off");
      }),
  ],
];
