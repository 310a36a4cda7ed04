// After the build: publishes the tokens, the licences and the service worker, and compresses everything once,
// so that the server never has to.
import { createHash } from "node:crypto";
import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";

const root = fileURLToPath(new URL("..", import.meta.url));
const dist = join(root, "dist");
const TEXT = new Set([".html", ".js", ".css", ".svg", ".json", ".webmanifest", ".txt", ".map"]);

await writeFile(join(dist, "theme.css"), await readFile(join(root, "src/styles/tokens.css")));
await writeFile(join(dist, "licences.txt"), await licences());

await serviceWorker();

/** The page without the server, in every language, and the script that shows it. */
async function serviceWorker() {
  const texts = {};
  for (const language of await readdir(join(root, "locales"))) {
    const file = join(root, "locales", language, "offline.json");
    texts[language] = await readFile(file, "utf8").then(JSON.parse, () => undefined);
  }
  const page = await readFile(join(root, "pwa/offline.js"), "utf8");
  await writeFile(join(dist, "offline.js"), `const TEXTS = ${JSON.stringify(texts)};\n${page}`);
  const files = ["/offline.html", "/offline.css", "/offline.js", "/theme.css", "/theme.js", "/favicon.svg"];
  const hash = createHash("sha256");
  for (const file of files) hash.update(await readFile(join(dist, file)));
  const names = `const CACHE = "livos-${hash.digest("hex").slice(0, 12)}";\nconst FILES = ${JSON.stringify(files)};\n`;
  await writeFile(join(dist, "sw.js"), names + (await readFile(join(root, "pwa/sw.js"), "utf8")));
}

/** The licence of every package that is part of what people download. */
async function licences() {
  const lock = JSON.parse(await readFile(join(root, "package-lock.json"), "utf8"));
  const parts = [];
  for (const [path, entry] of Object.entries(lock.packages)) {
    // Type declarations are not part of what is built.
    if (!path || entry.dev || entry.optional || path.includes("/@types/")) continue;
    const folder = join(root, path);
    const name = path.slice(path.lastIndexOf("node_modules/") + 13);
    let files = [];
    try {
      files = await readdir(folder);
    } catch {
      continue;
    }
    const file = files.find((other) => /^(licen[cs]e|copying|ofl)/i.test(other));
    const text = file ? (await readFile(join(folder, file), "utf8")).trim() : "";
    parts.push(`${name} ${entry.version}\n${entry.license ?? "MIT (as its readme says)"}\n\n${text}`);
  }
  return `${parts.join(`\n\n${"-".repeat(72)}\n\n`)}\n`;
}

async function* walk(folder) {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* walk(path);
    else yield path;
  }
}

const gz = promisify(gzip);
const br = promisify(brotliCompress);
for await (const file of walk(dist)) {
  if (!TEXT.has(extname(file)) || (await stat(file)).size < 512) continue;
  const data = await readFile(file);
  await writeFile(`${file}.gz`, await gz(data, { level: 9 }));
  await writeFile(`${file}.br`, await br(data, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }));
}
