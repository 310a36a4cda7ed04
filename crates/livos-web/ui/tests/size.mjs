// Enforces the size budgets on what was built and prints the numbers. Run `npm run build` first.
// Sizes are gzip level 9; 1 kB is 1,000 bytes.
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const dist = fileURLToPath(new URL("../dist/", import.meta.url));
const assets = join(dist, "assets");
const names = await readdir(assets);
const code = new Map();
for (const name of names)
  if (/\.(js|css)$/.test(name)) code.set(name, await readFile(join(assets, name), "utf8"));
const zipped = (name) => gzipSync(code.get(name), { level: 9 }).length;
const sum = (list) => [...list].reduce((total, name) => total + zipped(name), 0);

/** A file and everything it imports without waiting. */
function closure(start, into = new Set()) {
  if (!start || into.has(start)) return into;
  into.add(start);
  for (const [, name] of code.get(start).matchAll(/(?:from|import)\s*"\.\/([\w.-]+\.js)"/g))
    closure(name, into);
  return into;
}

const html = await readFile(join(dist, "index.html"), "utf8");
const linked = [...html.matchAll(/(?:src|href)="\/assets\/([^"]+\.js)"/g)].map((match) => match[1]);
const named = (chunk) => names.find((name) => name.startsWith(`${chunk}-`) && name.endsWith(".js"));
const base = new Set(linked.flatMap((name) => [...closure(name)]));
const signIn = new Set([...base, ...closure(named("signin"))]);
const desktop = new Set([...base, ...closure(named("desktop"))]);
const windows = new Set([...desktop, ...closure(named("windows"))]);
// Loaded once the first page is shown, whatever is opened then.
const shared = new Set([...windows, ...closure(named("extras"))]);
const scripts = names.filter((name) => name.endsWith(".js"));
const menus = named("menu-popup");

/** What opening an app loads on top of the desktop: its entry, found by the folder it was built from. */
function app(id) {
  const entries = scripts.filter((name) => name.startsWith(`${id}-`));
  return [...new Set(entries.flatMap((name) => [...closure(name)]))].filter((name) => !shared.has(name));
}

const fonts = [
  ...html.matchAll(/rel="preload"[^>]*href="\/assets\/([^"]+\.woff2)"|href="\/assets\/([^"]+\.woff2)"/g),
];
const font = (await stat(join(assets, fonts[0]?.[1] ?? fonts[0]?.[2] ?? ""))).size;
const css = sum(names.filter((name) => name.endsWith(".css")));

const rows = [
  ["JS of the sign-in page", sum(signIn), 95_000],
  ["JS of the desktop", sum(desktop), 120_000],
  ["JS of the desktop with a window open", sum(windows), 120_000],
  ["CSS", css, 20_000],
  ["Preloaded font", font, 50_000],
  [
    "Menus (Radix), after first paint",
    sum(closure(menus)) - sum([...closure(menus)].filter((name) => shared.has(name))),
    60_000,
  ],
  ["Files, on top", sum(app("files")), 46_000],
  ["App Store, on top", sum(app("store")), 37_000],
  ["Settings, on top", sum(app("settings")), 46_000],
  ["Activity, on top", sum(app("activity")), 25_000],
  ["Assistant, on top", sum(app("assistant")), 80_000],
  ["Containers, on top", sum(app("containers")), 40_000],
  ["All JS", sum(scripts), 600_000],
];
let over = 0;
for (const [what, size, budget] of rows) {
  const fits = size <= budget;
  if (!fits) over += 1;
  console.log(
    `${fits ? "ok  " : "OVER"} ${what.padEnd(36)} ${(size / 1000).toFixed(1).padStart(7)} kB of ${budget / 1000} kB`,
  );
}
if (process.argv.includes("--json")) {
  console.log(
    JSON.stringify(Object.fromEntries(rows.map(([what, size, budget]) => [what, { size, budget }]))),
  );
}
process.exit(over > 0 ? 1 : 0);
