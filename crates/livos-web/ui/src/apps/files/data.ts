/** What Files asks of the server, in one place. Lists stay the server's own arrays; nothing is copied per entry. */
import { queryOptions, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { api, type EntryInfo, keys, ok, queries, type TrashEntry } from "@/lib/api";
import { sharesQuery } from "@/lib/shares";
import { type Entry, FILE, FOLDER, LINK, OTHER } from "./core/listing";
import type { Place } from "./core/paths";

/** Comparing 100,000 entries with the old ones would cost more than drawing them, so sharing is off. */
export const listQuery = ({ root, path }: Place) =>
  queryOptions({
    queryKey: keys.directory(root, path),
    queryFn: ({ signal }) => ok(api.GET("/api/v1/files/list", { params: { query: { root, path } }, signal })),
    structuralSharing: false,
  });

export const trashQuery = queryOptions({
  queryKey: keys.trash,
  queryFn: ({ signal }) => ok(api.GET("/api/v1/files/trash", { signal })),
});

export const favouritesQuery = queryOptions({
  queryKey: keys.favourites,
  queryFn: ({ signal }) => ok(api.GET("/api/v1/files/favourites", { signal })),
});

/** What others and other devices did to them is not signalled, so the list is fetched whenever it is opened. */
export const recentsQuery = queryOptions({
  queryKey: keys.recents,
  queryFn: ({ signal }) => ok(api.GET("/api/v1/files/recents", { signal })),
  staleTime: 0,
});

export const searchQuery = ({ root, path }: Place, words: string) =>
  queryOptions({
    queryKey: [...keys.files, "search", root, path, words] as const,
    queryFn: ({ signal }) =>
      ok(api.GET("/api/v1/files/search", { params: { query: { root, path, q: words } }, signal })),
    staleTime: 30_000,
    gcTime: 60_000,
    structuralSharing: false,
  });

export const statQuery = ({ root, path }: Place) =>
  queryOptions({
    queryKey: [...keys.files, "stat", root, path] as const,
    queryFn: ({ signal }) => ok(api.GET("/api/v1/files/stat", { params: { query: { root, path } }, signal })),
    staleTime: 5_000,
  });

const kinds: Record<string, number> = {
  file: FILE,
  dir: FOLDER,
  directory: FOLDER,
  symlink: LINK,
  other: OTHER,
};

/** Listings say the kind as a number, single entries as a word. */
export function kindNumber(kind: number | string): number {
  return typeof kind === "number" ? kind : (kinds[kind] ?? OTHER);
}

export function entryOf(info: EntryInfo): Entry {
  return [info.name, kindNumber(info.kind), info.size, info.modified_at, info.path];
}

/** The rows of Recents and Favourites lie in several places, so a row is known by its place and path. */
export const markKey = (place: Place): string => `${place.root}/${place.path}`;

export function markPlace(key: string): Place {
  const slash = key.indexOf("/");
  return { root: key.slice(0, slash), path: key.slice(slash + 1) };
}

export function markEntry(info: EntryInfo, at = info.modified_at): Entry {
  return [info.name, kindNumber(info.kind), info.size, at, markKey(info)];
}

export function trashedEntry(item: TrashEntry): Entry {
  return [item.name, kindNumber(item.kind), item.size, item.deleted_at, item.id];
}

export const createFolder = (root: string, path: string) =>
  ok(api.POST("/api/v1/files/directories", { body: { root, path } }));

export const rename = (place: Place, name: string) =>
  ok(api.POST("/api/v1/files/rename", { body: { ...place, name } }));

export type OnConflict = "keep_both" | "replace" | "skip";

export const transfer = (
  effect: "move" | "copy",
  items: Place[],
  destination: Place,
  on_conflict: OnConflict,
) => {
  const body = { items, destination, on_conflict };
  return ok(
    effect === "move" ? api.POST("/api/v1/files/move", { body }) : api.POST("/api/v1/files/copy", { body }),
  );
};

export const moveToTrash = (items: Place[]) => ok(api.POST("/api/v1/files/trash", { body: { items } }));
export const restore = (ids: string[]) => ok(api.POST("/api/v1/files/trash/restore", { body: { ids } }));
export const deleteForGood = (ids: string[]) => ok(api.POST("/api/v1/files/trash/delete", { body: { ids } }));
export const emptyTrash = () => ok(api.DELETE("/api/v1/files/trash"));

export const addFavourite = ({ root, path }: Place) =>
  ok(api.PUT("/api/v1/files/favourites", { body: { root, path } }));
export const removeFavourite = ({ root, path }: Place) =>
  ok(api.DELETE("/api/v1/files/favourites", { params: { query: { root, path } } }));
export const clearRecents = () => ok(api.DELETE("/api/v1/files/recents"));
export const makeWallpaper = ({ root, path }: Place) =>
  ok(api.PUT("/api/v1/me/wallpaper", { body: { root, path } }));

/** For Recents. A file that was shown is shown, noted or not. */
export function noteOpened({ root, path }: Place): void {
  void ok(api.POST("/api/v1/files/recents", { body: { root, path } }))
    .then(() => queries.invalidateQueries({ queryKey: keys.recents }))
    .catch(() => undefined);
}

export function contentUrl(place: Place, download = false): string {
  const query = new URLSearchParams({ root: place.root, path: place.path });
  if (download) query.set("download", "1");
  return `/api/v1/files/content?${query}`;
}

export function archiveUrl(root: string, paths: string[]): string {
  const query = new URLSearchParams({ root });
  for (const path of paths) query.append("path", path);
  return `/api/v1/files/archive?${query}`;
}

/** Longer addresses are refused by proxies. */
export const longestUrl = 7_000;

/** A folder that changed here is read again at once, even before the server's event says so. */
export function refreshFolder(place: Place): void {
  void queries.invalidateQueries({ queryKey: keys.directory(place.root, place.path) });
  // What lies there may be among them, under another name or not any more.
  for (const queryKey of [keys.favourites, keys.recents, keys.shares])
    void queries.invalidateQueries({ queryKey });
}

export function refreshTrash(): void {
  void queries.invalidateQueries({ queryKey: keys.trash });
}

export async function namesIn(place: Place): Promise<Set<string>> {
  const listing = await queries.fetchQuery(listQuery(place));
  return new Set((listing.entries as Entry[]).map((entry) => entry[0]));
}

/** The folders that Nexus may look into, and those of them where it may change files. */
export function useShareKeys(): { shareKeys: Set<string>; writeKeys: Set<string> } {
  const shares = useQuery(sharesQuery).data;
  return useMemo(
    () => ({
      shareKeys: new Set(shares?.map(markKey)),
      writeKeys: new Set(shares?.filter((one) => one.writes).map(markKey)),
    }),
    [shares],
  );
}
