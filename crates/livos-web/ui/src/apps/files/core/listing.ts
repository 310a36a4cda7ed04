/**
 * A folder as the server sends it: compact tuples, sorted in place once per change of order.
 * 100,000 entries must not freeze the page, so names that are plain ASCII get a cheap sort key that orders
 * exactly as the collator would; everything else goes through Intl.Collator.
 */
import { extension } from "./paths";

export const FILE = 0;
export const FOLDER = 1;
export const LINK = 2;
export const OTHER = 3;

/** name, kind, size, modified_at, and a key where the name alone does not identify the row (search, Trash). */
export type Entry = [name: string, kind: number, size: number, modifiedAt: number, key?: string];

export type SortColumn = "name" | "size" | "modified" | "kind";
export type Sort = { column: SortColumn; descending: boolean };

export const keyOf = (entry: Entry): string => entry[4] ?? entry[0];
export const isFolder = (entry: Entry): boolean => entry[1] === FOLDER;

const collators = new Map<string, Intl.Collator>();

export function collatorFor(language: string): Intl.Collator {
  let collator = collators.get(language);
  if (!collator) {
    collator = new Intl.Collator(language, { numeric: true, sensitivity: "base" });
    collators.set(language, collator);
  }
  return collator;
}

/** Languages in which no pair of ASCII letters sorts as one ("ch" in Czech), so a key per character is exact. */
const plainLanguages = /^(en|de|fr|it|nl|pt|es)(-|$)/;

/** Rank of every printable ASCII character in the collator's own order; equal characters share a rank. */
function asciiRanks(collator: Intl.Collator): Uint8Array {
  const chars = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i));
  chars.sort((a, b) => collator.compare(a, b));
  const ranks = new Uint8Array(128);
  let rank = 1;
  chars.forEach((char, i) => {
    const before = chars[i - 1];
    if (before !== undefined && collator.compare(before, char) !== 0) rank += 1;
    ranks[char.charCodeAt(0)] = rank;
  });
  return ranks;
}

/**
 * A string whose plain comparison equals the collator's order for this ASCII name, or undefined if the name is not
 * plain ASCII. A run of digits becomes: rank of a digit, how many digits, the digits.
 */
export function sortKey(name: string, ranks: Uint8Array): string | undefined {
  let key = "";
  for (let i = 0; i < name.length; ) {
    const code = name.charCodeAt(i);
    if (code < 32 || code > 126) return undefined;
    if (code >= 48 && code <= 57) {
      let start = i;
      while (start < name.length && name.charCodeAt(start) === 48) start += 1;
      let end = start;
      while (end < name.length && name.charCodeAt(end) >= 48 && name.charCodeAt(end) <= 57) end += 1;
      key += String.fromCharCode(ranks[48] ?? 0, 1 + end - start) + name.slice(start, end);
      i = end;
    } else {
      key += String.fromCharCode(ranks[code] ?? 0);
      i += 1;
    }
  }
  return key;
}

/** The slow part, done once for each listing. */
export function sortByName(entries: Entry[], language: string): Entry[] {
  const collator = collatorFor(language);
  if (entries.length > 2000 && plainLanguages.test(language)) {
    const ranks = asciiRanks(collator);
    const keyed: { entry: Entry; key: string }[] = [];
    for (const entry of entries) {
      const key = sortKey(entry[0], ranks);
      if (key === undefined) break;
      keyed.push({ entry, key });
    }
    if (keyed.length === entries.length) {
      keyed.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : a.entry[0] < b.entry[0] ? -1 : 1));
      for (let i = 0; i < keyed.length; i += 1) entries[i] = (keyed[i] as { entry: Entry }).entry;
      return entries;
    }
  }
  return entries.sort((a, b) => collator.compare(a[0], b[0]) || (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0));
}

/** Folders to the front, everything else in the order it has; a pass, not a sort. */
function putFoldersFirst(entries: Entry[]): void {
  const files: Entry[] = [];
  let at = 0;
  for (const entry of entries) {
    if (isFolder(entry)) {
      entries[at] = entry;
      at += 1;
    } else files.push(entry);
  }
  for (const entry of files) {
    entries[at] = entry;
    at += 1;
  }
}

/**
 * Orders entries that are already in name order, in place. Sorting is stable, so equal sizes or times stay in name
 * order in both directions.
 */
export function orderEntries(entries: Entry[], sort: Sort, foldersFirst: boolean): Entry[] {
  if (sort.column === "name") {
    if (sort.descending) entries.reverse();
  } else if (sort.column === "size") {
    // Folders have no size of their own and keep to name order.
    const value = (e: Entry) => (isFolder(e) ? -1 : e[2]);
    entries.sort((a, b) => (sort.descending ? value(b) - value(a) : value(a) - value(b)));
  } else if (sort.column === "modified") {
    entries.sort((a, b) => (sort.descending ? b[3] - a[3] : a[3] - b[3]));
  } else {
    const known = new Map(entries.map((e) => [e, isFolder(e) ? "" : extension(e[0])]));
    entries.sort((a, b) => {
      const x = known.get(a) ?? "";
      const y = known.get(b) ?? "";
      return x === y ? 0 : x < y !== sort.descending ? -1 : 1;
    });
  }
  if (foldersFirst) putFoldersFirst(entries);
  return entries;
}

/** Both at once, for lists that are shown in one order only. */
export function sortEntries(
  entries: Entry[],
  sort: Sort,
  options: { foldersFirst: boolean; language: string },
): Entry[] {
  sortByName(entries, options.language);
  return orderEntries(entries, sort, options.foldersFirst);
}

/** Clicking a header: a new column starts the way people expect it, the same column turns around. */
export function nextSort(current: Sort, column: SortColumn): Sort {
  if (current.column === column) return { column, descending: !current.descending };
  return { column, descending: column === "size" || column === "modified" };
}

const fold = (text: string): string => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

/** Find in folder: every word must occur, in any order, whatever its case or accents. */
export function filterEntries(entries: Entry[], query: string): Entry[] {
  const words = fold(query).split(/\s+/).filter(Boolean);
  if (words.length === 0) return entries;
  return entries.filter((entry) => {
    const name = fold(entry[0]);
    return words.every((word) => name.includes(word));
  });
}

/** Hidden names start with a dot; they are shown only when asked for. */
export function visibleEntries(entries: Entry[], showHidden: boolean): Entry[] {
  return showHidden ? entries : entries.filter((entry) => entry[0].charCodeAt(0) !== 46);
}

export function totals(entries: Iterable<Entry>): { files: number; folders: number; bytes: number } {
  const out = { files: 0, folders: 0, bytes: 0 };
  for (const entry of entries) {
    if (isFolder(entry)) out.folders += 1;
    else {
      out.files += 1;
      out.bytes += entry[2];
    }
  }
  return out;
}
