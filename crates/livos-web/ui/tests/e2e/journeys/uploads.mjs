// A large upload goes on: after the page was reloaded in the middle, and, without a reload, after the edge and the
// file daemon were killed. What arrives is what was sent, byte for byte, and what had arrived is not sent again.
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, open, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { claim, desktop, inspect, online, openApp, until } from "../stack.mjs";

const MIB = 1024 * 1024;
const SIZE = 48 * MIB;

/** A file without repetition: a part that is sent twice or left out shows. */
async function large(path) {
  const file = await open(path, "w");
  const hash = createHash("sha256");
  for (let written = 0; written < SIZE; written += MIB) {
    const part = randomBytes(MIB);
    hash.update(part);
    await file.write(part);
  }
  await file.close();
  return hash.digest("hex");
}

const digest = async (path) =>
  createHash("sha256")
    .update(await readFile(path).catch(() => Buffer.of()))
    .digest("hex");

export default async function ({ stack, browser }) {
  await claim(stack);
  const folder = await mkdtemp(join(tmpdir(), "livos-upload-"));
  const path = join(folder, "film.bin");
  const expected = await large(path);
  const { context, page, problems } = await desktop(browser, stack);
  // The page asks before it is left while something is being uploaded.
  page.on("dialog", (dialog) => dialog.accept());
  const slow = await context.newCDPSession(page);
  const speed = (bytes) =>
    slow.send("Network.emulateNetworkConditions", {
      offline: false,
      latency: 0,
      downloadThroughput: -1,
      uploadThroughput: bytes,
    });
  await slow.send("Network.enable");

  const files = await openApp(page, "files", "Files");
  await files.getByRole("grid").or(files.getByText("This folder is empty")).first().waitFor();
  const pick = (input) => input.setInputFiles(path);
  /** What the server has of the unfinished upload. */
  const arrived = () =>
    page.evaluate(async () => {
      const list = await (await fetch("/api/v1/uploads")).json();
      return list[0]?.offset ?? -1;
    });
  /** The offsets that the page goes on from, as the server is told them. */
  const sent = [];
  page.on("request", (request) => {
    if (request.method() === "PATCH") sent.push(Number(request.headers()["upload-offset"]));
  });

  await speed(12 * MIB);
  await pick(files.locator("input[type=file]").first());
  await files.getByText("Uploading ‘film.bin’").waitFor();
  await until("a part has arrived", async () => (await arrived()) >= 8 * MIB);
  await page.reload();
  await online(page);
  await files.getByText("1 upload can continue.").waitFor();
  await files.getByText("Choose the same files again.").waitFor();
  await inspect(page, "an unfinished upload");

  // The wrong file continues nothing, and says so.
  const again = files.getByRole("button", { name: "Choose files" });
  const choose = async (what) => {
    const [chooser] = await Promise.all([page.waitForEvent("filechooser"), again.click()]);
    await chooser.setFiles(what);
  };
  await choose({ name: "film.bin", mimeType: "video/mp4", buffer: Buffer.from("another film") });
  await files.getByRole("alert").waitFor();
  const before = await arrived();
  assert.ok(before >= 8 * MIB && before < SIZE, `${before} bytes had arrived`);
  sent.length = 0;
  await speed(12 * MIB);
  await choose(path);
  await files.getByText("1 upload can continue.").waitFor({ state: "detached" });
  await until("it goes on", () => sent.length > 0);
  assert.equal(sent[0], before, "what had arrived is not sent again");

  // No reload from here on.
  await page.evaluate(() => {
    window.same = true;
  });
  for (const unit of ["livos-web", "livos-files"]) {
    const at = await arrived();
    await until("more has arrived", async () => (await arrived()) > at);
    await stack.order({ crash: unit });
    await online(page);
  }
  await speed(-1);
  await until(
    "all of it is there",
    async () => (await digest(`${stack.data}/home/film.bin`)) === expected,
    90,
  );
  await files.getByText("Uploaded ‘film.bin’").waitFor();
  await files.getByRole("row").filter({ hasText: "film.bin" }).first().waitFor();
  assert.equal(await page.evaluate(() => window.same), true);
  assert.ok(
    sent.every((offset) => offset >= before),
    `it began again: ${sent}`,
  );
  assert.equal(await arrived(), -1, "nothing is left unfinished");
  await rm(folder, { recursive: true });
  assert.deepEqual(problems, []);
}
