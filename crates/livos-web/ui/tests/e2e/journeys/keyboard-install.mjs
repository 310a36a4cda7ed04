// Without a mouse, from the address that the runner prints to an app that runs: first boot, then the App Store.
import assert from "node:assert/strict";
import { newPage } from "../../lib/browser.mjs";
import { openByName, reach } from "../../lib/keyboard.mjs";
import { OWNER, online } from "../stack.mjs";

export const docker = true;

export default async function ({ stack, browser }) {
  const { page, problems } = await newPage(browser, stack.url);
  await page.goto(`/#claim=${stack.claim}`);
  await page.getByRole("heading", { name: "Welcome" }).waitFor();
  await reach(page, /^Set up this server$/);
  await page.keyboard.press("Enter");
  await page.getByLabel("Claim code").waitFor();
  await reach(page, /^Continue$/);
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Your account" }).waitFor();
  await reach(page, /^Name$/);
  await page.keyboard.type(OWNER.name);
  await reach(page, /^Password/);
  await page.keyboard.type(OWNER.password);
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Save your recovery codes" }).waitFor();
  await reach(page, /^I have saved these/);
  await page.keyboard.press("Space");
  await reach(page, /^Continue$/);
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Open desktop" }).waitFor();
  await reach(page, /^Open desktop$/);
  await page.keyboard.press("Enter");
  await online(page);

  const store = await openByName(page, "App Store", "store");
  await reach(page, /^Search apps$/);
  await page.keyboard.type(stack.app);
  await store
    .getByRole("button", { name: /^Install / })
    .first()
    .waitFor();
  await reach(page, /^Install /);
  await page.keyboard.press("Enter");
  const sheet = page.getByRole("dialog", { name: /^Install / });
  await sheet.waitFor();
  if (await sheet.getByRole("checkbox").count()) {
    await reach(page, / may do this$/);
    await page.keyboard.press("Space");
  }
  await reach(page, /^Install$/);
  await page.keyboard.press("Enter");
  await sheet.waitFor({ state: "detached" });
  await store
    .getByRole("button", { name: /^Open / })
    .first()
    .waitFor({ timeout: 120_000 });
  await reach(page, /^Open /);
  const [app] = await Promise.all([page.context().waitForEvent("page"), page.keyboard.press("Enter")]);
  await app.waitForURL((url) => url.hostname.startsWith(`${stack.app}.`) || url.port !== String(stack.port));
  // The page opens another origin on purpose: the app's.
  assert.deepEqual(
    problems.filter((problem) => !problem.startsWith("request:")),
    [],
  );
}
