// An app from the store, opened on its own address behind the sign-in, and removed again.
import assert from "node:assert/strict";
import { newPage } from "../../lib/browser.mjs";
import { claim, desktop, inspect, openApp } from "../stack.mjs";

export const docker = true;

export default async function ({ stack, browser }) {
  await claim(stack);
  const { context, page, problems } = await desktop(browser, stack);
  const store = await openApp(page, "store", "App Store");
  await store.getByLabel("Search apps").fill(stack.app);
  await store
    .getByRole("link", { name: new RegExp(stack.app, "i") })
    .or(store.getByRole("button", { name: new RegExp(`^(?!install).*${stack.app}`, "i") }))
    .first()
    .click();
  await store
    .getByRole("button", { name: /^Install/ })
    .first()
    .click();
  const sheet = page.getByRole("dialog", { name: /^Install / });
  await sheet.waitFor();
  await inspect(page, "install sheet");
  const agree = sheet.getByRole("checkbox");
  if (await agree.count()) await agree.first().check();
  await sheet.getByRole("button", { name: "Install", exact: true }).click();
  const open = store
    .getByRole("button", { name: /^Open/ })
    .or(store.getByRole("link", { name: /^Open/ }))
    .first();
  await open.waitFor({ timeout: 120_000 });
  await inspect(page, "installed app");

  const [app] = await Promise.all([context.waitForEvent("page"), open.click()]);
  await app.waitForURL((url) => url.hostname.startsWith(`${stack.app}.`) || url.port !== String(stack.port));
  await app.waitForLoadState();
  assert.equal(
    (await app.context().cookies(app.url())).filter(({ name }) => name === "livos_access").length,
    0,
  );
  const address = app.url();

  // Without a sign-in the same address shows the sign-in page and nothing of the app.
  const stranger = await newPage(browser, stack.url);
  await stranger.page.goto(address);
  await stranger.page.getByRole("button", { name: "Sign in" }).waitFor();

  await app.close();
  await store
    .getByRole("button", { name: /^More actions/ })
    .first()
    .click();
  await page.getByRole("menuitem", { name: "Remove…" }).click();
  const question = page.getByRole("alertdialog");
  await question.waitFor();
  await inspect(page, "remove dialog");
  await question.getByRole("radio", { name: /Delete/ }).check();
  // Deleting data wants the app's name, so that nobody does it by a slip.
  await question.getByRole("textbox").fill(stack.app);
  await question.getByRole("button", { name: /^(Remove|Delete)/ }).click();
  await store
    .getByRole("button", { name: /^Install/ })
    .first()
    .waitFor({ timeout: 60_000 });
  // The page opens another origin on purpose: the app's.
  assert.deepEqual(
    problems.filter((problem) => !problem.startsWith("request:")),
    [],
  );
}
