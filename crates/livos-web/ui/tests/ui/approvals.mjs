// What the assistant may not do itself: the card that asks, the answers to it, and what comes of them.
import assert from "node:assert/strict";
import { inspect, withDesktop } from "../lib/desktop.mjs";

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

        // Answered in another tab meanwhile.
        await round("Six", [stop]);
        await cards.nth(5).getByRole("button", { name: "Approve" }).waitFor();
        const [six] = [...mock.assistant.proposals.values()].slice(-1);
        six.proposal.state = "withdrawn";
        await cards.nth(5).getByRole("button", { name: "Approve" }).click();
        await cards.nth(5).getByRole("alert").getByText("It was answered already.").waitFor();
      }),
  ],
];
