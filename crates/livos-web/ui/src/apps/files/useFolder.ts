import { useQuery } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import type { TrashEntry } from "@/lib/api";
import { language } from "@/lib/i18n";
import { useStore } from "@/lib/store";
import type { Item } from "./actions";
import { type Entry, filterEntries, keyOf, orderEntries, sortByName, visibleEntries } from "./core/listing";
import { type FilesLocation, favouritesRoot, recentsRoot, trashRoot } from "./core/location";
import { join, type Place } from "./core/paths";
import { nothing, type Rows, reconcile, rowsOf, type Selection } from "./core/selection";
import {
  entryOf,
  favouritesQuery,
  listQuery,
  markEntry,
  markPlace,
  recentsQuery,
  searchQuery,
  trashedEntry,
  trashQuery,
} from "./data";
import { options } from "./options";

export type Mode = "files" | "trash" | "search" | "recents" | "favourites";

function modeOf({ place, search }: FilesLocation): Mode {
  if (place.root === trashRoot) return "trash";
  if (place.root === recentsRoot) return "recents";
  if (place.root === favouritesRoot) return "favourites";
  return search !== undefined ? "search" : "files";
}

/**
 * The rows of a window: fetched, sorted, filtered, with the selection following them. `find` narrows what is
 * loaded; it is no part of the location because it changes with every key.
 */
export function useFolder(location: FilesLocation, find: string) {
  const { place, sort, search, select } = location;
  const mode = modeOf(location);
  const { foldersFirst, hidden } = useStore(options);

  const list = useQuery({ ...listQuery(place), enabled: mode === "files" });
  const trash = useQuery({ ...trashQuery, enabled: mode === "trash" });
  const found = useQuery({ ...searchQuery(place, search ?? ""), enabled: mode === "search" });
  const recents = useQuery({ ...recentsQuery, enabled: mode === "recents" });
  const favourites = useQuery({ ...favouritesQuery, enabled: mode === "favourites" });
  const query = { files: list, trash, search: found, recents, favourites }[mode];

  const listed = list.data;
  const trashed = trash.data;
  const results = found.data;
  const used = recents.data;
  const liked = favourites.data;
  const byName = useMemo<Entry[] | undefined>(() => {
    // The cache's own array stays as it is, because another window may show it in another order.
    if (mode === "files") return listed && sortByName((listed.entries as Entry[]).slice(), language);
    if (mode === "trash") return trashed && sortByName(trashed.map(trashedEntry), language);
    if (mode === "recents")
      return (
        used &&
        sortByName(
          used.map(({ entry, used_at }) => markEntry(entry, used_at)),
          language,
        )
      );
    if (mode === "favourites")
      return (
        liked &&
        sortByName(
          liked.map((info) => markEntry(info)),
          language,
        )
      );
    return results && sortByName(results.entries.map(entryOf), language);
  }, [mode, listed, trashed, results, used, liked]);

  const { column, descending } = sort;
  const sorted = useMemo(
    () => byName && orderEntries(byName.slice(), { column, descending }, foldersFirst),
    [byName, column, descending, foldersFirst],
  );
  const visible = useMemo(
    () => sorted && (mode === "files" ? visibleEntries(sorted, hidden) : sorted),
    [sorted, hidden, mode],
  );
  const entries = useMemo(() => (visible && find ? filterEntries(visible, find) : visible), [visible, find]);
  const rows = useMemo(() => rowsOf((entries ?? []).map(keyOf)), [entries]);
  const taken = useMemo(() => {
    // Built when a name is typed for the first time, not for every folder that is looked at.
    let names: Set<string> | undefined;
    return (name: string) => {
      names ??= new Set((listed?.entries as Entry[] | undefined)?.map((entry) => entry[0]));
      return names.has(name);
    };
  }, [listed]);
  const trashById = useMemo(
    () => new Map((trashed ?? []).map((item: TrashEntry) => [item.id, item])),
    [trashed],
  );

  const [selection, setSelection] = useState<Selection>(nothing);
  const here = `${place.root}/${place.path}?${search ?? ""}`;
  const shown = useRef<{ here: string; rows: Rows }>({ here, rows });
  /** A row to select as soon as it is there: the folder one came from, or a new one. */
  const wanted = useRef<string>(undefined);

  // biome-ignore lint/correctness/useExhaustiveDependencies: a name asked for later is looked up when it is asked for
  useEffect(() => {
    const before = shown.current;
    shown.current = { here, rows };
    const key = wanted.current;
    if (key !== undefined && rows.indexOf(key) >= 0) {
      wanted.current = undefined;
      setSelection({ keys: new Set([key]), anchor: key, focus: key });
    } else if (before.here !== here) setSelection(nothing);
    else setSelection((now) => reconcile(now, before.rows, rows));
  }, [here, rows, select]);

  const want = useCallback((key: string) => {
    wanted.current = key;
  }, []);

  const placeOf = useMemo(
    () =>
      (entry: Entry): Place | undefined =>
        mode === "trash"
          ? undefined
          : mode === "recents" || mode === "favourites"
            ? markPlace(keyOf(entry))
            : mode === "search"
              ? { root: place.root, path: keyOf(entry) }
              : { root: place.root, path: join(place.path, entry[0]) },
    [mode, place.root, place.path],
  );

  const selected = useMemo(() => {
    if (!entries || selection.keys.size === 0) return [];
    const out: Entry[] = [];
    for (const key of selection.keys) {
      const entry = entries[rows.indexOf(key)];
      if (entry) out.push(entry);
    }
    return out;
  }, [entries, rows, selection.keys]);

  /** What an action works on: entries with their places. */
  const itemsOf = (list: Entry[]): Item[] =>
    list.flatMap((entry) => {
      const at = placeOf(entry);
      return at ? [{ place: at, name: entry[0], kind: entry[1], size: entry[2] }] : [];
    });

  return {
    mode,
    query,
    entries,
    rows,
    taken,
    hiddenCount: (sorted?.length ?? 0) - (visible?.length ?? 0),
    complete: results?.complete ?? true,
    selection,
    setSelection,
    selected,
    placeOf,
    itemsOf,
    trashById,
    want,
  };
}

export type Folder = ReturnType<typeof useFolder>;
