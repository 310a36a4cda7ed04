// What is in Docker, on a real one: a container of somebody else appears, is stopped after a warning, and is cleaned up.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { claim, desktop, inspect, until } from "../stack.mjs";

export const docker = true;

export default async function ({ stack, browser }) {
  const run = async (...words) => {
    const { stdout } = await promisify(execFile)("docker", ["-H", `unix://${stack.docker}`, ...words]);
    return stdout.trim();
  };
  await claim(stack);
  const { page, problems } = await desktop(browser, stack);
  await page.goto(`/store/search?q=${stack.app}`);
  await page
    .getByRole("button", { name: /^Install/ })
    .first()
    .click();
  const sheet = page.getByRole("dialog", { name: /^Install / });
  const agree = sheet.getByRole("checkbox");
  await sheet.getByRole("button", { name: "Install", exact: true }).waitFor();
  if (await agree.count()) await agree.first().check();
  await sheet.getByRole("button", { name: "Install", exact: true }).click();
  await page.getByRole("button", { name: /^Open/ }).first().waitFor({ timeout: 120_000 });

  await page.goto("/containers");
  const table = page.getByRole("table", { name: "Containers" });
  await table.getByRole("row", { name: new RegExp(`^Choose ${stack.app}-.* Running`) }).waitFor();
  await inspect(page, "containers");

  // Somebody else makes one, and it is there without a reload.
  const image = await run("ps", "--format", "{{.Image}}");
  await run(
    "run",
    "-d",
    "--name",
    "stranger",
    "--label",
    "com.docker.compose.project=old",
    image.split("\n")[0],
  );
  const row = table.getByRole("row", { name: /^Choose stranger / });
  await row.getByText("Project old").waitFor();
  // It is seen before it runs; what its menu offers is what it was when the menu was opened.
  await row.getByText("Running").waitFor();
  await row.getByRole("button", { name: "More actions for stranger" }).click();
  await page.getByRole("menuitem", { name: "Stop…" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Stop" }).click();
  await row.getByText("Stopped").waitFor({ timeout: 60_000 });
  assert.equal(await run("inspect", "--format", "{{.State.Running}}", "stranger"), "false");

  await page.getByRole("button", { name: "stranger", exact: true }).click();
  await page.getByRole("button", { name: "More actions for stranger" }).click();
  await page.getByRole("menuitem", { name: "Logs" }).click();
  await page.getByRole("log").getByText("listening on").first().waitFor();
  await page.goto("/containers");

  await page.getByRole("button", { name: "Clean up…" }).click();
  const dialog = page.getByRole("dialog", { name: "Clean up Docker" });
  await dialog.getByLabel(/^stranger/).check();
  await inspect(page, "clean up");
  await dialog.getByRole("button", { name: /^Remove/ }).click();
  await page
    .getByRole("dialog", { name: "Cleaned up" })
    .getByText("removed the container stranger")
    .waitFor();
  await page.keyboard.press("Escape");
  await row.waitFor({ state: "detached" });
  const left = await run("ps", "-a", "--format", "{{.Names}}");
  assert.ok(!left.includes("stranger") && left.includes(stack.app), left);

  await stack.order({ stop_docker: true });
  await page.getByText("This is how it was when Docker last answered.").waitFor();
  await inspect(page, "docker stopped");
  await stack.order({ start_docker: true });
  await until(
    "the note is gone",
    async () => (await page.getByText("This is how it was when Docker last answered.").count()) === 0,
  );
  assert.deepEqual(problems, []);
}
