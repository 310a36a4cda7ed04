// The edge and the app engine are killed in the middle of an installation. The page stays, says what became of it, and
// the app is either there and running, or not there at all with a reason and a way to try again.
import assert from "node:assert/strict";
import { claim, desktop, inspect, online, openApp, until } from "../stack.mjs";

export const docker = true;

export default async function ({ stack, browser }) {
  await claim(stack);
  const { page, problems } = await desktop(browser, stack);
  await page.evaluate(() => {
    window.same = true;
  });
  const store = await openApp(page, "store", "App Store");
  const job = () =>
    page.evaluate(async () => {
      const jobs = await (await fetch("/api/v1/jobs")).json();
      return jobs.find((one) => one.kind === "app.install");
    });
  const ended = ["succeeded", "failed", "cancelled"];
  for (const unit of ["livos-web", "livos-apps"]) {
    await store.getByLabel("Search apps").fill(stack.app);
    await store
      .getByRole("button", { name: /^Install / })
      .first()
      .click();
    const sheet = page.getByRole("dialog", { name: /^Install / });
    await sheet.waitFor();
    const agree = sheet.getByRole("checkbox");
    if (await agree.count()) await agree.first().check();
    await sheet.getByRole("button", { name: "Install", exact: true }).click();
    await until("it is being installed", async () => (await job())?.state === "running");
    await stack.order({ crash: unit });
    await online(page);
    const last = await until(
      `the installation ended after ${unit} died`,
      async () => {
        const now = await job();
        return now && ended.includes(now.state) ? now : undefined;
      },
      120,
    );
    if (last.state === "succeeded") {
      await store
        .getByRole("button", { name: /^Open / })
        .first()
        .waitFor();
    } else {
      assert.notEqual(last.error_message, "", "it says why");
      await store.getByRole("button", { name: "Try again" }).first().click();
      await store
        .getByRole("button", { name: /^Open / })
        .first()
        .waitFor({ timeout: 120_000 });
    }
    await inspect(page, `after ${unit} died during an installation`);
    await store.getByRole("button", { name: stack.app, exact: true }).click();
    await store
      .getByRole("button", { name: /^More actions/ })
      .first()
      .click();
    await page.getByRole("menuitem", { name: "Remove…" }).click();
    const question = page.getByRole("alertdialog");
    await question.getByRole("button", { name: /^Remove/ }).click();
    await store
      .getByRole("button", { name: /^Install / })
      .first()
      .waitFor({ timeout: 60_000 });
    await page.goto("/store");
    await online(page);
    await page.evaluate(() => {
      window.same = true;
    });
  }
  assert.equal(await page.evaluate(() => window.same), true);
  assert.deepEqual(problems, []);
}
