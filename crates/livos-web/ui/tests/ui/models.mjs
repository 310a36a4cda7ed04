// Models: connected and chosen in Settings and beside the question, and what they cost.
import assert from "node:assert/strict";
import { settled, signIn } from "../lib/browser.mjs";
import { inspect, openWindow, until, win, withDesktop } from "../lib/desktop.mjs";

const room = (page) => page.locator("[data-app=assistant]").first();

export default [
  [
    "a model is connected, refused, changed, chosen and removed",
    (browser) =>
      withDesktop(browser, {}, async ({ page, mock }) => {
        mock.assistant.providers.length = 0;
        await page.goto("/settings/ai");
        const settings = win(page, "settings");
        await settings.getByText("Connect a model to begin").waitFor();
        await inspect(page, "ai-empty");
        await settings.getByRole("button", { name: "Connect a model" }).click();
        const dialog = page.getByRole("dialog", { name: "Connect a model" });
        const key = dialog.getByLabel("Key", { exact: true });
        await key.fill("sk-wrong");
        await dialog.getByRole("button", { name: "Test and save" }).click();
        await dialog.getByText("The provider refused the key: invalid x-api-key.").waitFor();
        await inspect(page, "ai-refused");
        assert.equal(mock.assistant.providers.length, 0);
        await key.fill("sk-right");
        await dialog.getByRole("button", { name: "Test and save" }).click();
        await dialog.waitFor({ state: "detached" });
        await settings.getByText("Key saved").waitFor();
        assert.equal(await page.getByText("sk-right").count(), 0, "a key is never shown again");

        await settings.getByRole("button", { name: "Connect a model" }).click();
        await dialog.getByLabel("Provider").selectOption("ollama");
        await dialog.getByRole("button", { name: "Test and save" }).click();
        await settings.getByText("No key").waitFor();
        await inspect(page, "ai-two");
        await settings.getByRole("button", { name: "Menu of Ollama" }).click();
        await page.getByRole("menuitem", { name: "Answer with this one" }).click();
        await until("it is the default", () => mock.assistant.providers[1].default);

        mock.assistant.providers[0].problem = { code: "key_refused", message: "the key was withdrawn" };
        await page.reload();
        await settings.getByText("The key was withdrawn.").waitFor();
        await inspect(page, "ai-problem");
        await settings.getByRole("button", { name: "Change", exact: true }).click();
        const change = page.getByRole("dialog", { name: "Change Anthropic" });
        assert.equal(await change.getByLabel("Key", { exact: true }).inputValue(), "");
        await change.getByText("Saved. Leave empty to keep it.").waitFor();
        await change.getByLabel("Address").fill("https://other.example");
        await change.getByText("A new address needs the key again.").waitFor();
        await inspect(page, "ai-change");
        await change.getByRole("button", { name: "Cancel" }).click();

        await settings.getByRole("button", { name: "Menu of Anthropic" }).click();
        await page.getByRole("menuitem", { name: "Remove" }).click();
        await page.getByRole("alertdialog").getByRole("button", { name: "Remove" }).click();
        await settings.getByText("Anthropic", { exact: true }).waitFor({ state: "detached" });
        await settled(page);
        assert.deepEqual(
          mock.assistant.providers.map(({ id }) => id),
          ["ollama"],
        );
      }),
  ],
  [
    "what is used is seen, and an admin says how much may be",
    (browser) =>
      withDesktop(browser, {}, async ({ page, mock }) => {
        await page.goto("/settings/ai");
        const settings = win(page, "settings");
        await settings.getByText("asked 35 times · 421,873 tokens · $1.735").waitFor();
        await settings.getByText("Without 4 calls whose price is not known").waitFor();
        await settings
          .getByText("$3.00 read, $15.00 written, a million tokens (price list of 2025-11)")
          .waitFor();
        await settings.getByText("Everything today: 120,000 of 400,000 tokens").first().waitFor();
        await inspect(page, "ai-spending");

        await settings.getByRole("button", { name: "Menu of Anthropic" }).click();
        await page.getByRole("menuitem", { name: "Price…" }).click();
        const price = page.getByRole("dialog", { name: "What claude-sonnet-4-5 costs" });
        await price.getByLabel("Read by the model").fill("2.5.5");
        await price.getByText("Write an amount, for example 1.50.").waitFor();
        assert.equal(await price.getByRole("button", { name: "Save" }).isEnabled(), false);
        await price.getByLabel("Read by the model").fill("2.5");
        await inspect(page, "ai-price");
        await price.getByRole("button", { name: "Save" }).click();
        await settings.getByText("$2.50 read, $15.00 written, a million tokens (entered here)").waitFor();
        await settings.getByRole("button", { name: "Menu of Anthropic" }).click();
        await page.getByRole("menuitem", { name: "Price…" }).click();
        await price.getByRole("button", { name: "Forget this price" }).click();
        await settings.getByText("Price not known", { exact: true }).waitFor();

        await settings.getByRole("button", { name: "Set a budget" }).click();
        const budget = page.getByRole("dialog", { name: "Set a budget" });
        await budget.getByLabel("Whose").selectOption({ label: "Ben Okri" });
        await budget.getByLabel("For").selectOption("chat");
        await budget.getByLabel("US dollars a day").fill("0.50");
        await inspect(page, "ai-budget");
        await budget.getByRole("button", { name: "Save" }).click();
        await settings.getByText("Conversations: $0.50 a day").waitFor();
        const ben = mock.accounts.users.find(({ username }) => username === "ben").id;
        const bens = () => mock.assistant.budgets.find(({ person }) => person === ben);
        assert.deepEqual(bens(), { person: ben, cause: "chat", money: 500_000 });
        await settings.getByRole("button", { name: "Menu of the budget of Ben Okri" }).click();
        await page.getByRole("menuitem", { name: "Remove" }).click();
        await until("it is gone", () => bens() === undefined);
        await page.getByRole("button", { name: "Undo" }).click();
        await until("it is back", () => bens()?.money === 500_000);

        // Who does not run the server sees their own.
        await page.context().clearCookies();
        await page.goto("/");
        await signIn(page, "ben");
        await page.goto("/settings/ai");
        await settings.getByText("asked 1 time · 1,514 tokens · $0.0083").waitFor();
        await settings.getByText("Conversations today: $0.044 of $0.50").waitFor();
        assert.equal(await settings.getByText("Ada Lovelace").count(), 0);
        assert.equal(await settings.getByRole("heading", { name: "Budgets" }).count(), 0);
        await inspect(page, "ai-member");
      }),
  ],
  [
    "the model is chosen beside the question",
    (browser) =>
      withDesktop(browser, {}, async ({ page }) => {
        await openWindow(page, "Assistant", "assistant");
        await room(page).getByRole("button", { name: "Model: claude-sonnet-4-5" }).click();
        await page.getByRole("menuitemcheckbox", { name: /claude-sonnet-4-5/ }).waitFor();
        await inspect(page, "assistant-model");
        await page.getByRole("menuitem", { name: "Connect another model" }).click();
        await win(page, "settings").getByRole("heading", { name: "AI" }).waitFor();
      }),
  ],
  [
    "a conversation asks for a quick or the best model",
    (browser) =>
      withDesktop(browser, {}, async ({ page, mock }) => {
        mock.assistant.providers.push({
          id: "openai",
          dialect: "responses",
          label: "OpenAI",
          base_url: "https://api.openai.com/v1",
          model: "gpt-5-mini",
          key: "set",
          default: false,
        });
        await page.goto("/settings/ai");
        const settings = win(page, "settings");
        await settings.getByRole("button", { name: "Menu of OpenAI" }).click();
        await page.getByRole("menuitem", { name: "Use where a fast one is asked for" }).click();
        await settings.getByText("Fast", { exact: true }).waitFor();
        const { id } = mock.assistant.rich;
        await page.goto(`/assistant/${id}`);
        const field = room(page).getByRole("textbox", { name: "Message" });
        await field.fill("/model fast");
        await field.press("Enter");
        await room(page).getByRole("button", { name: "Model: gpt-5-mini" }).waitFor();
        assert.equal(mock.assistant.rich.tier, "fast");
        const choice = room(page).getByRole("group", { name: "The model of this conversation" });
        await choice.getByRole("button", { name: "Fast", pressed: true }).waitFor();
        await inspect(page, "assistant-tier");
        await choice.getByRole("button", { name: "Usual" }).click();
        await room(page).getByRole("button", { name: "Model: claude-sonnet-4-5" }).waitFor();
        // The best is not set up, and the usual one answers for it.
        await choice.getByRole("button", { name: "Best" }).click();
        await choice.getByRole("button", { name: "Best", pressed: true }).waitFor();
        await room(page).getByRole("button", { name: "Model: claude-sonnet-4-5" }).waitFor();
      }),
  ],
];
