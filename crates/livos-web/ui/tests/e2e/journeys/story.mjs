// The whole first evening, in one browser, with what `./build.sh run` starts: claim, account, desktop, an app from a
// store whose image comes from a registry, opened behind the sign-in, a file up, renamed, down, into the trash and back,
// out. Then the runner is stopped and started again, and everything is there.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { newPage } from "../../lib/browser.mjs";
import { install, OWNER, online, openApp, signIn, until } from "../stack.mjs";

export const docker = true;
export const runner = true;

export default async function ({ stack, browser }) {
  const { context, page, problems } = await newPage(browser, stack.url);
  await claimAsAPerson(page, stack);
  await install(page, stack.app);
  await openTheApp(context, page, stack);

  const files = await openApp(page, "files", "Files");
  const row = (name) => files.getByRole("row").filter({ hasText: name });
  const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, index) => (index * 37) % 256));
  const stored = (name) => readFile(`${stack.data}/home/${name}`).catch(() => Buffer.of());
  await files
    .locator("input[type=file]")
    .first()
    .setInputFiles({ name: "beach.bin", mimeType: "application/octet-stream", buffer: bytes });
  await row("beach.bin").waitFor();
  await until("all bytes arrived", async () => (await stored("beach.bin")).equals(bytes));
  await row("beach.bin").click();
  await page.keyboard.press("F2");
  await page.keyboard.press("Control+A");
  await page.keyboard.type("sea.bin");
  await page.keyboard.press("Enter");
  await row("sea.bin").waitFor();
  await row("sea.bin").click({ button: "right" });
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("menuitem", { name: "Download" }).click(),
  ]);
  assert.ok((await readFile(await download.path())).equals(bytes), "the download differs");
  await row("sea.bin").click();
  await page.keyboard.press("Delete");
  await row("sea.bin").waitFor({ state: "detached" });
  await until("it is in the trash", async () => (await stored("sea.bin")).length === 0);
  await files.getByRole("button", { name: "Trash" }).click();
  await row("sea.bin").click({ button: "right" });
  await page.getByRole("menuitem", { name: "Restore", exact: true }).click();
  await until("it is back", async () => (await stored("sea.bin")).equals(bytes));

  await page.getByRole("button", { name: /^Account/ }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await page.getByRole("button", { name: "Sign in" }).waitFor();

  const before = stack.units();
  await stack.again();
  for (const [unit, pid] of Object.entries(before))
    assert.ok(!(await lives(pid)), `${unit} outlived the runner`);
  await signIn(page);
  await files.getByRole("button", { name: "Home" }).first().click();
  await row("sea.bin").waitFor();
  await openTheApp(context, page, stack);
  // Opening the app goes to another origin on purpose, and what was under way when everything ended is lost.
  assert.deepEqual(
    problems.filter((problem) => !problem.startsWith("request:")),
    [],
  );
}

export async function claimAsAPerson(page, stack) {
  // As in the address that the runner prints.
  await page.goto(`/#claim=${stack.claim}`);
  await page.getByRole("button", { name: "Set up this server" }).click();
  assert.equal(await page.getByLabel("Claim code").inputValue(), stack.claim);
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByLabel("Name", { exact: true }).fill(OWNER.name);
  await page.getByLabel("User name").fill(OWNER.username);
  await page.getByLabel("Password", { exact: true }).fill(OWNER.password);
  await page.getByRole("button", { name: "Create account" }).click();
  await page.getByRole("heading", { name: "Save your recovery codes" }).waitFor();
  await page.getByRole("checkbox").check();
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByRole("button", { name: "Open desktop" }).click();
  await online(page);
}

/**
 * Opens the app from its page in the store; it answers, and a stranger gets the sign-in page at the same address.
 * Gives back what the app says.
 */
export async function openTheApp(context, page, stack) {
  const store = await openApp(page, "store", "App Store");
  await store.getByLabel("Search apps").fill(stack.app);
  const open = store.getByRole("button", { name: /^Open/ }).or(store.getByRole("link", { name: /^Open/ }));
  await open.first().waitFor({ timeout: 120_000 });
  const [app] = await Promise.all([context.waitForEvent("page"), open.first().click()]);
  await app.waitForURL((url) => url.hostname.startsWith(`${stack.app}.`) || url.port !== String(stack.port));
  await app.waitForLoadState();
  assert.equal(
    (await app.context().cookies(app.url())).filter(({ name }) => name === "livos_access").length,
    0,
  );
  const stranger = await context.browser().newContext();
  const other = await stranger.newPage();
  await other.goto(app.url());
  await other.getByRole("button", { name: "Sign in" }).waitFor();
  await stranger.close();
  const text = await app.locator("body").textContent();
  await app.close();
  await store.getByRole("button", { name: "Close" }).click();
  return text;
}

/** Whether the process of that number is still there. */
async function lives(pid) {
  const state = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  return state !== "" && !/\) [ZX] /.test(state);
}
