// What the assistant may not do itself: the card that asks, the answers to it, and what comes of them.
import assert from "node:assert/strict";
import { inspect, until, win, withDesktop } from "../lib/desktop.mjs";

const room = (page) => page.locator("[data-app=assistant]").first();
const log = (page) => room(page).getByRole("log");
const field = (page) => room(page).getByRole("textbox", { name: "Message" });

async function ask(page, text) {
  await field(page).fill(text);
  await field(page).press("Enter");
  await log(page).getByText(text, { exact: true }).first().waitFor();
}

/** The answer that the scripts here end with. */
const finished = (page) => log(page).getByText("That is all.").waitFor();

export default [
  ...["light", "dark", "phone"].map((look) => [
    `what the assistant may not do itself waits for its person (${look})`,
    (browser) =>
      withDesktop(
        browser,
        { theme: look === "dark" ? "dark" : "light", size: look === "phone" ? "phone" : "desktop" },
        async ({ page, mock }) => {
          const [ada] = mock.accounts.users;
          mock.assistant.script = [
            { say: "It hangs, so I would restart it." },
            { propose: { tool: "apps_restart", app: "Jellyfin" } },
            { say: "It runs again. That is all." },
          ];
          const { id } = mock.assistant.make(ada.id, { title: "Jellyfin" });
          await page.goto(`/assistant/${id}`);
          await field(page).fill("Restart it");
          if (look === "phone") await room(page).getByRole("button", { name: "Send" }).tap();
          else await field(page).press("Enter");
          const card = log(page).getByRole("article", { name: "Restart Jellyfin" });
          await card.getByText("It has not answered for an hour.").waitFor();
          await card.getByText('apps_restart {"app":"jellyfin"}').waitFor();
          await inspect(page, `assistant-proposal-${look}`);
          // It is still there after the tab was closed.
          await page.reload();
          const yes = card.getByRole("button", { name: "Approve" });
          if (look === "phone") await yes.tap();
          else await yes.click();
          // What comes next may move under the pointer, and would show its tooltip.
          await page.mouse.move(0, 0);
          await card.getByText("Done.", { exact: true }).waitFor();
          await finished(page);
          assert.deepEqual(mock.assistant.answers, [
            ["approve", { tool: "apps_restart", arguments: { app: "jellyfin" } }, false],
          ]);
          assert.equal(await card.getByRole("button").count(), 0, "a restart can't be undone");
          await inspect(page, `assistant-proposal-done-${look}`);
        },
      ),
    { weight: 2 },
  ]),
  [
    "a proposal is refused, undone, allowed from now on, and asked about when nobody knows",
    (browser) =>
      withDesktop(browser, {}, async ({ page, mock }) => {
        const [ada] = mock.accounts.users;
        const { id } = mock.assistant.make(ada.id, { title: "Jellyfin" });
        await page.goto(`/assistant/${id}`);
        const undo = { tool: "apps_start", arguments: { app: "jellyfin" } };
        const stop = { propose: { tool: "apps_stop", app: "Jellyfin", undo } };
        const cards = log(page).getByRole("article", { name: "Stop Jellyfin" });
        const round = async (text, script) => {
          mock.assistant.script = [...script, { say: `${text}: that is all.` }];
          await ask(page, text);
        };
        const over = (text) => log(page).getByText(`${text}: that is all.`).waitFor();

        await round("One", [stop]);
        await cards.last().getByRole("button", { name: "Deny" }).click();
        await cards.last().getByText("Not done: the answer was no.").waitFor();
        await over("One");

        await round("Two", [stop]);
        await cards.nth(1).getByRole("button", { name: "Always in this chat" }).click();
        await over("Two");
        await cards.nth(1).getByRole("button", { name: "Undo" }).click();
        await cards.nth(1).getByText("Done, and undone.").waitFor();
        await log(page).getByText("In this chat the assistant stops apps without asking.").waitFor();
        await page.mouse.move(0, 0);
        await inspect(page, "assistant-rule");

        await round("Three", [stop]);
        await over("Three");
        assert.equal(mock.assistant.answers.length, 2, "nobody was asked");
        await log(page).getByRole("button", { name: "Ask again" }).click();
        await log(page).getByText("without asking").waitFor({ state: "detached" });

        await round("Four", [{ propose: { ...stop.propose, state: "unknown" } }]);
        await cards.nth(3).getByText("LivOS was stopped before it knew").waitFor();
        await inspect(page, "assistant-unknown");
        await cards.nth(3).getByRole("button", { name: "Leave it" }).click();
        await over("Four");

        mock.assistant.breaks = { state: "failed", outcome: "the disk is full" };
        await round("Five", [{ propose: { ...stop.propose, tainted: true } }]);
        await cards.nth(4).getByText("had read something from outside").waitFor();
        assert.equal(await cards.nth(4).getByRole("button", { name: "Always in this chat" }).count(), 0);
        await inspect(page, "assistant-tainted");
        await cards.nth(4).getByRole("button", { name: "Approve" }).click();
        await cards.nth(4).getByText("The disk is full.").waitFor();
        await over("Five");

        // Reading the web is asked about for no other reason, so it can be settled all the same.
        delete mock.assistant.breaks;
        const action = { tool: "scrape", arguments: { url: "https://example.org/?q=home" } };
        const read = { propose: { tool: "scrape", app: "example.org", tainted: true, action } };
        const reading = log(page).getByRole("article", { name: "Read a page at example.org" });
        await round("Read", [read]);
        await reading.getByText("Whatever stands in it is told to example.org").waitFor();
        await reading.getByText("https://example.org/?q=home").waitFor();
        await inspect(page, "assistant-egress");
        await reading.getByRole("button", { name: "Always in this chat" }).click();
        await over("Read");
        await log(page).getByText("In this chat the assistant reads any web page without asking.").waitFor();
        await log(page).getByRole("button", { name: "Ask again" }).click();
        await log(page).getByText("without asking").waitFor({ state: "detached" });

        // So is a search.
        const find = { tool: "web_search", arguments: { query: "roses password" } };
        await round("Find", [
          { propose: { tool: "web_search", app: "Tavily", tainted: true, action: find } },
        ]);
        const finding = log(page).getByRole("article", { name: "Search the web with Tavily" });
        await finding.getByText("Tavily is told them").waitFor();
        await finding.getByText("roses password").waitFor();
        await finding.getByRole("button", { name: "Always in this chat" }).click();
        await over("Find");
        await log(page).getByText("In this chat the assistant searches the web for anything").waitFor();
        await log(page).getByRole("button", { name: "Ask again" }).click();
        await log(page).getByText("without asking").waitFor({ state: "detached" });

        // What has to be read first is asked about each time.
        const notes = ["It reads your photos.", "It is reached from the internet."];
        await round("Install", [{ propose: { tool: "apps_install", app: "Immich", notes } }]);
        const installing = log(page).getByRole("article", { name: "Install Immich" });
        for (const note of notes) await installing.getByText(note).waitFor();
        assert.equal(await installing.getByRole("button", { name: "Always in this chat" }).count(), 0);
        await inspect(page, "assistant-install");
        await installing.getByRole("button", { name: "Deny" }).click();
        await over("Install");

        // A text is shown with its lines, and what becomes of the file as it is now.
        const place = { root: "home", path: "Documents/list.txt", revision: "1" };
        const write = { tool: "files_write", arguments: { ...place, text: "milk\neggs\n" } };
        await round("Write", [{ propose: { tool: "files_write", app: "list.txt", action: write } }]);
        const writing = log(page).getByRole("article", { name: "Write list.txt" });
        await writing.getByText("The file as it is now goes into the trash.").waitFor();
        assert.equal(await writing.locator("pre").textContent(), "milk\neggs\n");
        await writing.getByText('"text":"…"').waitFor();
        await inspect(page, "assistant-write");
        await writing.getByRole("button", { name: "Approve" }).click();
        await over("Write");
        assert.deepEqual(mock.assistant.answers.at(-1), ["approve", write, false]);

        // A command is shown word by word.
        const cmd = ["sh", "-c", "rm -rf /tmp/cache && df -h"];
        const exec = { tool: "docker_exec", arguments: { container: "c".repeat(64), cmd, seconds: 30 } };
        const means = ["The container belongs to the app Jellyfin."];
        await round("Run", [
          { propose: { tool: "docker_exec", app: "jellyfin-1", action: exec, notes: means } },
        ]);
        const running = log(page).getByRole("article", { name: "Run a command in the container jellyfin-1" });
        assert.equal(await running.locator("pre").textContent(), 'sh -c "rm -rf /tmp/cache && df -h"');
        await running.getByText(means[0]).waitFor();
        assert.equal(await running.getByRole("button", { name: "Always in this chat" }).count(), 0);
        await inspect(page, "assistant-command");
        await running.getByRole("button", { name: "Approve" }).click();
        await over("Run");
        assert.deepEqual(mock.assistant.answers.at(-1), ["approve", exec, false]);

        // What becomes of another server is in its title.
        const manage = { name: "notes", action: "remove", at: "http://10.0.0.5/mcp" };
        await round("Server", [
          {
            propose: { tool: "mcp_manage", app: "notes", action: { tool: "mcp_manage", arguments: manage } },
          },
        ]);
        const removing = log(page).getByRole("article", { name: "Remove the server of tools notes" });
        await removing.getByRole("button", { name: "Deny" }).click();
        await over("Server");

        // Answered in another tab meanwhile.
        await round("Six", [stop]);
        await cards.nth(5).getByRole("button", { name: "Approve" }).waitFor();
        const [six] = [...mock.assistant.proposals.values()].slice(-1);
        six.proposal.state = "withdrawn";
        await cards.nth(5).getByRole("button", { name: "Approve" }).click();
        await cards.nth(5).getByRole("alert").getByText("It was answered already.").waitFor();
      }),
  ],
  ...["light", "phone"].map((look) => [
    `a run is undone: what is put back, what is not and why, and how it went (${look})`,
    (browser) =>
      withDesktop(browser, { size: look === "phone" ? "phone" : "desktop" }, async ({ page, mock }) => {
        const [ada] = mock.accounts.users;
        const one = mock.assistant.held(ada.id, "Less", 1, [{ kind: "person", text: "Stop what is idle" }]);
        mock.assistant.did(one, 1, "apps_stop", "Jellyfin", "apps_start");
        mock.assistant.did(one, 2, "apps_stop", "Gitea", "apps_start");
        mock.assistant.did(one, 3, "apps_restart", "Immich");
        await page.goto(`/assistant/${one.id}`);
        const open = log(page).getByRole("button", { name: "Undo this run" });
        await open.click();
        const dialog = page.getByRole("dialog", { name: "Undo what this run changed?" });
        await dialog.getByText("These 2 are put back, from the top down").waitFor();
        const back = dialog.locator("section").first().getByRole("listitem");
        assert.deepEqual(await back.evaluateAll((all) => all.map((item) => item.firstChild.textContent)), [
          "Stop Gitea",
          "Stop Jellyfin",
        ]);
        await back.first().getByText("Gitea is started again.").waitFor();
        await back.first().getByText('apps_start {"app":"gitea"}').waitFor();
        await dialog.getByText("A restart leaves nothing to put back").waitFor();
        await inspect(page, `assistant-undo-${look}`);
        await dialog.getByRole("button", { name: "Cancel" }).click();
        assert.deepEqual(mock.assistant.undone, [], "nothing was touched");

        // It is not what was shown any more: nothing is put back, and what there is now is shown.
        await open.click();
        await dialog.getByText("These 2 are put back").waitFor();
        const [stop] = [...mock.assistant.proposals.values()];
        const before = stop.proposal.undo;
        stop.proposal.undo = { tool: "apps_start", arguments: { app: "other" } };
        await dialog.getByRole("button", { name: "Undo", exact: true }).click();
        await dialog.getByRole("alert").getByText("look again").waitFor();
        await dialog.getByText('apps_start {"app":"other"}').waitFor();
        stop.proposal.undo = before;
        await dialog.getByRole("button", { name: "Cancel" }).click();

        mock.assistant.undoBreaks.jellyfin = "Jellyfin was changed since; what was done then stays";
        mock.assistant.paced = true;
        await open.click();
        await dialog.getByRole("button", { name: "Undo", exact: true }).click();
        await dialog.getByText("Putting it back…").waitFor();
        await inspect(page, `assistant-undo-working-${look}`, { restless: true });
        mock.assistant.paced = false;
        mock.assistant.step();
        await dialog.getByText("Some of it could not be put back").waitFor();
        await dialog.getByText("Jellyfin was changed since").waitFor();
        await inspect(page, `assistant-undo-partly-${look}`);
        await dialog.getByRole("button", { name: "Close" }).last().click();
        const card = (name) => log(page).getByRole("article", { name });
        await card("Stop Gitea").getByText("Done, and undone.").waitFor();
        await card("Stop Jellyfin").getByText("Undoing it didn't work.").waitFor();

        // What could not be put back is asked for again; then there is nothing left.
        mock.assistant.undoBreaks = {};
        await open.click();
        await dialog.getByText("This is put back").waitFor();
        await dialog.getByText("Undone already").waitFor();
        await dialog.getByRole("button", { name: "Undo", exact: true }).click();
        await dialog.getByText("It is as it was before").waitFor();
        await dialog.getByRole("button", { name: "Close" }).last().click();
        await open.click();
        await dialog.getByText("Nothing can be undone").waitFor();
        await inspect(page, `assistant-undo-nothing-${look}`);
      }),
  ]),
  [
    "what the assistant may do is settled beforehand, for one conversation or for all",
    (browser) =>
      withDesktop(browser, {}, async ({ page, mock }) => {
        const { id, title } = mock.assistant.rich;
        mock.assistant.rules.push({ tool: "apps_restart", conversation: id, verdict: "allow" });
        await page.goto("/settings/ai");
        const settings = win(page, "settings");
        await settings.getByLabel("Stop an app", { exact: true }).selectOption("Never");
        await until("the rule is kept", () => mock.assistant.rules.length === 2);
        assert.deepEqual(mock.assistant.rules[1], { tool: "apps_stop", conversation: "", verdict: "deny" });
        await inspect(page, "ai-rules");
        mock.state.fail.set("PUT /api/v1/assistant/rules/apps_start", {
          status: 409,
          code: "conflict",
          message: "there are too many rules; remove some",
        });
        await settings.getByLabel("Start an app", { exact: true }).selectOption("Do it without asking");
        await page.getByText("There are too many rules; remove some.").first().waitFor();
        await page.waitForFunction(() =>
          [...document.querySelectorAll("select")].some(
            (one) => one.labels[0]?.textContent === "Start an app" && one.value === "ask",
          ),
        );
        await settings.getByRole("button", { name: `Restart an app: ask again in ${title}` }).click();
        await until("it asks again", () => mock.assistant.rules.length === 1);
        await settings.getByText("Without asking in").waitFor({ state: "detached" });
        await settings.getByLabel("Stop an app", { exact: true }).selectOption("Ask me");
        await until("nothing is settled", () => mock.assistant.rules.length === 0);
        await page.reload();
        await settings.getByLabel("Stop an app", { exact: true }).waitFor();
        assert.equal(await settings.getByLabel("Stop an app", { exact: true }).inputValue(), "ask");
      }),
  ],
  [
    "what is scheduled is paused, run, removed and had back",
    (browser) =>
      withDesktop(browser, {}, async ({ page, mock }) => {
        await page.goto("/settings/ai");
        const settings = win(page, "settings");
        await settings.getByText(/^Monday to Friday at 8:00/).waitFor();
        await settings.getByText(/^\*\/30 9-17 \* \* \* · /).waitFor();
        await settings.getByText("The account it belongs to is switched off.").waitFor();
        await inspect(page, "ai-schedules");
        const choose = async (task, item) => {
          await settings.getByRole("button", { name: `Menu of ‘${task}` }).click();
          await page.getByRole("menuitem", { name: item, exact: true }).click();
        };
        const plan = (id) => mock.assistant.schedules.find((one) => one.id === id);
        await choose("Say how full", "Resume");
        await until("it comes again", () => plan("c0-12-0").paused === false);
        await settings.getByText("The account it belongs to").waitFor({ state: "detached" });
        await choose("Remind me to swap", "Pause");
        await until("it is paused", () => plan("c0-9-0").paused);
        await choose("Remind me to swap", "Remove");
        await settings.getByText("Remind me to swap the backup drive.").waitFor({ state: "detached" });
        await page.getByRole("button", { name: "Undo" }).click();
        await settings.getByText("Remind me to swap the backup drive.").waitFor();
        await choose("Look whether", "Run now");
        await settings.getByText(/being answered$/).waitFor();
        // Whoever did not wait for it is told, and led to it.
        await page.getByText("Something you had scheduled has come").first().waitFor();
        await page.getByRole("button", { name: "Show", exact: true }).click();
        await log(page).getByText("Look whether every app runs, and tell me what does not.").waitFor();
        await log(page)
          .getByText(/^Scheduled for /)
          .waitFor();
        await inspect(page, "assistant-scheduled");
      }),
  ],
  [
    "something is scheduled by hand, for a time or for what happens",
    (browser) =>
      withDesktop(browser, {}, async ({ page, mock }) => {
        await page.goto("/settings/ai");
        const settings = win(page, "settings");
        await settings.getByText("An app has a problem: jellyfin").waitFor();
        const dialog = page.getByRole("dialog", { name: "New schedule" });
        const begin = () => settings.getByRole("button", { name: "New schedule" }).click();
        const made = () => mock.assistant.schedules.at(-1);
        await begin();
        const finish = dialog.getByRole("button", { name: "Schedule", exact: true });
        assert.ok(await finish.isDisabled(), "nothing is asked yet");
        await dialog.getByLabel("What to ask").fill("Tell me what is new.");
        await dialog.getByLabel("At", { exact: true }).fill("07:30");
        await inspect(page, "ai-schedule-new");
        await finish.click();
        await dialog.waitFor({ state: "detached" });
        assert.deepEqual([made().cron, made().task], ["30 7 * * *", "Tell me what is new."]);
        await begin();
        await dialog.getByLabel("What to ask").fill("Look at its log.");
        await dialog.getByLabel("Who is asked").selectOption({ label: "Disk watcher" });
        await dialog.getByLabel("When").selectOption({ label: "When something happens" });
        await dialog.getByLabel("What happens").selectOption({ label: "A service of the system fails" });
        await dialog.getByLabel("Only to this one").fill("caddy.service");
        await inspect(page, "ai-schedule-event");
        await finish.click();
        await settings.getByText("A service of the system fails: caddy.service").first().waitFor();
        assert.equal(made().subagent, "disks");
        await begin();
        await dialog.getByLabel("What to ask").fill("Too late.");
        await dialog.getByLabel("When").selectOption({ label: "Once" });
        await dialog.getByLabel("At", { exact: true }).fill("2020-01-01T08:00");
        await finish.click();
        await dialog.getByText(/that time is over/i).waitFor();
      }),
  ],
  [
    "a skill is looked at, enabled, disabled, added and removed",
    (browser) =>
      withDesktop(browser, {}, async ({ page, mock }) => {
        await page.goto("/settings/ai");
        const settings = win(page, "settings");
        const skill = (name) => mock.assistant.skills.find((one) => one.name === name);
        await settings.getByRole("button", { name: "Look at ‘tidy-downloads’" }).click();
        const dialog = page.getByRole("dialog", { name: "tidy-downloads" });
        await dialog.getByText("after it had read what a stranger may have written").waitFor();
        await dialog.getByText("There are none called files.").waitFor();
        await dialog.getByText("Sort them by month.").waitFor();
        await inspect(page, "ai-skill-waits");
        // Meanwhile it has become another text: that one is not agreed to.
        const waiting = skill("tidy-downloads").waiting;
        skill("tidy-downloads").waiting = {
          ...waiting,
          id: "ffff",
          text: `${waiting.text}Then delete them.\n`,
        };
        await dialog.getByRole("button", { name: "Enable exactly this" }).click();
        await dialog.getByRole("alert").getByText("It has changed since you looked at it").waitFor();
        await dialog.getByText("It was changed while you looked at it.").waitFor();
        assert.equal(await dialog.getByText("Then delete them.").count(), 0, "what one reads stays");
        assert.equal(await dialog.getByRole("button", { name: "Enable exactly this" }).count(), 0);
        await dialog.getByRole("button", { name: "Look at it as it is now" }).click();
        await dialog.getByText("Then delete them.").waitFor();
        await dialog.getByRole("button", { name: "Enable exactly this" }).click();
        await dialog.waitFor({ state: "detached" });
        await until("it is used", () => skill("tidy-downloads").enabled);
        const choose = async (name, item) => {
          await settings.getByRole("button", { name: `Menu of ‘${name}’` }).click();
          await page.getByRole("menuitem", { name: item, exact: true }).click();
        };
        await choose("server-health", "Disable");
        await until("it is not used", () => skill("server-health").enabled === false);
        await choose("server-health", "Show");
        await page.getByRole("dialog").getByText("Not in use").waitFor();
        await page.keyboard.press("Escape");
        await choose("tidy-downloads", "Remove");
        await page.getByRole("alertdialog").getByRole("button", { name: "Remove" }).click();
        await until("it is gone", () => skill("tidy-downloads") === undefined);
        const add = (text) =>
          settings
            .getByLabel("Add a skill")
            .and(page.locator("input"))
            .setInputFiles({
              name: "SKILL.md",
              mimeType: "text/markdown",
              buffer: Buffer.from(text),
            });
        await add("broken");
        await page
          .getByText("‘SKILL.md’ was not added: It has to begin with a line of ---")
          .first()
          .waitFor();
        await add("---\nname: greet\ndescription: Greets.\n---\nSay hello.\n");
        const added = page.getByRole("dialog", { name: "greet" });
        await added.getByText("Say hello.").waitFor();
        await added.getByRole("button", { name: "Throw away" }).click();
        await until("it is gone", () => skill("greet") === undefined);
        await inspect(page, "ai-skills");
      }),
  ],
];
