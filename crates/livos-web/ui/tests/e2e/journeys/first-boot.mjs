// From the address that the runner prints to a desktop that is one's own.
import assert from "node:assert/strict";
import { newPage } from "../../lib/browser.mjs";
import { inspect, OWNER, online } from "../stack.mjs";

export default async function ({ stack, browser }) {
  const { page, problems } = await newPage(browser, stack.url);
  await page.goto(`/#claim=${stack.claim}`);
  await page.getByRole("heading", { name: "Welcome" }).waitFor();
  await inspect(page, "welcome");
  await page.getByRole("button", { name: "Set up this server" }).click();

  // The address carried the code; it is no longer in the address.
  assert.equal(await page.getByLabel("Claim code").inputValue(), stack.claim);
  assert.ok(!page.url().includes("claim"), page.url());
  await page.getByLabel("Claim code").fill("WRONG-CODE");
  await page.getByRole("button", { name: "Continue" }).click();
  await page.locator("[aria-invalid=true]").waitFor();
  await inspect(page, "a wrong claim code");
  await page.getByLabel("Claim code").fill(stack.claim);
  await page.getByRole("button", { name: "Continue" }).click();

  await page.getByRole("heading", { name: "Your account" }).waitFor();
  await page.getByLabel("Name", { exact: true }).fill(OWNER.name);
  assert.equal(await page.getByLabel("User name").inputValue(), "ada");
  await page.getByLabel("Password", { exact: true }).fill(OWNER.password);
  await inspect(page, "account");
  await page.getByRole("button", { name: "Create account" }).click();

  await page.getByRole("heading", { name: "Save your recovery codes" }).waitFor();
  assert.equal(await page.getByRole("list").getByRole("listitem").count(), 10);
  await inspect(page, "recovery codes");
  await page.getByRole("checkbox").check();
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByRole("button", { name: "Open desktop" }).waitFor();
  await inspect(page, "ready");
  await page.getByRole("button", { name: "Open desktop" }).click();
  await online(page);
  await inspect(page, "desktop");

  // The wizard is over for everybody.
  const other = await newPage(browser, stack.url);
  await other.page.goto("/");
  await other.page.getByRole("button", { name: "Sign in" }).waitFor();
  await inspect(other.page, "sign in");
  await other.page.getByLabel("User name").fill(OWNER.username);
  await other.page.getByLabel("Password", { exact: true }).fill("not the password");
  await other.page.getByRole("button", { name: "Sign in" }).click();
  await other.page.getByRole("alert").waitFor();
  assert.deepEqual(problems, []);
}
