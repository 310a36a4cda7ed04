// A model is connected, a question is answered with what the server looked up, an app is restarted once its person
// has agreed, and no closed tab, dead daemon or lost connection takes an answer away. The model is a server that speaks the providers' protocol and isn't ours.
import assert from "node:assert/strict";
import { LLMock } from "@copilotkit/aimock";
import { claim, desktop, inspect, install, OWNER, online, openApp, until } from "../stack.mjs";

const KEY = "sk-canary-53cret-9876543210";
const COUNT = Array.from({ length: 120 }, (_, number) => `${number + 1},`).join(" ");

export const docker = true;

const restarting = (app) => [
  {
    match: { userMessage: "please restart it", hasToolResult: false },
    response: {
      content: "I would restart it.",
      toolCalls: [{ id: "call_restart", name: "apps_restart", arguments: { app, why: "It hangs." } }],
    },
  },
  {
    match: { userMessage: "please restart it", hasToolResult: true },
    response: { content: "It runs again, fresh." },
  },
];

const FIXTURES = [
  { match: { userMessage: "Answer with the word OK." }, response: { content: "OK" } },
  {
    match: { userMessage: "why is my server slow", hasToolResult: false },
    response: {
      content: "I will look.",
      toolCalls: [
        { id: "call_status", name: "status", arguments: {} },
        { id: "call_cpu", name: "sysinfo", arguments: { topic: "cpu" } },
      ],
    },
  },
  {
    match: { userMessage: "why is my server slow", hasToolResult: true },
    response: {
      content: "It is **not** slow:\n\n| What | How |\n|---|---|\n| Processors | idle |\n\nAll is well.",
    },
  },
  {
    match: { userMessage: "please remind me in a minute", hasToolResult: false },
    response: {
      content: "I schedule it.",
      toolCalls: [
        { id: "call_cron", name: "cron", arguments: { task: "Say that the minute is over.", delay: 1 } },
      ],
    },
  },
  {
    match: { userMessage: "please remind me in a minute", hasToolResult: true },
    response: { content: "I will remind you." },
  },
  { match: { userMessage: "Say that the minute is over." }, response: { content: "The minute is over." } },
  { match: { userMessage: "count slowly" }, response: { content: `${COUNT} done` }, latency: 40 },
];

export default async function ({ stack, browser }) {
  const model = new LLMock({ port: 0, host: "127.0.0.1", chunkSize: 4, strict: true, logLevel: "silent" });
  model.addFixturesFromJSON([...restarting(stack.app), ...FIXTURES]);
  const address = await model.start();
  try {
    await journey({ stack, browser, address });
  } finally {
    await model.stop();
  }
}

/** Nothing happens to an app before its person has agreed; a dead daemon in between changes nothing about that. */
async function restart({ page, stack, log, ask }) {
  await install(page, stack.app);

  await ask("please restart it");
  const card = log.getByRole("article", { name: /^Restart / });
  await card.getByText("It hangs.").waitFor();
  await inspect(page, "a proposal");
  await stack.order({ crash: "livos-nexus" });
  await online(page);
  await card.getByRole("button", { name: "Approve" }).click();
  await card.getByText("Done.", { exact: true }).waitFor({ timeout: 60_000 });
  await log.getByText("It runs again, fresh.").waitFor();
}

/** What is scheduled comes where it was asked for, also when its daemon died in between. */
async function schedule({ page, stack, log, ask }) {
  await ask("please remind me in a minute");
  await log.getByText("I will remind you.").waitFor();
  await stack.order({ crash: "livos-nexus" });
  await online(page);
  const settings = await openApp(page, "settings", "Settings");
  await settings.getByRole("button", { name: "AI", exact: true }).click();
  await settings.getByText("Say that the minute is over.").waitFor();
  await inspect(page, "what is scheduled");
  await settings.getByRole("button", { name: "Close" }).click();
  await log.getByText("The minute is over.", { exact: true }).waitFor({ timeout: 150_000 });
  await log.getByText(/^Scheduled for /).waitFor();
}

/** What it cost is not guessed; a budget that does not suffice asks nobody and says so, and a larger one goes on. */
async function spend({ page, log, ask }) {
  const settings = page.locator("[data-app=settings]");
  const budget = async (button, tokens) => {
    await openApp(page, "settings", "Settings");
    await settings.getByRole("button", { name: "AI", exact: true }).click();
    if (button === "Change") {
      await settings
        .getByRole("button", { name: "Menu of the budget of Everyone without their own" })
        .click();
      await page.getByRole("menuitem", { name: "Change" }).click();
    } else await settings.getByRole("button", { name: button }).click();
    const dialog = page.getByRole("dialog", { name: /budget$/ });
    await dialog.getByLabel("Tokens a day").fill(tokens);
    await dialog.getByRole("button", { name: "Save" }).click();
    await dialog.waitFor({ state: "detached" });
    await settings.getByText("whose price is not known").waitFor();
    await settings.getByRole("button", { name: "Close" }).click();
  };
  await budget("Set a budget", "100");
  await ask("why is my server slow, again?");
  await log.getByText("It begins anew at 00:00 UTC").waitFor();
  await inspect(page, "an empty budget");
  await budget("Change", "2000000");
  await ask("why is my server slow, once more?");
  await log.getByText("All is well.").nth(1).waitFor();
}

