// The whole story with the assistant: somebody asks why the server is slow, sees it look, agrees on the cards to what it
// would change (a container restarted, another stopped, a file rewritten), sees that done, undoes the run, and finds the
// answer whole after closing the tab in the middle of one. Real daemons, a real Docker, and a model that isn't ours.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { promisify } from "node:util";
import { LLMock } from "@copilotkit/aimock";
import { claim, desktop, inspect, install, online, openApp, until } from "../stack.mjs";

export const docker = true;

const COUNT = Array.from({ length: 120 }, (_, number) => `${number + 1},`).join(" ");
/** No text of any encoding, so nobody can have put it back but from the bytes. */
const BEFORE = Buffer.from([0x6d, 0x69, 0x6c, 0x6b, 0xff, 0x00, 0x0a]);

const call = (id, name, args) => ({ id: `call_${id}`, name, arguments: args });
const FIXTURES = [
  { match: { userMessage: "Answer with the word OK." }, response: { content: "OK" } },
  {
    match: { userMessage: "why is my server slow", hasToolResult: false },
    response: {
      content: "I will look, and I know what would help.",
      toolCalls: [
        call("status", "status", {}),
        call("list", "docker_list", {}),
        call("restart", "docker_restart", { container: "stranger", why: "It hangs." }),
        call("stop", "docker_stop", { container: "idle", why: "Nobody uses it." }),
        call("write", "files_write", {
          path: "home/Docs/list.txt",
          text: "stopped: idle\n",
          why: "To remember.",
        }),
      ],
    },
  },
  {
    match: { userMessage: "why is my server slow", hasToolResult: true },
    response: { content: "It should be **faster** now." },
  },
  { match: { userMessage: "and how is it now" }, response: { content: "As it was before." } },
  { match: { userMessage: "count slowly" }, response: { content: `${COUNT} done` }, latency: 40 },
];

export default async function ({ stack, browser }) {
  const model = new LLMock({ port: 0, host: "127.0.0.1", chunkSize: 4, strict: true, logLevel: "silent" });
  model.addFixturesFromJSON(FIXTURES);
  const address = await model.start();
  try {
    await story({ stack, browser, address, model });
  } finally {
    await model.stop();
  }
}

async function connect(page, address) {
  await page.goto("/settings/ai");
  const settings = page.locator("[data-app=settings]");
  await settings.getByRole("button", { name: "Connect a model" }).click();
  const dialog = page.getByRole("dialog", { name: "Connect a model" });
  await dialog.getByLabel("Provider").selectOption("anthropic");
  await dialog.getByLabel("Address").fill(address);
  await dialog.getByLabel("Key", { exact: true }).fill("sk-test");
  await dialog.getByRole("button", { name: "Test and save" }).click();
  await dialog.waitFor({ state: "detached" });
  await settings.getByRole("button", { name: "Close" }).click();
}

/** A folder is shared, and then the assistant may change files there, which is a choice of its own. */
async function share(page) {
  const files = await openApp(page, "files", "Files");
  const row = files.getByRole("row").filter({ hasText: "Docs" });
  for (const choice of ["Share with Nexus", "Let Nexus change files here"]) {
    await row.click({ button: "right" });
    await page.getByRole("menuitem", { name: choice }).click();
  }
  await page.getByText("Nexus may change files in ‘Docs’ now.").first().waitFor();
  await files.getByRole("button", { name: "Close" }).click();
}

async function story({ stack, browser, address, model }) {
  const run = async (...words) => {
    const { stdout } = await promisify(execFile)("docker", ["-H", `unix://${stack.docker}`, ...words]);
    return stdout.trim();
  };
  const started = (name) => run("inspect", "--format", "{{.State.StartedAt}}", name);
  const running = async (name) => (await run("inspect", "--format", "{{.State.Running}}", name)) === "true";
  await claim(stack);
  await mkdir(`${stack.data}/home/Docs`, { recursive: true });
  const list = `${stack.data}/home/Docs/list.txt`;
  await writeFile(list, BEFORE);
  const { page, context, problems } = await desktop(browser, stack);
  await install(page, stack.app);
  const [image] = (await run("ps", "--format", "{{.Image}}")).split("\n");
  for (const name of ["stranger", "idle"]) await run("run", "-d", "--name", name, image);
  await connect(page, address);
  await share(page);

  const assistant = await openApp(page, "assistant", "Assistant");
  const log = assistant.getByRole("log");
  const ask = async (text) => {
    const field = assistant.getByRole("textbox", { name: "Message" });
    await field.fill(text);
    await field.press("Enter");
  };
  await ask("why is my server slow?");
  await log.getByRole("button", { name: /^Look at how the server is/ }).waitFor();
  const before = await started("stranger");
  const card = (name) => log.getByRole("article", { name });
  await card("Restart the container stranger").getByText("something else may rely on it").waitFor();
  await inspect(page, "what would be changed");
  for (const name of ["Restart the container stranger", "Stop the container idle", "Write list.txt"]) {
    await card(name).getByRole("button", { name: "Approve" }).click();
    await card(name).getByText("Done.", { exact: true }).waitFor({ timeout: 60_000 });
  }
  await log.getByText("It should be faster now.").waitFor();
  assert.notEqual(await started("stranger"), before, "it was restarted");
  assert.equal(await running("idle"), false, "it was stopped");
  assert.equal(await readFile(list, "utf8"), "stopped: idle\n");

  // What can be put back is said before anything is, and what can't, and why.
  await log.getByRole("button", { name: "Undo this run" }).click();
  const dialog = page.getByRole("dialog", { name: "Undo what this run changed?" });
  await dialog.getByText("These 2 are put back").waitFor();
  await dialog.getByText("A restart leaves nothing to put back").waitFor();
  await inspect(page, "undoing a run");
  await dialog.getByRole("button", { name: "Undo", exact: true }).click();
  await dialog.getByText("It is as it was before").waitFor({ timeout: 60_000 });
  await dialog.getByRole("button", { name: "Close" }).last().click();
  await until("it runs again", () => running("idle"));
  assert.ok((await readFile(list)).equals(BEFORE), "the file is byte for byte what it was");
  await card("Stop the container idle").getByText("Done, and undone.").waitFor();

  // The model is told, so that it does not go on as if it still held.
  await ask("and how is it now?");
  await log.getByText("As it was before.", { exact: true }).waitFor();
  const told = JSON.stringify(model.getRequests().at(-1).body);
  assert.ok(told.includes("it is as it was before"), told.slice(-2_000));

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
  assert.deepEqual(problems, []);
}
