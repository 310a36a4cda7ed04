// The Assistant: conversations, answers as they are written, and what can go wrong.
import assert from "node:assert/strict";
import { signIn } from "../lib/browser.mjs";
import { focused, inspect, until, win, withDesktop } from "../lib/desktop.mjs";
import { ANSWER, HOSTILE } from "../mock/assistant-texts.mjs";

const QUESTION = "Why is my server slow?";
const MESSAGE = "Message";

const room = (page) => page.locator("[data-app=assistant]").first();
const log = (page) => room(page).getByRole("log");
const field = (page) => room(page).getByRole("textbox", { name: MESSAGE });
const asked = (mock, line) => mock.state.requests.filter((one) => one.startsWith(line)).length;

async function ask(page, text = QUESTION) {
  await field(page).fill(text);
  await field(page).press("Enter");
  await log(page).getByText(text).first().waitFor();
}

/** Asks, and lets the mock's usual script go on until half of its answer is written. */
async function askHalf(page, mock) {
  await ask(page);
  for (let step = 0; step < 7; step += 1) {
    await until("a step waits", () => mock.assistant.waiting() === 1);
    mock.assistant.step();
  }
  await log(page).getByText("Jellyfin is").waitFor();
}

/** The answer that the mock's usual script ends with. */
const finished = (page) => log(page).getByText("That is all.").waitFor();

const failing = (problem, said) => [...(said ? [{ say: said }] : []), { fail: problem }];

/** Why an answer ends early, what is said about it and what can be done. */
// biome-ignore format: a table
const ENDS = [
  ["a refused key", { code: "key_refused", message: "invalid x-api-key" }, "", "The provider refused the key.", "Fix key"],
  ["a limit", { code: "limit", message: "the month's budget is spent", retry_after: 3_600 }, "", "It resets at", "Switch model"],
  ["a missing model", { code: "model_missing", message: "no such model" }, "", "The provider doesn't have this model.", "Switch model"],
  ["a model that is away", { code: "unreachable", message: "connection refused" }, "", "The model can't be reached.", "Try again"],
  ["too many questions", { code: "rate_limited", message: "slow down", retry_after: 40 }, "", "Try again in 40 sec.", "Try again"],
  ["an interruption in the middle", { code: "interrupted", message: "" }, "Jellyfin is", "Stopped early", "Continue"],
];

