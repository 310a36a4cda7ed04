import { keys, queries } from "./api/queries";
import type { TextKey } from "./i18n";
import { matches } from "./keys";
import type { Settings } from "./settings";

/** A key combination of the shell; those of windows are their commands' own. */
export interface Shortcut {
  id: string;
  /** Several, when one shortcut stands for a row of keys, such as Alt+Shift+1 to 9. */
  keys: string[];
  title: TextKey;
  group: "everywhere" | "windows";
  /** Works while someone types, because it edits no text. */
  typing?: boolean;
}

export const SHORTCUTS = [
  { id: "search", keys: ["Mod+K"], title: "shell.command.search", group: "everywhere", typing: true },
  { id: "shortcuts", keys: ["?"], title: "shell.command.shortcuts", group: "everywhere" },
  { id: "next-region", keys: ["F6"], title: "shell.keys.nextRegion", group: "everywhere", typing: true },
  {
    id: "last-region",
    keys: ["Shift+F6"],
    title: "shell.keys.lastRegion",
    group: "everywhere",
    typing: true,
  },
  {
    id: "dock",
    keys: Array.from({ length: 9 }, (_, index) => `Alt+Shift+${index + 1}`),
    title: "shell.keys.dockItem",
    group: "everywhere",
    typing: true,
  },
  {
    id: "desktop",
    keys: ["Alt+Shift+D"],
    title: "shell.command.showDesktop",
    group: "everywhere",
    typing: true,
  },
  { id: "left", keys: ["Alt+Shift+ArrowLeft"], title: "shell.command.leftHalf", group: "windows" },
  { id: "right", keys: ["Alt+Shift+ArrowRight"], title: "shell.command.rightHalf", group: "windows" },
  { id: "maximise", keys: ["Alt+Shift+ArrowUp"], title: "shell.command.maximise", group: "windows" },
  { id: "restore", keys: ["Alt+Shift+ArrowDown"], title: "shell.keys.restore", group: "windows" },
  { id: "minimise", keys: ["Alt+Shift+M"], title: "shell.command.minimise", group: "windows", typing: true },
  { id: "close", keys: ["Alt+Shift+W"], title: "shell.command.closeWindow", group: "windows", typing: true },
] as const satisfies Shortcut[];

export type ShortcutId = (typeof SHORTCUTS)[number]["id"];

/** A letter, digit or sign alone, which speech input and a slip of the hand can press by accident. */
export function isSingle(combination: string): boolean {
  return combination.length === 1 || /^Shift\+.$/.test(combination);
}

/** The person's own keys for a shortcut or a command; none when it is turned off. */
export function ownKeys(settings: Settings | undefined, id: string, usual: string[]): string[] {
  const own = settings?.shortcuts;
  const chosen: unknown =
    typeof own === "object" && own !== null ? (own as Record<string, unknown>)[id] : undefined;
  const list = typeof chosen === "string" ? (chosen === "" ? [] : [chosen]) : usual;
  return settings?.single_keys === false ? list.filter((combination) => !isSingle(combination)) : list;
}

export function currentSettings(): Settings | undefined {
  return queries.getQueryData<Settings>(keys.settings);
}

/** Which of a shortcut's keys was pressed, counted from 0; -1 for none. */
export function pressed(event: KeyboardEvent, id: string, usual: readonly string[]): number {
  return ownKeys(currentSettings(), id, [...usual]).findIndex((combination) => matches(event, combination));
}

const MODIFIERS = new Set(["Control", "Shift", "Alt", "Meta", "AltGraph"]);

/** The combination of a key press, as it is stored; null while only modifiers are down. */
export function combinationOf(event: KeyboardEvent, mac: boolean): string | null {
  if (MODIFIERS.has(event.key)) return null;
  const mod = mac ? event.metaKey : event.ctrlKey;
  const code = /^(?:Key|Digit)(.)$/.exec(event.code)?.[1];
  const key =
    code && (event.altKey || mod) ? code : event.key.length === 1 ? event.key.toLocaleUpperCase() : event.key;
  const symbol = key.length === 1 && !/[a-z0-9]/i.test(key);
  return [mod && "Mod", event.altKey && "Alt", event.shiftKey && !symbol && "Shift", key]
    .filter(Boolean)
    .join("+");
}

const BROWSERS = [
  "Mod+W",
  "Mod+T",
  "Mod+N",
  "Mod+Shift+N",
  "Mod+Tab",
  "Mod+Shift+Tab",
  "Mod+L",
  "Mod+R",
  "Tab",
  "Shift+Tab",
];

/** Keys that browsers keep for themselves, or that this desktop could not do without. */
export function isReserved(combination: string): boolean {
  return [...BROWSERS, "Escape", "Enter", " "].includes(combination);
}
