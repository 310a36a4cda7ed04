/** The window's location: /home/Photos/2024?view=grid&sort=size&desc=1. It is what the URL and a reload bring back. */
import type { Sort, SortColumn } from "./listing";
import { type Place, segments } from "./paths";

export type View = "list" | "grid";

export type FilesLocation = {
  place: Place;
  view: View;
  sort: Sort;
  /** Words searched below the folder on the server; undefined means no search. */
  search: string | undefined;
  /** A name to select on arrival; it is asked for once and not part of the place. */
  select: string | undefined;
};

export const trashRoot = "trash";
export const recentsRoot = "recents";
export const favouritesRoot = "favourites";

/** Lists of things that lie elsewhere: nothing can be put into them, and nothing is below them. */
export const isCollection = (root: string): boolean =>
  root === trashRoot || root === recentsRoot || root === favouritesRoot;

const columns: readonly SortColumn[] = ["name", "size", "modified", "kind"];

/** Trash and Recents start with what happened last, everything else with names. */
export function usualSort(root: string): Sort {
  return root === trashRoot || root === recentsRoot
    ? { column: "modified", descending: true }
    : { column: "name", descending: false };
}

export function parseLocation(location: string, fallbackRoot: string): FilesLocation {
  const [rawPath = "", query = ""] = location.split("?", 2);
  const parts = segments(rawPath).map((part) => {
    try {
      return decodeURIComponent(part);
    } catch {
      return part;
    }
  });
  const params = new URLSearchParams(query);
  const root = parts[0] ?? fallbackRoot;
  const column = columns.find((c) => c === params.get("sort"));
  return {
    place: { root, path: parts.slice(1).join("/") },
    view: params.get("view") === "grid" ? "grid" : "list",
    sort: column ? { column, descending: params.get("desc") === "1" } : usualSort(root),
    search: params.get("q") ?? undefined,
    select: params.get("select") ?? undefined,
  };
}

export function formatLocation(location: FilesLocation): string {
  const { place, view, sort, search } = location;
  const path = [place.root, ...segments(place.path)].map(encodeURIComponent).join("/");
  const params = new URLSearchParams();
  if (view === "grid") params.set("view", "grid");
  const usual = usualSort(place.root);
  if (sort.column !== usual.column || sort.descending !== usual.descending) {
    params.set("sort", sort.column);
    if (sort.descending) params.set("desc", "1");
  }
  if (search !== undefined) params.set("q", search);
  const query = params.toString();
  return `/${path}${query ? `?${query}` : ""}`;
}
