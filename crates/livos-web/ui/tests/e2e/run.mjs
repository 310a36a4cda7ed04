// Runs the browser journeys, each against a LivOS of its own: node tests/e2e/run.mjs [NAME…]
import { readdir } from "node:fs/promises";
import { browserMissing, keepPictures, launch } from "../lib/browser.mjs";
import { startRunner, startStack } from "./stack.mjs";

if (browserMissing("browser journeys")) process.exit(0);

const wanted = process.argv.slice(2);
const folder = new URL("./journeys/", import.meta.url);
const names = (await readdir(folder)).filter((name) => name.endsWith(".mjs")).sort();
const chosen = names.filter((name) => wanted.length === 0 || wanted.includes(name.replace(".mjs", "")));
let passed = 0;
let failed = 0;
let skipped = 0;

for (const file of chosen) {
  const name = file.replace(".mjs", "");
  const started = Date.now();
  const journey = await import(new URL(file, folder));
  let stack;
  let browser;
  try {
    stack = journey.runner ? await startRunner() : await startStack({ docker: journey.docker === true });
    if (journey.docker && !stack.app) {
      if (process.env.LIVOS_REQUIRE_DOCKER === "1")
        throw new Error("LIVOS_REQUIRE_DOCKER=1, but there is no Docker");
      console.log(`SKIPPED: ${name} (no Docker here)`);
      skipped += 1;
      continue;
    }
    browser = await launch();
    await journey.default({ stack, browser });
    console.log(`ok      ${name} (${((Date.now() - started) / 1000).toFixed(1)} s)`);
    passed += 1;
  } catch (error) {
    failed += 1;
    console.error(`FAILED  ${name}: ${error.stack ?? error}`);
    for (const picture of await keepPictures(browser?.contexts() ?? [], name))
      console.error(`        picture: ${picture}`);
    if (stack) console.error(await stack.lastWords());
  } finally {
    await browser?.close();
    await stack?.stop();
  }
}
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exit(failed === 0 && passed + skipped > 0 ? 0 : 1);
