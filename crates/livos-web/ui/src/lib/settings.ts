import { hashKey, queryOptions, useQuery } from "@tanstack/react-query";
import { api, keys, ok, queries } from "./api";
import { applyLook, type Look } from "./look";

/** What the server keeps for each person. Unknown keys belong to other versions and are left alone. */
export interface Settings extends Look {
  /** The icons on the desktop and their folders, read by `shell/icons/model`. */
  icons?: unknown;
  /** What lies beside them, read by `shell/widgets/chosen`. */
  widgets?: unknown;
  /** App ids in the dock. */
  pins?: string[];
  /** Other keys than the usual ones, by shortcut; "" turns one off. */
  shortcuts?: Record<string, string | null>;
  /** False turns off all shortcuts of a single letter or sign. */
  single_keys?: boolean;
  /** The first visit's offer of a theme and a wallpaper was answered. */
  welcomed?: boolean;
  /** The name of one's own picture, chosen now or not. */
  own_wallpaper?: string | undefined;
  /** Palette entries, newest first. */
  recent?: string[];
  [app: string]: unknown;
}

export const settingsQuery = queryOptions({
  queryKey: keys.settings,
  queryFn: async ({ signal }) => (await ok(api.GET("/api/v1/me/settings", { signal }))) as Settings,
});

export function useSettings(): Settings {
  return useQuery(settingsQuery).data ?? EMPTY;
}
const EMPTY: Settings = {};

/** Merges at once on screen and then on the server; undone if the server refuses. */
export async function changeSettings(change: Settings): Promise<void> {
  const before = queries.getQueryData<Settings>(keys.settings);
  await queries.cancelQueries({ queryKey: keys.settings });
  queries.setQueryData<Settings>(keys.settings, { ...before, ...change });
  applyLook({ ...before, ...change });
  try {
    // A merge deletes what is null, which is how "as the system does" is stored.
    const body = Object.fromEntries(Object.entries(change).map(([key, value]) => [key, value ?? null]));
    const all = (await ok(api.PATCH("/api/v1/me/settings", { body }))) as Settings;
    // Changed before anything was known, what is on screen is the change alone.
    if (!before) queries.setQueryData(keys.settings, all);
  } catch (error) {
    queries.setQueryData(keys.settings, before);
    applyLook(before ?? {});
    throw error;
  }
}

const settingsHash = hashKey(keys.settings);

/** Applies what the server says about the look, whenever it says it. */
export function followSettings(): void {
  queries.getQueryCache().subscribe((event) => {
    if (event.type !== "updated" || event.query.queryHash !== settingsHash) return;
    if (event.action.type === "success" && event.query.state.data) {
      applyLook(event.query.state.data as Settings);
    }
  });
}
