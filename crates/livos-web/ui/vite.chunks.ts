import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { Plugin } from "vite";

interface Graph {
  getModuleInfo(id: string): { importedIds: readonly string[] } | null;
}

const reached = new WeakMap<object, Map<string, string>>();

/** Everything that loads together with a module, because it is imported without `import()`. */
function closure(start: string, graph: Graph, skip: Map<string, string>, name: string): void {
  const queue = [start];
  for (let id = queue.pop(); id !== undefined; id = queue.pop()) {
    if (skip.has(id)) continue;
    skip.set(id, name);
    queue.push(...(graph.getModuleInfo(id)?.importedIds ?? []));
  }
}

/** What a page or a part of it starts from, in the order in which they load. */
const STARTS = {
  signin: ["src/signin/SignInPage.tsx", "src/ui/fields.tsx", "src/ui/bits.tsx"],
  desktop: ["src/shell/Desktop.tsx"],
  windows: ["src/shell/wm/Windows.tsx"],
  extras: ["src/shell/Toasts.tsx", "src/shell/Commands.tsx", "src/shell/menus.ts", "src/ui/Dialog.tsx"],
};

/**
 * Few files for the first pages: "base" is what every page needs, "signin" and "desktop" the two pages on
 * top of it, "windows" what an open window needs and "extras" what follows
 * the first paint. Left alone, the bundler makes many small shared files, and each costs a round trip.
 */
export function firstChunks(root: string) {
  return (id: string, graph: Graph): string | null => {
    let names = reached.get(graph);
    if (!names) {
      names = new Map();
      closure(join(root, "src/main.tsx"), graph, names, "base");
      const base = new Set(names.keys());
      const parts = Object.entries(STARTS).map(([name, starts]) => {
        const own = new Map([...base].map((module) => [module, "base"]));
        for (const start of starts) closure(join(root, start), graph, own, name);
        return own;
      });
      for (const own of parts) {
        for (const [module, name] of own) {
          const before = names.get(module);
          if (before === undefined) names.set(module, name);
          // The sign-in page has nothing to wait for in the desktop's file, nor the desktop in its.
          else if (name === "desktop" && before !== "desktop") names.set(module, "base");
        }
      }
      reached.set(graph, names);
    }
    return names.get(id) ?? null;
  };
}

/**
 * Puts the bundler's own few lines, which tie the files together, into "base". It always makes a file of them,
 * and every page would wait for that one more request.
 */
export function runtimeInBase(): Plugin {
  return {
    name: "runtime-in-base",
    apply: "build",
    generateBundle: {
      order: "pre",
      handler(_, bundle) {
        const chunks = Object.values(bundle).filter((file) => file.type === "chunk");
        const runtime = chunks.find((chunk) => chunk.name === "rolldown-runtime");
        const base = chunks.find((chunk) => chunk.name === "base");
        if (!runtime || !base) this.error("there is no runtime or no base to put it in");
        if (base.imports.some((name) => name !== runtime.fileName))
          this.error("base imports other files, which would come before the runtime in it");
        const [body = "", exported = ""] = runtime.code.split(/export\s*\{([^}]*)\};?\s*$/);
        const pairs = exported.split(",").map((pair) => pair.trim().split(" as "));
        const given = pairs.map(([name, as = name]) => `${as}:${name}`).join(",");
        const taken = pairs.map(([name, as = name]) => `${as}:runtime$${as}`).join(",");
        const shared = pairs.map(([name, as = name]) => `runtime$${as}`).join(",");
        for (const chunk of chunks) {
          if (chunk === runtime) continue;
          const imports = new RegExp(`import\\s*\\{([^}]*)\\}\\s*from\\s*"\\./[^"]*${runtime.name}-[^"]*";?`);
          const names = imports.exec(chunk.code)?.[1]?.split(",") ?? [];
          const renamed = names.map((pair) => pair.trim().split(" as "));
          const own = renamed.map(([name, as = name]) => `${name}:${as}`).join(",");
          const theirs = renamed.map(([name, as = name]) => `runtime$${name} as ${as}`).join(",");
          if (chunk === base) {
            const code = chunk.code.replace(imports, `const{${own}}=runtime$;`);
            chunk.code = `const runtime$=(()=>{${body};return{${given}}})(),{${taken}}=runtime$;export{${shared}};${code}`;
            chunk.imports = [];
          } else if (names.length > 0) {
            const from = `./${base.fileName.split("/").pop()}`;
            chunk.code = chunk.code.replace(imports, `import{${theirs}}from${JSON.stringify(from)};`);
            const others = chunk.imports.filter((name) => name !== runtime.fileName);
            chunk.imports = [...new Set([base.fileName, ...others])];
          }
        }
        delete bundle[runtime.fileName];
      },
    },
  };
}

/**
 * Imports each icon from its own file. The package's index names all 1,700 of them, so that the bundler
 * could not tell which page needs which.
 */
export function directIcons(): Plugin {
  const index = createRequire(import.meta.url)
    .resolve("lucide-react")
    .replace("/cjs/lucide-react.js", "/esm/lucide-react.mjs");
  const files = new Map<string, string>();
  for (const [, names = "", path = ""] of readFileSync(index, "utf8").matchAll(
    /export \{([^}]*)\} from '([^']+)'/g,
  )) {
    for (const [, name = ""] of names.matchAll(/default as (\w+)/g))
      files.set(name, join(dirname(index), path));
  }
  return {
    name: "direct-icons",
    apply: "build",
    enforce: "pre",
    transform(code, id) {
      if (!/\/src\/.*\.tsx?$/.test(id)) return null;
      return code.replace(/^import \{([^}]*)\} from "lucide-react";$/gm, (whole, list: string) => {
        const parts = list
          .split(",")
          .map((part) => part.trim())
          .filter((part) => part && !part.startsWith("type "));
        const lines = parts.map((part) => {
          const [name = "", alias = name] = part.split(" as ");
          const file = files.get(name);
          return file ? `import ${alias} from ${JSON.stringify(file)};` : "";
        });
        return lines.includes("") ? whole : lines.join("");
      });
    },
  };
}
