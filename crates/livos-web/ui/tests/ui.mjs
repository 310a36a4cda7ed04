// Browser tests of the desktop against the mock server: node tests/ui.mjs [--at-once N] [--pictures] [part of a name…]
// Run `npm run build` first. --pictures leaves one of every checked state in tests/out/, what fails leaves one anyway.
// Each test has a server and a browser context of its own, so they run side by side, each worker with its browser.
import { cp, mkdtemp, readdir, rm } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { browserMissing, launch } from "./lib/browser.mjs";

const { values, positionals: wanted } = parseArgs({
  options: { "at-once": { type: "string" }, pictures: { type: "boolean" } },
  allowPositionals: true,
});
if (values.pictures) process.env.LIVOS_PICTURES = "1";
if (browserMissing("browser tests of the desktop")) process.exit(0);

/** A test that takes longer hangs: each wait inside it has a deadline of its own, which comes first. */
const LONGEST = 240_000;
// A browser and its page leave a processor idle now and then; more workers than this only wait for each other.
const workers = Number(values["at-once"]) || Math.min(4, availableParallelism() + 1);

const folder = new URL("./ui/", import.meta.url);
const files = (await readdir(folder)).filter((name) => name.endsWith(".mjs")).sort();
const all = (await Promise.all(files.map((name) => import(new URL(name, folder))))).flatMap(
  (file) => file.default,
);
const chosen = all.filter(([name]) => wanted.length === 0 || wanted.some((part) => name.includes(part)));
// What takes longest goes first, so that no worker has it left at the end.
const waiting = chosen.toSorted((a, b) => (b[2]?.weight ?? 1) - (a[2]?.weight ?? 1));

// A copy, so that a build meanwhile does not pull the files away from under the tests.
const workplace = await mkdtemp(join(tmpdir(), "livos-ui-"));
process.env.LIVOS_UI_DIST = join(workplace, "dist");
await cp(fileURLToPath(new URL("../dist", import.meta.url)), process.env.LIVOS_UI_DIST, { recursive: true });

let passed = 0;
let failed = 0;

function within(work, milliseconds) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not over after ${milliseconds / 1000} s`)), milliseconds);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

async function runOne(browser, [name, test]) {
  const start = performance.now();
  const took = () => `(${((performance.now() - start) / 1000).toFixed(1)} s)`;
  try {
    await within(test(browser), LONGEST);
    passed += 1;
    console.log(`ok    ${name} ${took()}`);
  } catch (error) {
    failed += 1;
    const lines = String(error.stack ?? error).split("\n");
    console.log(`FAIL  ${name} ${took()}\n      ${lines.slice(0, 60).join("\n      ")}`);
    for (const picture of error.pictures ?? []) console.log(`      picture: ${picture}`);
  }
}

async function work() {
  const browser = await launch();
  for (let next = waiting.shift(); next; next = waiting.shift()) await runOne(browser, next);
  await browser.close();
}

const start = performance.now();
await Promise.all(Array.from({ length: Math.min(workers, chosen.length) }, work));
await rm(workplace, { recursive: true });
console.log(`${((performance.now() - start) / 1000).toFixed(0)} s with ${workers} at once`);
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed > 0 || passed === 0 ? 1 : 0);
