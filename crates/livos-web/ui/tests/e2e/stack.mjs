// A whole LivOS for one journey, and what every journey does with it.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { axe } from "../lib/axe.mjs";
import { newPage } from "../lib/browser.mjs";
import { overlaps } from "../lib/overlap.mjs";

const TARGET = process.env.LIVOS_TARGET ?? fileURLToPath(new URL("../../../../../target", import.meta.url));
export const OWNER = { name: "Ada Lovelace", username: "ada", password: "correct horse battery" };

/** A program of ours that answers in lines of JSON. */
function start(program, args) {
  const child = spawn(`${TARGET}/${process.env.LIVOS_PROFILE ?? "debug"}/${program}`, args, {
    stdio: ["pipe", "pipe", "inherit"],
    env: { ...process.env, LIVOS_BUILT: "1" },
  });
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const gone = new Promise((resolve) => child.once("exit", resolve));
  const answer = async () => {
    const line = await answers.next();
    if (line.done) throw new Error(`${program} ended (${await gone})`);
    return JSON.parse(line.value);
  };
  return { child, gone, answer };
}

/** The ends of all logs in a folder. */
async function lastLines(folder) {
  const logs = await readdir(folder);
  const ends = await Promise.all(
    logs.map(async (log) => {
      const lines = (await readFile(`${folder}/${log}`, "utf8")).trimEnd().split("\n");
      return `--- ${log}\n${lines.slice(-10).join("\n")}`;
    }),
  );
  return ends.join("\n");
}

/** Starts the daemons; `order({ crash: "livos-web" })` and the like are explained in livos-stack. */
export async function startStack({ docker = false } = {}) {
  const { child, gone, answer } = start("livos-stack", docker ? ["--docker"] : []);
  const info = await answer();
  return {
    ...info,
    async order(what) {
      child.stdin.write(`${JSON.stringify(what)}\n`);
      const { ok, error } = await answer();
      if (!ok) throw new Error(`${JSON.stringify(what)}: ${error}`);
    },
    lastWords: () => lastLines(info.log),
    async stop() {
      child.stdin.end();
      await gone;
    },
  };
}

/** What `./build.sh run` starts, with a Docker Engine and a store beside it. Ctrl-C ends it, as for a person. */
export async function startRunner() {
  const beside = start("livos-stack", ["--only-docker"]);
  const { docker, store, app } = await beside.answer();
  const root = await mkdtemp(`${tmpdir()}/livos-run-`);
  const begin = async (port) => {
    const run = start("xtask", [
      ...["run", "--no-build", "--json", "--data", root, "--port", String(port)],
      ...(docker ? ["--docker", docker, "--sources", store] : []),
    ]);
    return { run, said: await run.answer() };
  };
  const port = await freePort();
  let { run, said } = await begin(port);
  const end = async () => {
    run.child.kill("SIGINT");
    await run.gone;
  };
  return {
    ...{ url: said.url, claim: said.claim, port, app, data: `${root}/data` },
    units: () => said.units,
    async again() {
      await end();
      ({ run, said } = await begin(port));
    },
    lastWords: () => lastLines(`${root}/log`),
    async stop() {
      await end();
      beside.child.stdin.end();
      await beside.gone;
      await rm(root, { recursive: true, force: true });
    },
  };
}

/** A port of this machine that nobody has right now. */
async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

/** Makes the owner's account without the wizard, for journeys that begin later. */
export async function claim(stack) {
  const headers = { "Content-Type": "application/json" };
  const body = JSON.stringify({ code: stack.claim, ...OWNER });
  const answer = await fetch(`${stack.url}/api/v1/setup/account`, { method: "POST", headers, body });
  assert.equal(answer.status, 201, await answer.text());
}

/** The owner's desktop in a new browser context. */
export async function desktop(browser, stack, options = {}) {
  const opened = await newPage(browser, stack.url, options);
  await signIn(opened.page);
  return opened;
}

export async function signIn(page) {
  await page.goto("/");
  await page.getByLabel("User name").fill(OWNER.username);
  await page.getByLabel("Password", { exact: true }).fill(OWNER.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await online(page);
}

/** Waits until the event stream is open. */
export async function online(page) {
  await page.locator("[data-connection=online]").first().waitFor({ state: "attached" });
}

/** A window that was opened from the dock, or on phones from the list of apps. */
export async function openApp(page, app, title) {
  const docked = page.locator(`[data-dock="${app}"]`);
  const open = page.locator(`[data-app="${app}"]`);
  // A window that was left open is there again; the dock would put it away.
  if (await open.isVisible()) return open;
  if (await docked.isVisible()) await docked.click();
  else
    await page.getByRole("list", { name: "Apps" }).getByRole("button", { name: title, exact: true }).click();
  const win = page.locator(`[data-app="${app}"]`);
  await win.waitFor();
  return win;
}

/** Installs an app from the store as a person does, and waits until it runs. */
export async function install(page, app) {
  const store = await openApp(page, "store", "App Store");
  await store.getByLabel("Search apps").fill(app);
  await store
    .getByRole("link", { name: new RegExp(app, "i") })
    .or(store.getByRole("button", { name: new RegExp(`^(?!install).*${app}`, "i") }))
    .first()
    .click();
  await store
    .getByRole("button", { name: /^Install/ })
    .first()
    .click();
  const sheet = page.getByRole("dialog", { name: /^Install / });
  const agree = sheet.getByRole("checkbox");
  await sheet.waitFor();
  if (await agree.count()) await agree.first().check();
  await sheet.getByRole("button", { name: "Install", exact: true }).click();
  await store
    .getByRole("button", { name: /^Open/ })
    .or(store.getByRole("link", { name: /^Open/ }))
    .first()
    .waitFor({ timeout: 120_000 });
  await store.getByRole("button", { name: "Close" }).click();
}

/** No violation of axe and no covered control on what is shown now. */
export async function inspect(page, where) {
  assert.deepEqual(await axe(page), [], `axe: ${where}`);
  assert.deepEqual(await overlaps(page), [], `overlap: ${where}`);
}

/** Waits for a condition that the page does not announce. */
export async function until(what, condition, seconds = 30) {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const found = await condition();
    if (found) return found;
    assert.ok(Date.now() < end, `it did not happen within ${seconds} s that ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
