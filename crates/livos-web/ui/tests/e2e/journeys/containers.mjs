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
    // The image has nothing but its program, so it borrows this machine's shell.
    ...["/usr", "/bin", "/lib", "/lib64"].flatMap((folder) => ["-v", `${folder}:${folder}:ro`]),
    image.split("\n")[0],
  );
  const row = table.getByRole("row", { name: /^Choose stranger / });
  await row.getByText("Project old").waitFor();
  // It is seen before it runs; what its menu offers is what it was when the menu was opened.
  await row.getByText("Running").waitFor();
  await inAShell({ page, run, table, app: stack.app });
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

/** A real shell: typed at, as large as its terminal, ended by itself and by leaving; and an image that has none. */
async function inAShell({ page, run, table, app }) {
  const shows = (text) => page.locator(".xterm-rows").getByText(text).first().waitFor();
  const processes = async () => (await run("top", "stranger", "-o", "pid,args")).split("\n").length - 1;
  const alone = await processes();
  await page.getByRole("button", { name: "stranger", exact: true }).click();
  await page.getByRole("tab", { name: "Shell" }).click();
  await page.waitForFunction(() => document.activeElement?.matches(".xterm-helper-textarea"));
  await page.keyboard.type("echo one$((1+1))three; stty size\n");
  await shows("one2three");
  await shows(/^[1-9]\d+ [1-9]\d+\s*$/);
  await page.keyboard.type("i=0; while [ $i -lt 200000 ]; do echo $i; i=$((i+1)); done; echo all$((40+2))\n");
  await shows("all42");
  await inspect(page, "shell");
  await page.keyboard.type("exit 7\n");
  await page.getByRole("alert").getByText("The shell has ended (exit code 7)").waitFor();
  await page.getByRole("button", { name: "New shell" }).click();
  await page.getByText("The shell has ended").waitFor({ state: "detached" });
  await page.waitForFunction(() => document.activeElement?.matches(".xterm-helper-textarea"));
  await page.keyboard.type("sleep 1000\n");
  await until("it sleeps", async () =>
    (await run("top", "stranger", "-o", "pid,args")).includes("sleep 1000"),
  );
  await page.getByRole("tab", { name: "Overview" }).click();
  await until("the shell is gone with what ran in it", async () => (await processes()) === alone);

  await page.goto("/containers");
  await table
    .getByRole("button", { name: new RegExp(`^${app}-`) })
    .first()
    .click();
  await page.getByRole("tab", { name: "Shell" }).click();
  await page
    .getByRole("alert")
    .getByText(/its image has no \/bin\/sh/)
    .waitFor();
  await page.goto("/containers");
}
