// A program with a key has an app restarted: its person is asked on a card and agrees, and settles it for the next time.
import assert from "node:assert/strict";
import { connect, makeKey, use } from "../mcp.mjs";
import { claim, desktop, inspect, install, openApp } from "../stack.mjs";

export const docker = true;

export default async function ({ stack, browser }) {
  await claim(stack);
  const { page, problems } = await desktop(browser, stack);
  await install(page, stack.app);
  const client = await connect(stack, await makeKey(page, "Journey", "act"));
  const restart = (options) =>
    use(client, "apps_restart", { app: stack.app, why: "It hangs." }, { timeout: 120_000, ...options });

  const heard = [];
  const first = restart({ onprogress: ({ message }) => heard.push(message) });
  const assistant = await openApp(page, "assistant", "Assistant");
  await assistant.getByText("Journey", { exact: true }).first().click();
  const card = assistant.getByRole("article", { name: /^Restart / }).first();
  await card.getByText("It hangs.").waitFor();
  await inspect(page, "what a program wants");
  await card.getByRole("button", { name: "Always in this chat" }).click();
  const done = await first;
  assert.equal(done.failed, false, done.text);
  assert.match(done.text, /^Restart .*: done$/);
  assert.match(heard[0], /waits for Ada Lovelace/);
  await card.getByText("Done.", { exact: true }).waitFor();

  // Settled for this program: it is done at once, and said how it ended.
  const second = await restart();
  assert.equal(second.failed, false, second.text);
  assert.match(second.text, /: done$/);

  // What a log says may lead a program astray, so its person is asked again after it.
  const log = await use(client, "docker_logs", { app: stack.app });
  assert.equal(log.failed, false, log.text);
  const third = restart();
  const asked = assistant.getByRole("article", { name: /^Restart / }).last();
  await asked.getByRole("button", { name: "Deny" }).click();
  const denied = await third;
  assert.equal(denied.failed, true);
  assert.match(denied.text, /the person said no/);
  assert.deepEqual(problems, []);
}