export default [
  ...["light", "dark", "phone"].map((look) => [
    `a question is answered step by step (${look})`,
    (browser) =>
      withDesktop(
        browser,
        { theme: look === "dark" ? "dark" : "light", size: look === "phone" ? "phone" : "desktop" },
        async ({ page, mock }) => {
          mock.assistant.paced = true;
          await page.goto("/assistant");
          await room(page).getByText("What should we look at?").waitFor();
          await inspect(page, `assistant-empty-${look}`);
          await field(page).fill(QUESTION);
          // On a phone Enter begins a new line.
          if (look === "phone") await room(page).getByRole("button", { name: "Send" }).tap();
          else await field(page).press("Enter");
          await log(page).getByText(QUESTION).waitFor();
          await log(page).getByText("Working on it…").waitFor();
          await room(page).getByRole("button", { name: "Stop answering" }).waitFor();
          await inspect(page, `assistant-working-${look}`);
          mock.assistant.step();
          await log(page).getByText("Thinking…").waitFor();
          await until("the next step waits", () => mock.assistant.waiting() === 1);
          mock.assistant.step();
          await until("the next step waits", () => mock.assistant.waiting() === 1);
          mock.assistant.step();
          await log(page)
            .getByRole("button", { name: /Read container stats \(running\)/ })
            .waitFor();
          await inspect(page, `assistant-tool-${look}`);
          mock.assistant.release();
          await finished(page);
          await room(page).getByRole("button", { name: "Send" }).waitFor();
          await log(page)
            .getByRole("button", { name: /Read the log of jellyfin · 1.2 sec/ })
            .click();
          await log(page).getByText("transcoding in software").first().waitFor();
          await inspect(page, `assistant-answer-${look}`);
          await until("nothing is followed once the answer is there", () => mock.assistant.following() === 0);
          assert.equal(await log(page).getAttribute("aria-live"), "off");
        },
      ),
    { weight: 2 },
  ]),
  [
    "what was said is folded, shown and safe",
    (browser) =>
      withDesktop(browser, {}, async ({ page, mock }) => {
        await page.goto(`/assistant/${mock.assistant.rich.id}`);
        await log(page).getByRole("button", { name: "6 steps" }).waitFor();
        await inspect(page, "assistant-rich");
        await log(page).getByRole("button", { name: "6 steps" }).click();
        await log(page).getByRole("button", { name: "Thoughts" }).click();
        await log(page).getByText("Transcoding is the usual reason.").waitFor();
        await log(page).getByText("the log is 2 GB long").waitFor();
        await inspect(page, "assistant-steps");
        const [ada] = mock.accounts.users;
        const { id } = mock.assistant.held(ada.id, "Hostile", 1, [
          { kind: "person", text: "<img src=x onerror=alert(1)>" },
          { kind: "answer", text: HOSTILE },
        ]);
        await page.goto(`/assistant/${id}`);
        await log(page).getByText("more rows").waitFor();
        assert.equal(await page.evaluate(() => window.pwned), undefined);
        assert.equal(await log(page).locator("img, script, iframe, a[href^=javascript]").count(), 0);
        await log(page).getByText("(evil.example)").waitFor();
        await inspect(page, "assistant-hostile");
      }),
  ],
  [
    "a long result of a tool is shown whole when somebody asks, and says so where it is gone",
    (browser) =>
      withDesktop(browser, {}, async ({ page, mock }) => {
        const [ada] = mock.accounts.users;
        const tool = (run, kept) => ({
          kind: "tool",
          call: `call-${run}`,
          name: "docker_logs",
          summary: `Read the log of app ${run}`,
          input: { app: "jellyfin" },
          state: "done",
          output: "first line\n[… 900000 bytes left out …]\nlast line",
          kept,
          duration_ms: 90,
        });
        const { id } = mock.assistant.held(ada.id, "Logs", 1, [
          { kind: "person", text: "What do the logs say?" },
          tool(1, "r3.0"),
          tool(2, "r3.1"),
          { kind: "answer", text: "A lot." },
        ]);
        mock.assistant.results["r3.0"] = `first line\n${"between <b>them</b>\n".repeat(40_000)}last line`;
        await page.goto(`/assistant/${id}`);
        await log(page).getByRole("button", { name: "Read the log of app 1" }).click();
        await log(page).getByRole("button", { name: "Show all" }).click();
        const all = log(page).getByRole("group", { name: "All of what came back" });
        await all.waitFor();
        assert.equal(await all.textContent(), mock.assistant.results["r3.0"]);
        await inspect(page, "assistant-whole-result");
        await log(page).getByRole("button", { name: "Read the log of app 1" }).click();
        await log(page).getByRole("button", { name: "Read the log of app 2" }).click();
        await log(page).getByRole("button", { name: "Show all" }).click();
        await log(page).getByRole("alert").getByText("not kept any more").waitFor();
        await log(page).getByRole("button", { name: "Try again" }).waitFor();
      }),
  ],
  [
    "where older messages were condensed, a line says so and opens to what was kept",
    (browser) =>
      withDesktop(browser, {}, async ({ page, mock }) => {
        const [ada] = mock.accounts.users;
        const { id } = mock.assistant.held(ada.id, "Long", 1, [
          { kind: "person", text: "Why is it slow?" },
          { kind: "answer", text: "Jellyfin transcodes." },
          { kind: "person", text: "And now?" },
          {
            kind: "condensed",
            at: 1,
            text: "- [Fri 2027-01-15 09:00] Asked: Why is it slow?\n  Answered: Jellyfin <b>transcodes</b>.",
            messages: 2,
            shortened: false,
          },
          { kind: "answer", text: "Better." },
        ]);
        await page.goto(`/assistant/${id}`);
        const line = log(page).getByRole("button", { name: "Older messages were condensed" });
        assert.equal(await line.getAttribute("aria-expanded"), "false");
        await line.focus();
        await page.keyboard.press("Enter");
        await log(page).getByText("these notes of 2 messages and steps").waitFor();
        await log(page).getByText("Jellyfin <b>transcodes</b>.").waitFor();
        await log(page).getByText("Jellyfin transcodes.").waitFor();
        assert.equal(await log(page).getByRole("article").count(), 4, "nothing is gone");
        await inspect(page, "assistant-condensed");
      }),
  ],
  [
    "an answer goes on without its tab, and is there after a reload",
    (browser) =>
      withDesktop(browser, {}, async ({ page, mock }) => {
        mock.assistant.paced = true;
        await page.goto("/assistant");
        await askHalf(page, mock);
        await page.reload();
        await log(page).getByText("Jellyfin is").waitFor();
        await until("it is followed again", () => mock.assistant.following() === 1);
        mock.assistant.step();
        await log(page).getByText("which keeps all processors busy").waitFor();
        await page.goto("about:blank");
        await until("nobody follows", () => mock.assistant.following() === 0);
        mock.assistant.release();
        const [one] = [...mock.assistant.conversations.values()].filter((c) => c.title === QUESTION || c.run);
        await until("it ends by itself", () => one.run === null);
        await page.goto(`/assistant/${one.id}`);
        await finished(page);
        assert.equal(await log(page).getByRole("article").count(), 2, "nothing is there twice");
      }),
  ],
  [
    "an answer outlives the network",
    (browser) =>
      withDesktop(browser, {}, async ({ page, mock }) => {
        mock.assistant.paced = true;
        await page.goto("/assistant");
        await ask(page);
        await until("it is followed", () => mock.assistant.following() === 1);
        mock.goDown();
        await page.locator("[data-connection=reconnecting]").waitFor({ state: "attached" });
        mock.assistant.release();
        const [one] = [...mock.assistant.conversations.values()].filter(
          (c) => c.title === "" || c.title === QUESTION,
        );
        await until("it ends meanwhile", () => one.run === null);
        await field(page).fill("and a draft");
        const send = room(page).getByRole("button", { name: "Send" });
        if (await send.count()) assert.equal(await send.getAttribute("aria-disabled"), "true");
        mock.comeBack();
        await finished(page);
        assert.equal(await field(page).inputValue(), "and a draft");
        assert.equal(await log(page).getByRole("article").count(), 2, "nothing is there twice");
      }),
  ],
  [
    "a second question waits, and Escape twice stops an answer",
    (browser) =>
      withDesktop(browser, {}, async ({ page, mock }) => {
        mock.assistant.paced = true;
        await page.goto("/assistant");
        await ask(page);
        await room(page).getByRole("button", { name: "Stop answering" }).waitFor();
        await field(page).fill("And tomorrow?");
        await room(page).getByRole("button", { name: "Send" }).click();
        await log(page).getByText("Waiting for the answer before it").waitFor();
        await inspect(page, "assistant-queued");
        await field(page).press("Escape");
        await room(page).getByText("Press Esc once more to stop the answer.").waitFor();
        await field(page).press("Escape");
        await log(page).getByText("Stopped early").first().waitFor();
        await until("the next one begins", () => mock.assistant.waiting() > 0);
        mock.assistant.release();
        await finished(page);
        await log(page).getByText("Waiting for the answer before it").waitFor({ state: "detached" });
        await inspect(page, "assistant-stopped");
      }),
  ],
  [
    "a stopped answer can be gone on with",
    (browser) =>
      withDesktop(browser, {}, async ({ page, mock }) => {
        mock.assistant.paced = true;
        await page.goto("/assistant");
        await askHalf(page, mock);
        await room(page).getByRole("button", { name: "Stop answering" }).click();
        await log(page).getByText("Stopped early").waitFor();
        mock.assistant.release();
        await log(page).getByRole("button", { name: "Continue" }).click();
        await finished(page);
      }),
  ],
  ...ENDS.map(([what, problem, said, says, action]) => [
    `an answer that fails: ${what}`,
    (browser) =>
      withDesktop(browser, {}, async ({ page, mock }) => {
        mock.assistant.script = failing(problem, said);
        await page.goto("/assistant");
        await ask(page);
        await log(page).getByText(says).waitFor();
        if (problem.message) await log(page).getByText(problem.message).waitFor();
        await inspect(page, `assistant-failed-${problem.code}`);
        const way = log(page).getByRole("button", { name: action });
        await way.click();
        if (action === "Try again" || action === "Continue")
          await until("it is asked again", () => asked(mock, "POST /api/v1/assistant/conversations/") === 2);
        else await win(page, "settings").getByRole("heading", { name: "AI" }).waitFor();
      }),
  ]),
  [
    "a message that does not arrive stays, can be changed and sent again",
    (browser) =>
      withDesktop(browser, {}, async ({ page, mock }) => {
        const line = `POST /api/v1/assistant/conversations/${mock.assistant.rich.id}/messages`;
        mock.state.fail.set(line, { status: 500, code: "internal", message: "the disk is full" });
        await page.goto(`/assistant/${mock.assistant.rich.id}`);
        await ask(page);
        await log(page).getByText("Not sent. The disk is full.").waitFor();
        await inspect(page, "assistant-not-sent");
        await page.reload();
        await log(page).getByText("Not sent. The disk is full.").waitFor();
        mock.state.fail.clear();
        await log(page).getByRole("button", { name: "Edit" }).click();
        assert.equal(await field(page).inputValue(), QUESTION);
        await field(page).press("Enter");
        await finished(page);
        assert.equal(await log(page).getByText("Not sent.").count(), 0);
      }),
  ],
  [
    "conversations are renamed, pinned, archived, deleted and brought back",
    (browser) =>
      withDesktop(browser, {}, async ({ page, mock }) => {
        await page.goto("/assistant");
        const list = room(page);
        const line = (title) => list.locator("[data-conversation]").filter({ hasText: title });
        const choose = async (title, item) => {
          await line(title).focus();
          await page.keyboard.press("Shift+F10");
          await page.getByRole("menuitem", { name: item }).click();
        };
        await line("Tidy up Downloads").waitFor();
        await line("Tidy up Downloads").click({ button: "right" });
        await page.getByRole("menuitem", { name: "Rename" }).waitFor();
        await inspect(page, "assistant-menu");
        await page.keyboard.press("Escape");
        // It goes with an animation, and is not the one that is opened next.
        await page.getByRole("menu").waitFor({ state: "detached" });
        await choose("Tidy up Downloads", "Rename");
        await page.getByLabel("Title").fill("Downloads");
        await page.keyboard.press("Enter");
        await line("Downloads").waitFor();
        await choose("Downloads", "Pin");
        await list.getByRole("region", { name: "Pinned" }).getByText("Downloads").waitFor();
        await choose("Downloads", "Archive");
        await list.getByRole("button", { name: "Archived (2)" }).click();
        await list.getByRole("region", { name: "Archived" }).getByText("Downloads").waitFor();
        await inspect(page, "assistant-archived");

        await line("Why is Jellyfin slow?").click();
        await log(page).getByText("And who watched something?").waitFor();
        await line("Why is Jellyfin slow?").press("Delete");
        await line("Why is Jellyfin slow?").waitFor({ state: "detached" });
        await room(page).getByText("What should we look at?").waitFor();
        await page.getByRole("button", { name: "Undo" }).click();
        await log(page).getByText("And who watched something?").waitFor();
        assert.equal(asked(mock, "DELETE /api/v1/assistant/conversations/"), 0);

        await line("Downloads").press("Delete");
        await page.getByRole("region", { name: "Messages" }).getByRole("button", { name: "Close" }).click();
        await until("it is deleted", () => asked(mock, "DELETE /api/v1/assistant/conversations/") === 1);
        await line("Why is Jellyfin slow?").press("ArrowDown");
        assert.notEqual(await focused(page), "Why is Jellyfin slow?");
        await list.getByRole("searchbox").fill("photos backups");
        await line("Backups of the family photos").waitFor();
        assert.equal(await line("Why is Jellyfin slow?").count(), 0);
        await list.getByRole("searchbox").fill("zzz");
        await list.getByText("No conversation matches “zzz”").waitFor();
      }),
  ],
  [
    "drafts stay with their conversation, and commands are answered by the window",
    (browser) =>
      withDesktop(browser, {}, async ({ page, mock }) => {
        await page.goto(`/assistant/${mock.assistant.rich.id}`);
        await field(page).fill("half a thou");
        await room(page).getByRole("button", { name: "New conversation" }).click();
        await room(page).getByText("What should we look at?").waitFor();
        assert.equal(await field(page).inputValue(), "");
        await page.goto(`/assistant/${mock.assistant.rich.id}`);
        await log(page).waitFor();
        assert.equal(await field(page).inputValue(), "half a thou");
        await field(page).fill("/st");
        await room(page)
          .getByRole("option", { name: /\/stats/ })
          .waitFor();
        await inspect(page, "assistant-commands");
        await page.keyboard.press("ArrowDown");
        await page.keyboard.press("Enter");
        await room(page).getByRole("region", { name: "/stats" }).getByText("17,512 tokens").waitFor();
        await inspect(page, "assistant-stats");
        await field(page).fill("/think high");
        await page.keyboard.press("Enter");
        const think = room(page).getByRole("region", { name: "/think" });
        await think.getByRole("button", { name: "A lot", pressed: true }).waitFor();
        assert.equal(mock.assistant.rich.thinking, "high");
        await inspect(page, "assistant-think");
        await field(page).fill("/verbose full");
        await page.keyboard.press("Enter");
        const shows = room(page).getByRole("region", { name: "/verbose" });
        await shows.getByRole("button", { name: /Each step opened/, pressed: true }).waitFor();
        await log(page).locator("button[aria-expanded=true]").first().waitFor();
        await inspect(page, "assistant-verbose");
        await field(page).fill("/verbose off");
        await page.keyboard.press("Enter");
        await log(page).locator("button[aria-expanded=true]").first().waitFor({ state: "detached" });
        await field(page).fill("/help");
        await page.keyboard.press("Escape");
        await page.keyboard.press("Enter");
        await room(page)
          .getByRole("region", { name: "/help" })
          .getByText("Begin a new conversation")
          .waitFor();
        await field(page).fill("");
        await page.keyboard.press("ArrowUp");
        assert.equal(await field(page).inputValue(), "And who watched something?");
        for (let line = 0; line < 12; line += 1) await field(page).press("Shift+Enter");
        const { height } = await field(page).boundingBox();
        assert.ok(height > 100 && height < 200, `grows to eight lines, ${height}`);
        await field(page).fill("x".repeat(33_000));
        await room(page).getByText("This is too long to send.").waitFor();
        assert.equal(asked(mock, "POST /api/v1/assistant/conversations/"), 0);
      }),
  ],
  [
    "what is read is not moved while more is written",
    (browser) =>
      withDesktop(browser, {}, async ({ page, mock }) => {
        mock.assistant.paced = true;
        mock.assistant.script = Array.from({ length: 4 }, (_, n) => ({ say: `${ANSWER}\n\nPart ${n}.\n\n` }));
        await page.goto("/assistant");
        await ask(page);
        await until("it waits", () => mock.assistant.waiting() === 1);
        mock.assistant.step();
        await log(page).getByText("Part 0.").waitFor();
        const place = () => log(page).evaluate((box) => [box.scrollTop, box.scrollHeight - box.clientHeight]);
        const [at, end] = await place();
        assert.ok(end - at < 2, "it follows");
        await log(page).hover();
        await page.mouse.wheel(0, -400);
        await room(page).getByRole("button", { name: "Jump to latest" }).waitFor();
        const [before] = await place();
        mock.assistant.step();
        await log(page).getByText("Part 1.").waitFor();
        assert.equal((await place())[0], before);
        await room(page).getByRole("button", { name: "Jump to latest" }).click();
        await room(page).getByRole("button", { name: "Jump to latest" }).waitFor({ state: "detached" });
        mock.assistant.release();
        await log(page).getByText("Part 3.").waitFor();
        const [last, bottom] = await place();
        assert.ok(bottom - last < 2, "it follows again");
      }),
  ],
  [
    "a question from the search begins a conversation",
    (browser) =>
      withDesktop(browser, {}, async ({ page, mock }) => {
        const [provider] = mock.assistant.providers.splice(0);
        await page.keyboard.press("Control+KeyK");
        await page.getByRole("combobox").fill("and without a model");
        await page.getByRole("option", { name: /^Ask the assistant/ }).click();
        await room(page).getByText("Connect a model to begin").waitFor();
        mock.assistant.providers.push(provider);
        await page.reload();
        await room(page).getByText("What should we look at?").waitFor();
        assert.equal(await field(page).inputValue(), "and without a model");
        await field(page).fill("");
        await page.keyboard.press("Control+KeyK");
        await page.getByRole("combobox").fill("why is it so warm");
        await page.getByRole("option", { name: "Ask the assistant: “why is it so warm”" }).click();
        await finished(page);
        await log(page).getByText("why is it so warm").waitFor();
        await page.waitForFunction(() => document.activeElement?.tagName === "TEXTAREA");
        assert.ok(!page.url().includes("warm"), "what is asked is not in the address");
      }),
  ],
  [
    "without a model, without the service, and as a member",
    (browser) =>
      withDesktop(browser, { signIn: false }, async ({ page, mock }) => {
        mock.assistant.providers.length = 0;
        await signIn(page);
        await page.goto("/assistant");
        await room(page).getByText("Connect a model to begin").waitFor();
        await inspect(page, "assistant-connect");
        mock.assistant.down = true;
        await page.goto("/assistant");
        await room(page).getByText("The assistant isn't running").waitFor();
        await inspect(page, "assistant-unavailable");
        mock.assistant.down = false;
        await room(page).getByRole("button", { name: "Try again" }).click();
        await room(page).getByRole("button", { name: "Connect" }).click();
        await win(page, "settings").getByText("Connect a model to begin").waitFor();
        await page.context().clearCookies();
        await page.goto("/");
        await signIn(page, "ben");
        await page.goto("/assistant");
        await room(page).getByText("An owner or admin of this server can connect one in Settings.").waitFor();
        assert.equal(await room(page).getByRole("button", { name: "Connect" }).count(), 0);
        await inspect(page, "assistant-member");
        await page.goto(`/assistant/${mock.assistant.rich.id}`);
        await room(page).getByText("This conversation is no longer there").waitFor();
        await inspect(page, "assistant-gone");
      }),
  ],
];
