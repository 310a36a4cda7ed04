import { broadcast, onBroadcast } from "./api/session";
import { load, save } from "./storage";
import { createStore, useStore } from "./store";

/** What decides how the page looks. Kept in this browser too, for the sign-in page and the first paint. */
export interface Look {
  theme?: "auto" | "light" | "dark";
  wallpaper?: string | undefined;
  text_size?: number;
  /** Absent means the system decides. */
  reduce_motion?: boolean;
  reduce_transparency?: boolean;
}

const OWN = "own-";

/** The name of the person's own picture. It changes with the picture, because browsers keep what they have. */
export const ownWallpaper = (revision: string): string => OWN + revision.replace(/[^\w.-]/g, "");

/** Where a wallpaper's picture is, if it is one of the person's own and no drawing. */
export const pictureOf = (wallpaper: string): string | undefined =>
  wallpaper.startsWith(OWN) ? `/api/v1/me/wallpaper?v=${encodeURIComponent(wallpaper)}` : undefined;

export const look = createStore<Look>(load<Look>("look", {}));
const dark = typeof matchMedia === "undefined" ? null : matchMedia("(prefers-color-scheme: dark)");

/** Writes the look to the page, and to storage for the script that runs before the next first paint. */
export function applyLook(settings: Look, tell = true): void {
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
}
