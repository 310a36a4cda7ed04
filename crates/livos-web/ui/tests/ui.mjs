// Browser tests of the desktop against the mock server. `node tests/ui.mjs [part of a name]`
// Run `npm run build` first; pictures of every checked state are left in tests/out/.
import { cp, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { launch } from "./lib/browser.mjs";

const wanted = process.argv[2] ?? "";
const folder = new URL("./ui/", import.meta.url);
const files = (await readdir(folder)).filter((name) => name.endsWith(".mjs")).sort();
const tests = (await Promise.all(files.map((name) => import(new URL(name, folder))))).flatMap(
  (file) => file.default,
);
// A copy, so that a build meanwhile does not pull the files away from under the tests.
const copy = await mkdtemp(join(tmpdir(), "livos-ui-"));
await cp(fileURLToPath(new URL("../dist", import.meta.url)), copy, { recursive: true });
process.env.LIVOS_UI_DIST = copy;
const browser = await launch();
let failed = 0;
let count = 0;
for (const [name, test] of tests) {
  if (!name.includes(wanted)) continue;
  count += 1;
  const start = performance.now();
  try {
    await test(browser);
    console.log(`ok    ${name} (${Math.round(performance.now() - start)} ms)`);
  } catch (error) {
    failed += 1;
    console.log(
      `FAIL  ${name}\n      ${String(error.stack ?? error)
        .split("\n")
        .slice(0, 60)
        .join("\n      ")}`,
    );
  }
}
await browser.close();
await rm(copy, { recursive: true });
console.log(`${count - failed} of ${count} passed`);
process.exit(failed > 0 || count === 0 ? 1 : 0);
