// Browser tests of the desktop against the mock server. `node tests/ui.mjs [part of a name]`
// Run `npm run build` first; pictures of every checked state are left in tests/out/.
import { launch } from "./lib/browser.mjs";
import connection from "./ui/connection.mjs";
import files from "./ui/files.mjs";
import looks from "./ui/looks.mjs";
import signin from "./ui/signin.mjs";
import store from "./ui/store.mjs";
import windows from "./ui/windows.mjs";

const wanted = process.argv[2] ?? "";
const browser = await launch();
let failed = 0;
let count = 0;
for (const [name, test] of [...signin, ...windows, ...files, ...store, ...connection, ...looks]) {
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
        .slice(0, 14)
        .join("\n      ")}`,
    );
  }
}
await browser.close();
console.log(`${count - failed} of ${count} passed`);
process.exit(failed > 0 || count === 0 ? 1 : 0);