/** All that a script of this page could read of what the browser keeps. */
function kept(page) {
  return page.evaluate(async () => {
    const databases = await indexedDB.databases();
    const cached = [];
    for (const name of await caches.keys())
      for (const request of await (await caches.open(name)).keys()) cached.push(request.url);
    const stores = [localStorage, sessionStorage].map((store) => ({ ...store }));
    return JSON.stringify([stores, document.cookie, databases.map(({ name }) => name), cached]);
  });
}

async function journey({ stack, browser, address }) {
  await claim(stack);
  const { page, context, problems } = await desktop(browser, stack);
  const assistant = await openApp(page, "assistant", "Assistant");
  await assistant.getByText("Connect a model to begin").waitFor();
  await assistant.getByRole("button", { name: "Connect" }).click();

  const settings = page.locator("[data-app=settings]");
  await settings.getByRole("button", { name: "Connect a model" }).click();
  const dialog = page.getByRole("dialog", { name: "Connect a model" });
  await dialog.getByLabel("Provider").selectOption("anthropic");
  await dialog.getByLabel("Address").fill(`${address}/nowhere`);
  await dialog.getByLabel("Key", { exact: true }).fill(KEY);
  await dialog.getByRole("button", { name: "Test and save" }).click();
  await dialog.getByRole("alert").waitFor();
  await dialog.getByLabel("Address").fill(address);
  await dialog.getByRole("button", { name: "Test and save" }).click();
  await dialog.waitFor({ state: "detached" });
  await settings.getByText("Key saved").waitFor();
  await settings.getByRole("button", { name: "Close" }).click();

  const log = assistant.getByRole("log");
  const field = assistant.getByRole("textbox", { name: "Message" });
  const ask = async (text) => {
    await field.fill(text);
    await field.press("Enter");
  };
  await assistant.getByText("What should we look at?").waitFor();
  await ask("why is my server slow?");
  await log.getByRole("cell", { name: "idle" }).waitFor();
  await log.getByText("All is well.").waitFor();
  const tools = log.getByRole("button", { name: / sec$/ });
  assert.equal(await tools.count(), 2, "what was looked at is told");
  await tools.first().click();
  await log.getByText("What came back").waitFor();
  await inspect(page, "an answer");

  await spend({ page, log, ask });
  await schedule({ page, stack, log, ask });
  await restart({ page, stack, log, ask });

  // The tab goes away in the middle, and the answer is there when it comes back.
  await ask("count slowly");
  await log.getByText("1, 2, 3,").waitFor();
  const place = page.url();
  await page.close();
  const again = await context.newPage();
  await again.goto(place);
  await online(again);
  const other = again.locator("[data-app=assistant]").getByRole("log");
  await other.getByText("120, done").waitFor({ timeout: 60_000 });
  assert.equal(await other.getByRole("article").filter({ hasText: "120, done" }).count(), 1);

  // The web server dies in the middle, then the agent's own daemon.
  for (const [unit, count] of [
    ["livos-web", 2],
    ["livos-nexus", 3],
  ]) {
    const message = again.locator("[data-app=assistant]").getByRole("textbox", { name: "Message" });
    await message.fill("count slowly");
    await message.press("Enter");
    await other
      .getByRole("article")
      .filter({ hasText: "1, 2, 3," })
      .nth(count - 1)
      .waitFor();
    await stack.order({ crash: unit });
    await online(again);
    await until(
      `the answer is whole after ${unit} died`,
      async () => (await other.getByRole("article").filter({ hasText: "120, done" }).count()) === count,
      90,
    );
  }

  // Stop is where Send was.
  const message = again.locator("[data-app=assistant]").getByRole("textbox", { name: "Message" });
  await message.fill("count slowly");
  await message.press("Enter");
  await again.getByRole("button", { name: "Stop answering" }).click();
  await other.getByText("Stopped early").last().waitFor();

  assert.ok(!(await again.content()).includes(KEY), "the key is nowhere on the page");
  const stored = await kept(again);
  for (const secret of [KEY, OWNER.password, "livos_access", "livos_refresh"])
    assert.ok(!stored.includes(secret), `${secret} lies in the browser: ${stored}`);
  assert.deepEqual(problems, []);
}
