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
    "a subagent is made by hand",
    (browser) =>
      withDesktop(browser, {}, async ({ page, mock }) => {
        await page.goto("/settings/ai");
        const settings = page.locator("[data-app=settings]").first();
        await settings.getByRole("button", { name: "New subagent" }).click();
        const dialog = page.getByRole("dialog", { name: "New subagent" });
        const make = dialog.getByRole("button", { name: "Make it" });
        await dialog.getByLabel("Id", { exact: true }).fill("Log Reader");
        await dialog.getByText("Only a-z, 0-9 and -").waitFor();
        await dialog.getByLabel("What it is for").fill("Reads logs.");
        assert.ok(await make.isDisabled());
        await dialog.getByLabel("Id", { exact: true }).fill("disks");
        await make.click();
        await dialog.getByText(/there is a subagent called disks already/i).waitFor();
        await dialog.getByLabel("Id", { exact: true }).fill("logs");
        await dialog.getByLabel("Name", { exact: true }).fill("Log reader");
        await dialog.getByLabel("Tools").fill("docker_logs, status");
        await inspect(page, "ai-subagent-new");
        await make.click();
        await settings.getByRole("button", { name: "Look at ‘Log reader’" }).waitFor();
        const made = mock.assistant.subagents.at(-1);
        assert.deepEqual([made.tools, made.turns], [["docker_logs", "status"], 15]);
      }),
  ],
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
  [
    "a subagent is looked at, changed, given a task, paused and deleted",
    (browser) =>
      withDesktop(browser, {}, async ({ page, mock }) => {
        await page.goto("/settings/ai");
        const settings = page.locator("[data-app=settings]").first();
        await settings.getByText("1 hr after each run, 4 of 20").first().waitFor();
        await settings.getByRole("button", { name: "Look at ‘Disk watcher’" }).click();
        const dialog = page.getByRole("dialog", { name: "Disk watcher" });
        await dialog.getByText("The provider did not answer").waitFor();
        await inspect(page, "ai-subagent");
        await dialog.getByLabel("How often it may ask its model").fill("31");
        await dialog.getByText("A number from 1 to 30").waitFor();
        await dialog.getByLabel("How often it may ask its model").fill("5");
        await dialog.getByLabel("Tools").fill("status, fly");
        await dialog.getByRole("button", { name: "Save" }).click();
        await dialog.getByRole("alert").getByText('There is no tool "fly" for a subagent').waitFor();
        await dialog.getByLabel("A task for it").fill("Look at once.");
        await dialog.getByLabel("A task for it").press("Enter");
        await until("it was asked", () => mock.assistant.task === "Look at once.");
        await dialog.getByLabel("Tools").fill("");
        await dialog.getByLabel("What it is told beside each task").fill("Name five folders.");
        await dialog.getByRole("button", { name: "Save" }).click();
        await dialog.waitFor({ state: "detached" });
        const disks = () => mock.assistant.subagents.find(({ id }) => id === "disks");
        assert.equal(disks().instructions, "Name five folders.");
        assert.equal(disks().turns, 5);
        assert.equal(disks().tools, undefined, "none named is all of them");
        const choose = async (name, item) => {
          await settings.getByRole("button", { name: `Menu of ‘${name}’` }).click();
          await page.getByRole("menuitem", { name: item, exact: true }).click();
        };
        const plan = (id) => mock.assistant.schedules.find(({ subagent }) => subagent === id);
        await choose("Release reader", "Pause");
        await until("it is paused", () => plan("news").paused);
        await choose("Release reader", "Resume");
        await until("it goes on", () => !plan("news").paused);
        await choose("Release reader", "Run now");
        await until("it was run", () => mock.assistant.task === "");
        await inspect(page, "ai-subagents");
        await choose("Disk watcher", "Delete");
        await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
        await settings.getByRole("button", { name: "Look at ‘Disk watcher’" }).waitFor({ state: "detached" });
        assert.equal(plan("disks"), undefined);
      }),
  ],
  [
    "what a subagent reports stands in the conversation with its name",
    (browser) =>
      withDesktop(browser, {}, async ({ page, mock }) => {
        const [ada] = mock.accounts.users;
        const by = { name: "Disk watcher", conversation: mock.assistant.rich.id, run: 1 };
        const said = { kind: "report", at: 1_700_000_000, by, failed: false, progress: false };
        const one = mock.assistant.held(ada.id, "Watch the disks", 0, [
          { kind: "person", text: "Have a subagent look every morning." },
          { kind: "answer", text: "I will." },
          { ...said, text: "Two folders so far.", progress: true },
          { ...said, text: "The disks are at **61 %**." },
          { ...said, text: "it did not come to an end: no answer", failed: true },
        ]);
        await page.goto(`/assistant/${one.id}`);
        await log(page).getByText("The subagent Disk watcher did what was scheduled").waitFor();
        await log(page).getByText("The subagent Disk watcher, so far").waitFor();
        await log(page).getByText("The subagent Disk watcher could not end what was scheduled").waitFor();
        await log(page).getByText("61 %", { exact: true }).waitFor();
        await inspect(page, "assistant-report");
        await log(page).getByRole("button", { name: "Open its conversation" }).first().click();
        await until("it is that conversation", () => page.url().includes(mock.assistant.rich.id));
      }),
  ],
];
