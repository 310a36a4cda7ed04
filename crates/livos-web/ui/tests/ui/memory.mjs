// Whether what the assistant remembers is found by meaning, and who is told it for that.
import assert from "node:assert/strict";
import { inspect, until, win, withDesktop } from "../lib/desktop.mjs";

export default [
  [
    "a provider that makes vectors is chosen, refused, kept and switched off",
    (browser) =>
      withDesktop(browser, {}, async ({ page, mock }) => {
        const { assistant } = mock;
        await page.goto("/settings/ai");
        const settings = win(page, "settings");
        await settings.getByText("Found by its words only").scrollIntoViewIfNeeded();
        await inspect(page, "memory-nobody");
        assistant.providers.push({
          id: "house",
          label: "Our Ollama",
          dialect: "chat_completions",
          base_url: "http://192.168.1.20:11434/v1",
          model: "qwen3",
          key: "none",
          default: false,
        });
        await page.reload();
        await settings.getByRole("button", { name: "Find by meaning" }).click();
        const dialog = page.getByRole("dialog", { name: "Find by meaning" });
        const save = dialog.getByRole("button", { name: "Test and save" });
        assert.ok(await save.isDisabled(), "nobody is asked without a model");
        await dialog.getByLabel("Provider").selectOption("house");
        await dialog.getByText("are sent to http://192.168.1.20:11434/v1").waitFor();
        await dialog.getByLabel("Model").fill("wrong");
        await save.click();
        await dialog.getByText("There is no model wrong", { exact: false }).waitFor();
        await inspect(page, "memory-refused");
        await dialog.getByLabel("Model").fill("nomic-embed-text");
        await save.click();
        await dialog.waitFor({ state: "detached" });
        await settings.getByText("Our Ollama makes it findable by meaning").waitFor();
        await settings.getByText("64 of 120 are done", { exact: false }).waitFor();
        await inspect(page, "memory-on");
        assistant.embeddings.problem = { code: "unreachable", message: "no vectors came within 5 s" };
        await page.reload();
        await settings.getByText("No vectors came within 5 s.").scrollIntoViewIfNeeded();
        await inspect(page, "memory-problem");
        await settings.getByRole("button", { name: "Menu of finding by meaning" }).click();
        await page.getByRole("menuitem", { name: "Switch off" }).click();
        await page.getByRole("alertdialog").getByRole("button", { name: "Switch off" }).click();
        await settings.getByText("Found by its words only").waitFor();
        await until("nobody makes vectors", () => assistant.embeddings === undefined);
        assistant.thinks = true;
        await page.reload();
        await settings.getByRole("button", { name: "Find by meaning" }).click();
        await dialog.getByText("Nothing leaves your household", { exact: false }).waitFor();
        assert.equal(await dialog.getByLabel("Model").count(), 0, "this server has but one model");
        await inspect(page, "memory-here");
        await save.click();
        await settings.getByText("This server makes it findable by meaning").waitFor();
      }),
  ],
];
