import type { InstalledApp } from "@/lib/api/types";

/** Column and row on the desktop's grid, counted from the top start corner. */
export type Cell = readonly [column: number, row: number];

/** Without a cell an icon takes the first free one, so new apps and smaller screens need no care. */
export interface Single {
  id: string;
  at?: Cell;
}

export interface Folder {
  folder: string;
  name: string;
  apps: string[];
  at?: Cell;
}

/** What the server keeps: the order for phones, and the cells for screens that have them. */
export type Entry = Single | Folder;

/** An entry with those of its apps that are installed. */
export interface Item {
  key: string;
  entry: Entry;
  apps: InstalledApp[];
}

export function isFolder(entry: Entry): entry is Folder {
  return "folder" in entry;
}

export function keyOf(entry: Entry): string {
  return isFolder(entry) ? `folder:${entry.folder}` : entry.id;
}

function cellOf(value: unknown): { at?: Cell } {
  if (!Array.isArray(value)) return {};
  const [column, row] = value as unknown[];
  const fits = (part: unknown): part is number => Number.isInteger(part) && (part as number) >= 0;
  return fits(column) && fits(row) ? { at: [column, row] } : {};
}

/** Settings can hold anything; what cannot be understood is dropped, and nothing is shown twice. */
export function read(stored: unknown): Entry[] {
  const seen = new Set<string>();
  const once = (id: unknown): id is string => {
    if (typeof id !== "string" || id === "" || seen.has(id)) return false;
    seen.add(id);
    return true;
  };
  return (Array.isArray(stored) ? stored : []).flatMap((entry: unknown): Entry[] => {
    if (typeof entry === "string") return once(entry) ? [{ id: entry }] : [];
    if (typeof entry !== "object" || entry === null) return [];
    const { id, folder, name, apps, at } = entry as Record<string, unknown>;
    if (typeof folder === "string" && Array.isArray(apps)) {
      if (!once(`folder:${folder}`)) return [];
      return [{ folder, name: typeof name === "string" ? name : "", apps: apps.filter(once), ...cellOf(at) }];
    }
    return once(id) ? [{ id, ...cellOf(at) }] : [];
  });
}

/** The stored entries and, after them, the installed apps that are in none yet, oldest first. */
export function complete(stored: unknown, apps: InstalledApp[]): Entry[] {
  const entries = read(stored);
  const known = new Set(entries.flatMap((entry) => (isFolder(entry) ? entry.apps : [entry.id])));
  const fresh = apps
    .filter((app) => !known.has(app.id))
    .toSorted((a, b) => a.installed_at - b.installed_at || a.name.localeCompare(b.name));
  return [...entries, ...fresh.map(({ id }) => ({ id }))];
}

/** What is shown. Entries whose apps are not installed keep their place but stay away. */
export function itemsOf(entries: Entry[], apps: InstalledApp[]): Item[] {
  const byId = new Map(apps.map((app) => [app.id, app]));
  return entries
    .map((entry) => ({
      key: keyOf(entry),
      entry,
      apps: (isFolder(entry) ? entry.apps : [entry.id]).flatMap((id) => byId.get(id) ?? []),
    }))
    .filter((item) => item.apps.length > 0);
}

/** Where each item stands: in its own cell if that exists and is free, else in the first free one. */
export function placeAll(items: Item[], rows: number, columns: number): Map<string, Cell> {
  const taken = new Set<string>();
  const places = new Map<string, Cell>();
  for (const { key, entry } of items) {
    const { at } = entry;
    if (!at || at[0] >= columns || at[1] >= rows || taken.has(String(at))) continue;
    taken.add(String(at));
    places.set(key, at);
  }
  let next = 0;
  for (const { key } of items) {
    if (places.has(key)) continue;
    let cell: Cell;
    do {
      cell = [Math.floor(next / rows), next % rows];
      next += 1;
    } while (taken.has(String(cell)));
    places.set(key, cell);
  }
  return places;
}

/** The state that a folder has to show: the worst of its apps. */
export function worst(apps: InstalledApp[]): InstalledApp["state"] {
  const found = (["problem", "starting", "installing", "updating", "rolling_back", "removing"] as const).find(
    (state) => apps.some((app) => app.state === state),
  );
  return found ?? (apps.every((app) => app.state === "stopped") ? "stopped" : "running");
}
