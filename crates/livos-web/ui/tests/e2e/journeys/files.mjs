// A file's whole life: up, renamed, down byte for byte, into the trash and back. Then out and in again.
import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { claim, desktop, openApp, signIn, until } from "../stack.mjs";

export default async function ({ stack, browser }) {
  await claim(stack);
  const { page, problems } = await desktop(browser, stack);
  const files = await openApp(page, "files", "Files");
  const row = (name) => files.getByRole("row").filter({ hasText: name });

  const bytes = Buffer.from(Array.from({ length: 200_000 }, (_, index) => (index * 31) % 256));
  await files
    .locator("input[type=file]")
    .first()
    .setInputFiles({ name: "beach.bin", mimeType: "application/octet-stream", buffer: bytes });
  await row("beach.bin").waitFor();
  await until("all bytes arrived", async () =>
    (await readFile(`${stack.data}/home/beach.bin`).catch(() => Buffer.of())).equals(bytes),
  );

  // Somebody else's change shows by itself.
  await writeFile(`${stack.data}/home/appears.txt`, "by itself");
  await row("appears.txt").waitFor();

  await row("beach.bin").click();
  await page.keyboard.press("F2");
  await page.keyboard.press("Control+A");
  await page.keyboard.type("sea.bin");
  await page.keyboard.press("Enter");
  await row("sea.bin").waitFor();
  await until("the file has its new name", async () =>
    (await readFile(`${stack.data}/home/sea.bin`).catch(() => Buffer.of())).equals(bytes),
  );

  await row("sea.bin").click({ button: "right" });
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("menuitem", { name: "Download" }).click(),
  ]);
  assert.equal(download.suggestedFilename(), "sea.bin");
  assert.ok((await readFile(await download.path())).equals(bytes), "the download differs");

  await row("sea.bin").click();
  await page.keyboard.press("Delete");
  await row("sea.bin").waitFor({ state: "detached" });
  await files.getByRole("button", { name: "Trash" }).click();
  await row("sea.bin").click({ button: "right" });
  await page.getByRole("menuitem", { name: "Restore", exact: true }).click();
  await row("sea.bin").waitFor({ state: "detached" });
  await until("it is back", async () =>
    (await readFile(`${stack.data}/home/sea.bin`).catch(() => Buffer.of())).equals(bytes),
  );

  // The layout is kept by the server, so it is there after signing in again.
  await page.getByRole("button", { name: /^Account/ }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await page.getByRole("button", { name: "Sign in" }).waitFor();
  assert.deepEqual(
    (await page.context().cookies()).filter(({ name, value }) => name === "livos_access" && value),
    [],
  );
  await signIn(page);
  // The window is where it was left: in the trash.
  await files.getByRole("button", { name: "Home" }).first().click();
  await row("sea.bin").waitFor();
  assert.deepEqual(problems, []);
}
