// What a person does at the browser of another machine, for the tests that boot one:
//   node tests/e2e/machine.mjs claim|file|install|open FORWARDED NAME.local WORD…
// FORWARDED is where the machine's port 80 can be reached from here.
import assert from "node:assert/strict";
import { keepPictures, launch, newPage, PATIENCE } from "../lib/browser.mjs";
import { claimAsAPerson, openTheApp } from "./journeys/story.mjs";
import { install, openApp, signIn } from "./stack.mjs";

const [verb, forwarded, name, ...words] = process.argv.slice(2);

const VERBS = {
  async file({ page }) {
    await signIn(page);
    const files = await openApp(page, "files", "Files");
    const file = { name: words[0], mimeType: "text/plain", buffer: Buffer.from(words[1]) };
    await files.locator("input[type=file]").first().setInputFiles(file);
    await files.getByRole("row").filter({ hasText: words[0] }).waitFor();
    // What is on the way there is Activity's to show; an empty desktop says that nothing is ill.
    await page.getByText("Everything is running").waitFor();
  },
  async claim({ page }) {
    await claimAsAPerson(page, { claim: words[0] });
  },
  async install({ page }) {
    await signIn(page);
    await install(page, words[0]);
  },
  async open({ context, page }) {
    await signIn(page);
    const text = await openTheApp(context, page, { app: words[0], port: 80 });
    assert.ok(text.includes(words[1]), `the app says ${text}`);
  },
};

const browser = await launch([`--host-resolver-rules=MAP ${name} ${forwarded}, MAP *.${name} ${forwarded}`]);
try {
  const { context, page, problems } = await newPage(browser, `http://${name}`);
  context.setDefaultTimeout(4 * PATIENCE);
  await page.goto("/");
  await VERBS[verb]({ context, page });
  if (problems.length) console.log(problems.join("\n"));
} catch (error) {
  console.log(await keepPictures(browser.contexts(), `machine-${verb}`));
  throw error;
} finally {
  await browser.close();
}
