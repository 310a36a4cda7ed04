// A whole LivOS for one journey, and what every journey does with it.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { axe } from "../lib/axe.mjs";
import { newPage } from "../lib/browser.mjs";
import { overlaps } from "../lib/overlap.mjs";

const TARGET = process.env.LIVOS_TARGET ?? fileURLToPath(new URL("../../../../../target", import.meta.url));
export const OWNER = { name: "Ada Lovelace", username: "ada", password: "correct horse battery" };

/** Starts the daemons; `order({ crash: "livos-web" })` and the like are explained in livos-stack. */
export async function startStack({ docker = false } = {}) {
  const child = spawn(
    `${TARGET}/${process.env.LIVOS_PROFILE ?? "debug"}/livos-stack`,
    docker ? ["--docker"] : [],
    {
      stdio: ["pipe", "pipe", "inherit"],
      env: { ...process.env, LIVOS_BUILT: "1" },
    },
  );
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const gone = new Promise((resolve) => child.once("exit", resolve));
  const answer = async () => {
    const line = await answers.next();
    if (line.done) throw new Error(`livos-stack ended (${await gone})`);
    return JSON.parse(line.value);
  };
  const info = await answer();
  return {
    ...info,
    async order(what) {
      child.stdin.write(`${JSON.stringify(what)}\n`);
      const { ok, error } = await answer();
      if (!ok) throw new Error(`${JSON.stringify(what)}: ${error}`);
    },
    async lastWords() {
      const logs = await readdir(info.log);
      const ends = await Promise.all(
        logs.map(async (log) => {
          const lines = (await readFile(`${info.log}/${log}`, "utf8")).trimEnd().split("\n");
          return `--- ${log}\n${lines.slice(-10).join("\n")}`;
        }),
      );
      return ends.join("\n");
    },
    async stop() {
      child.stdin.end();
      await gone;
    },
  };
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
