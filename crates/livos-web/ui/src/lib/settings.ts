import { queryOptions, useQuery } from "@tanstack/react-query";
import { api, keys, ok, queries } from "./api";
import { broadcast, onBroadcast } from "./api/session";
import { load, save } from "./storage";
import { createStore, useStore } from "./store";

/** What the server keeps for each person. Unknown keys belong to other versions and are left alone. */
export interface Settings {
  theme?: "auto" | "light" | "dark";
  wallpaper?: string;
  text_size?: number;
  /** Absent means the system decides. */
  reduce_motion?: boolean;
  reduce_transparency?: boolean;
  /** Installed app ids in the order of the desktop. */
  icons?: string[];
  /** App ids in the dock. */
  pins?: string[];
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
    await ok(api.PATCH("/api/v1/me/settings", { body }));
  } catch (error) {
    queries.setQueryData(keys.settings, before);
    applyLook(before ?? {});
    throw error;
  }
}

export type Look = Pick<Settings, "theme" | "wallpaper" | "text_size" | "reduce_motion" | "reduce_transparency">;

export const look = createStore<Look>(load<Look>("look", {}));
const dark = typeof matchMedia === "undefined" ? null : matchMedia("(prefers-color-scheme: dark)");

/** Writes the look to the page, and to storage for the script that runs before the next first paint. */
export function applyLook(settings: Settings, tell = true): void {
  const next: Look = {};
  for (const key of ["theme", "wallpaper", "text_size", "reduce_motion", "reduce_transparency"] as const) {
    if (settings[key] != null) Object.assign(next, { [key]: settings[key] });
  }
  const changed = JSON.stringify(next) !== JSON.stringify(look.get());
  look.set(next);
  paint();
  if (!changed) return;
  save("look", next);
  if (tell) broadcast("look");
}

function paint(): void {
  const { theme, wallpaper, text_size, reduce_motion, reduce_transparency } = look.get();
  const root = document.documentElement;
  root.dataset.theme = theme === "dark" || (theme !== "light" && dark?.matches) ? "dark" : "light";
  root.dataset.wallpaper = wallpaper ?? "shore";
  root.style.fontSize = text_size && text_size !== 100 ? `${text_size}%` : "";
  toggle(root, "motion", reduce_motion);
  toggle(root, "transparency", reduce_transparency);
}

function toggle(root: HTMLElement, name: string, on: boolean | undefined): void {
  if (on) root.dataset[name] = "reduce";
  else delete root.dataset[name];
}

export function useLook(): Look {
  return useStore(look);
}

/** Follows the system's theme and the other tabs. */
export function followLook(): void {
  paint();
  dark?.addEventListener("change", paint);
  onBroadcast((message) => {
    if (message !== "look") return;
    look.set(load<Look>("look", {}));
    paint();
  });
  queries.getQueryCache().subscribe((event) => {
    if (event.type !== "updated" || event.query.queryKey[0] !== keys.settings[0]) return;
    if (event.action.type === "success" && event.query.state.data) {
      applyLook(event.query.state.data as Settings);
    }
  });
}
