import type assistant from "../../locales/en/assistant.json";
import type containers from "../../locales/en/containers.json";
import type files from "../../locales/en/files.json";
import type log from "../../locales/en/log.json";
import type panels from "../../locales/en/panels.json";
import type preview from "../../locales/en/preview.json";
import type settings from "../../locales/en/settings.json";
import type setup from "../../locales/en/setup.json";
import shell from "../../locales/en/shell.json";
import type storeApp from "../../locales/en/store.json";
import { createStore, useStore } from "./store";

type Plain<K> = K extends `${infer Base}_${"zero" | "one" | "two" | "few" | "many" | "other"}` ? Base : K;
type Keys<Namespace extends string, Dictionary> = `${Namespace}.${Plain<keyof Dictionary & string>}`;

/** Every text of the English catalogue, so a missing key is a type error. */
export type TextKey =
  | Keys<"shell", typeof shell>
  | Keys<"panels", typeof panels>
  | Keys<"assistant", typeof assistant>
  | Keys<"files", typeof files>
  | Keys<"store", typeof storeApp>
  | Keys<"containers", typeof containers>
  | Keys<"log", typeof log>
  | Keys<"preview", typeof preview>
  | Keys<"settings", typeof settings>
  | Keys<"setup", typeof setup>;

type Values = Record<string, string | number>;
type Dictionary = Record<string, string>;

const loaders = import.meta.glob<Dictionary>(
  ["../../locales/*/*.json", "!../../locales/en/shell.json", "!../../locales/*/offline.json"],
  {
    import: "default",
  },
);
const dictionaries: Record<string, Dictionary> = { "en/shell": shell };
const loaded = createStore(0);

function available(): string {
  for (const wanted of typeof navigator === "undefined" ? [] : navigator.languages) {
    const base = wanted.toLowerCase().split("-")[0] ?? "";
    if (base === "en" || `../../locales/${base}/shell.json` in loaders) return base;
  }
  return "en";
}

/** The language of the texts; numbers and dates follow the browser's own region. */
export const language = available();
export const region = typeof navigator === "undefined" ? "en" : navigator.language || "en";
const plurals = new Intl.PluralRules(language);

async function loadOne(name: string): Promise<void> {
  if (dictionaries[name]) return;
  const loader = loaders[`../../locales/${name}.json`];
  if (!loader) return;
  dictionaries[name] = await loader();
  loaded.set((count) => count + 1);
}

/** Windows load their own texts beside their code. */
export async function loadTexts(namespace: string): Promise<void> {
  await Promise.all([loadOne(`en/${namespace}`), language !== "en" && loadOne(`${language}/${namespace}`)]);
}

function find(key: string, count: unknown): string | undefined {
  const dot = key.indexOf(".");
  const namespace = key.slice(0, dot);
  const rest = key.slice(dot + 1);
  for (const lang of [language, "en"]) {
    const dictionary = dictionaries[`${lang}/${namespace}`];
    if (!dictionary) continue;
    if (typeof count === "number") {
      const plural = dictionary[`${rest}_${plurals.select(count)}`] ?? dictionary[`${rest}_other`];
      if (plural !== undefined) return plural;
    }
    if (dictionary[rest] !== undefined) return dictionary[rest];
  }
  return undefined;
}

function fill(text: string, values?: Values): string {
  if (!values) return text;
  return text.replace(/\{\{(\w+)\}\}/g, (whole, name: string) => {
    const value = values[name];
    return value === undefined ? whole : typeof value === "number" ? value.toLocaleString(region) : value;
  });
}

/** The text for a key; `{{name}}` is filled in and `count` chooses the plural. */
export function t(key: TextKey, values?: Values): string {
  return fill(find(key, values?.count) ?? key, values);
}

/** For keys built from data the server sends, such as a job step it may invent later. */
export function tx(key: string, fallback: string, values?: Values): string {
  return fill(find(key, values?.count) ?? fallback, values);
}

/** Renders again when another namespace arrives. */
export function useTexts(): typeof t {
  useStore(loaded);
  return t;
}
