// The desktop with every text 40 % longer, as other languages have it. It is a build of its own, so that nothing of
// it is part of the product.
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build } from "vite";

/** "Upload files" becomes "Uuploooaad fiileees": longer, in as many words, and still to be read. */
export function stretch(text) {
  const wanted = Math.ceil(text.replace(/\{\{\w+\}\}/g, "").length * 1.4) + 1;
  // Names that are filled in stay whole.
  const parts = text.split(/(\{\{\w+\}\})/);
  let more = wanted - parts.filter((part) => !part.startsWith("{{")).join("").length;
  for (let round = 0; more > 0 && round < 4; round += 1) {
    for (let i = 0; i < parts.length && more > 0; i += 1) {
      if (parts[i].startsWith("{{")) continue;
      parts[i] = parts[i].replace(/[aeiouy]+/gi, (vowels) => {
        if (more <= 0) return vowels;
        more -= 1;
        return vowels + vowels.at(-1).toLowerCase();
      });
    }
  }
  return parts.join("");
}

const plugin = {
  name: "pseudo-locale",
  enforce: "pre",
  transform(code, id) {
    if (!/\/locales\/en\/\w+\.json$/.test(id)) return null;
    const texts = Object.entries(JSON.parse(code)).map(([key, text]) => [key, stretch(text)]);
    return { code: JSON.stringify(Object.fromEntries(texts)), map: null };
  },
};

/** In a process of its own, because a build would hold up the servers of the tests beside it. */
export async function buildPseudo(outDir) {
  await promisify(execFile)(process.execPath, [fileURLToPath(import.meta.url), outDir]);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await build({
    root: fileURLToPath(new URL("../..", import.meta.url)),
    plugins: [plugin],
    logLevel: "error",
    build: { outDir: process.argv[2], emptyOutDir: true },
  });
}
