// What subagents do for a conversation, and what they ask.
import assert from "node:assert/strict";
import { inspect, until, withDesktop } from "../lib/desktop.mjs";

const QUESTION = "Why is my server slow?";
const room = (page) => page.locator("[data-app=assistant]").first();
const log = (page) => room(page).getByRole("log");

async function ask(page) {
  const field = room(page).getByRole("textbox", { name: "Message" });
  await field.fill(QUESTION);
  await field.press("Enter");
  await log(page).getByText(QUESTION).first().waitFor();
}

const finished = (page) => log(page).getByText("That is all.").waitFor();

export default [
  [
    "what a subagent does opens to its steps and its own conversation",
    (browser) =>
      withDesktop(browser, {}, async ({ page, mock }) => {
        const name = "Why does Jellyfin restart?";
        const [ada] = mock.accounts.users;
        const steps = ["Read the log of jellyfin", "Look at how the server is"].map((summary) => ({
          kind: "tool",
          call: summary,
          name: "docker_logs",
          summary,
          input: {},
          state: "done",
          output: "out of memory",
          duration_ms: 40,
        }));
        const child = mock.assistant.held(
          ada.id,
          name,
          0,
          [
            { kind: "person", text: name, asked_in: mock.assistant.rich.id },
            ...steps,
            { kind: "answer", text: "It has no memory left." },
          ],
          { subagent: name },
        );
        mock.assistant.script = [
          {
            tool: {
              name: "spawn_subagent",
              summary: `Have a subagent do “${name}”`,
              input: { task: name },
              output: "It has no memory left.",
              duration_ms: 2_000,
              subagent: { name, conversation: child.id, run: 1 },
            },
          },
          { say: "That is all." },
        ];
        await page.goto("/assistant");
        await room(page).getByText("Tidy up Downloads").waitFor();
        assert.equal(await room(page).getByText(name).count(), 0, "it is not among the person's own");
        await ask(page);
        await finished(page);
        await log(page)
          .getByRole("button", { name: /Have a subagent do/ })
          .click();
        const work = log(page).getByRole("region", { name: `What ${name} does` });
        await work.getByText("Read the log of jellyfin").waitFor();
        assert.equal(await work.getByRole("listitem").count(), 2);
        await inspect(page, "assistant-subagent");
        await work.getByRole("button", { name: "Open its conversation" }).click();
        await log(page).getByText("It has no memory left.").waitFor();
        await room(page).getByText(`Subagent: ${name}`).waitFor();
        await inspect(page, "assistant-subagent-open");
        await log(page).getByRole("button", { name: "Asked by the assistant" }).click();
        await until("it is the other conversation", () => page.url().includes(mock.assistant.rich.id));
      }),
  ],
  [
    "what a subagent asks is asked where it was asked for",
    (browser) =>
      withDesktop(browser, {}, async ({ page, mock }) => {
        const name = "Restart what hangs";
        const [ada] = mock.accounts.users;
        const child = mock.assistant.held(ada.id, name, 0, [{ kind: "person", text: name }], {
          subagent: name,
        });
        child.run = 1;
        mock.assistant.paced = true;
        mock.assistant.script = [
          {
            tool: {
              name: "spawn_subagent",
              summary: `Have a subagent do “${name}”`,
              input: { task: name },
              output: "It runs again.",
              duration_ms: 2_000,
              subagent: { name, conversation: child.id, run: 1 },
            },
          },
          { say: "That is all." },
        ];
        await page.goto("/assistant");
        await ask(page);
        await until("a step waits", () => mock.assistant.waiting() === 1);
        mock.assistant.step();
        await log(page)
          .getByRole("button", { name: /Have a subagent do .* \(running\)/ })
          .waitFor();
        const what = { tool: "apps_restart", app: "Jellyfin", subagent: name };
        void mock.assistant.propose(child, { key: "1.9", run: 1, kind: "tool", call: "call-9" }, what);
        const card = log(page).getByRole("article", { name: "Restart Jellyfin" });
        await card.getByText(`Asked by the subagent ${name}`).waitFor();
        await inspect(page, "assistant-subagent-asks");
        await card.getByRole("button", { name: "Approve" }).click();
        mock.assistant.release();
        await card.waitFor({ state: "detached" });
        await finished(page);
        assert.equal(mock.assistant.answers[0][0], "approve");
      }),
  ],
];
