import type { Cell, Entry, Folder } from "./model";
import { isFolder, keyOf } from "./model";

/** All changes a person can make to the icons, as functions from one arrangement to the next. */

function place(entry: Entry, at: Cell | undefined): Entry {
  const { at: _, ...rest } = entry;
  return at ? { ...rest, at } : rest;
}

/** Reading order, column by column: phones have no cells, so the order has to follow them. */
function inOrder(entries: Entry[]): Entry[] {
  const rank = ({ at }: Entry) => (at ? at[0] * 1_000 + at[1] : Number.POSITIVE_INFINITY);
  return entries
    .map((entry, index) => ({ entry, index }))
    .toSorted((a, b) => (rank(a.entry) === rank(b.entry) ? a.index - b.index : rank(a.entry) - rank(b.entry)))
    .map(({ entry }) => entry);
}

/** Puts an icon into a cell. Everything shown stays where it is; what stood there changes places with it. */
export function moveTo(entries: Entry[], key: string, cell: Cell, shown: Map<string, Cell>): Entry[] {
  const from = shown.get(key);
  return inOrder(
    entries.map((entry) => {
      const mine = keyOf(entry);
      const at = shown.get(mine) ?? entry.at;
      if (mine === key) return place(entry, cell);
      return place(entry, at && String(at) === String(cell) ? from : at);
    }),
  );
}

/** Changes places with the one before or after it, for phones and keyboards. */
export function step(entries: Entry[], key: string, by: number, visible: string[]): Entry[] {
  const other = visible[visible.indexOf(key) + by];
  const a = entries.find((entry) => keyOf(entry) === key);
  const b = entries.find((entry) => keyOf(entry) === other);
  if (!a || !b) return entries;
  return entries.map((entry) => (entry === a ? place(b, a.at) : entry === b ? place(a, b.at) : entry));
}

function without(entries: Entry[], id: string): Entry[] {
  return entries.flatMap((entry): Entry[] => {
    if (!isFolder(entry)) return entry.id === id ? [] : [entry];
    if (!entry.apps.includes(id)) return [entry];
    const apps = entry.apps.filter((other) => other !== id);
    return apps.length > 0 ? [{ ...entry, apps }] : [];
  });
}

/** Puts an app into a folder, or together with another app into a new one in that app's place. */
export function gather(
  entries: Entry[],
  id: string,
  target: string,
  fresh: { folder: string; name: string },
): Entry[] {
  if (id === target) return entries;
  return without(entries, id).map((entry): Entry => {
    if (keyOf(entry) !== target) return entry;
    if (isFolder(entry)) return { ...entry, apps: [...entry.apps, id] };
    return place({ ...fresh, apps: [entry.id, id] }, entry.at);
  });
}

/** A new folder with one app in it, where the app stood. */
export function wrap(entries: Entry[], id: string, fresh: { folder: string; name: string }): Entry[] {
  const alone = entries.find((entry) => keyOf(entry) === id);
  const folder: Folder = { ...fresh, apps: [id] };
  if (alone) return entries.map((entry) => (entry === alone ? place(folder, alone.at) : entry));
  return [...without(entries, id), folder];
}

/** Takes an app out of its folder; it stands after it, or in the folder's place when it was the last. */
export function takeOut(entries: Entry[], id: string): Entry[] {
  return entries.flatMap((entry): Entry[] => {
    if (!isFolder(entry) || !entry.apps.includes(id)) return [entry];
    const apps = entry.apps.filter((other) => other !== id);
    return apps.length > 0 ? [{ ...entry, apps }, { id }] : [place({ id }, entry.at)];
  });
}

/** Puts a folder's apps back on the desktop and the folder away. */
export function dissolve(entries: Entry[], folder: string): Entry[] {
  return entries.flatMap((entry): Entry[] =>
    isFolder(entry) && entry.folder === folder
      ? entry.apps.map((id, index) => place({ id }, index === 0 ? entry.at : undefined))
      : [entry],
  );
}

export function changeFolder(
  entries: Entry[],
  folder: string,
  part: Partial<Pick<Folder, "name" | "apps">>,
): Entry[] {
  return entries.map((entry) => (isFolder(entry) && entry.folder === folder ? { ...entry, ...part } : entry));
}

/** Every icon in the first free cell again, in the order it has. */
export function tidy(entries: Entry[]): Entry[] {
  return entries.map((entry) => place(entry, undefined));
}
