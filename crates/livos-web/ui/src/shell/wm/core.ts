import { cascade, fitInto, type Rect, type Snap, snapRect } from "./geometry";

export interface Win {
  id: string;
  app: string;
  /** The place inside the app, starting with "/". */
  path: string;
  /** Where it stands when it is neither snapped nor maximised. */
  rect: Rect;
  snap: Snap;
  minimised: boolean;
}

export interface Layout {
  windows: Win[];
  /** Window ids from the back to the front. */
  order: string[];
  /** Nothing has the focus when the desktop itself does, or on a phone's home screen. */
  focused: string | null;
  /** The last place of each app, for its next window. */
  places: Record<string, Rect>;
}

export const EMPTY: Layout = { windows: [], order: [], focused: null, places: {} };

export interface AppSize {
  size: [number, number];
  min: [number, number];
  multiple?: boolean | undefined;
}

export function windowOf(layout: Layout, id: string | null): Win | undefined {
  return layout.windows.find((win) => win.id === id);
}

export function change(layout: Layout, id: string, part: Partial<Win>): Layout {
  return { ...layout, windows: layout.windows.map((win) => (win.id === id ? { ...win, ...part } : win)) };
}

/** The frontmost window that can be seen. */
export function top(layout: Layout, except?: string): Win | undefined {
  for (const id of layout.order.toReversed()) {
    const win = windowOf(layout, id);
    if (win && !win.minimised && id !== except) return win;
  }
  return undefined;
}

export function focus(layout: Layout, id: string): Layout {
  const win = windowOf(layout, id);
  if (!win) return layout;
  if (layout.focused === id && layout.order.at(-1) === id && !win.minimised) return layout;
  const order = [...layout.order.filter((other) => other !== id), id];
  const next = win.minimised ? change(layout, id, { minimised: false }) : layout;
  return { ...next, order, focused: id };
}

export function open(
  layout: Layout,
  request: { id: string; app: string; path: string; size: AppSize; area: Rect; maximised: boolean },
): Layout {
  const { id, app, path, size, area, maximised } = request;
  const taken = layout.windows.filter((win) => !win.minimised).map((win) => win.rect);
  const last = layout.places[app];
  const free = last && !taken.some((other) => other.x === last.x && other.y === last.y);
  const rect =
    last && free
      ? fitInto(last, size.min, area)
      : cascade(last ? [last.w, last.h] : size.size, size.min, area, taken);
  const win: Win = { id, app, path, rect, snap: maximised ? "max" : "none", minimised: false };
  return { ...layout, windows: [...layout.windows, win], order: [...layout.order, id], focused: id };
}

export function close(layout: Layout, id: string): Layout {
  const win = windowOf(layout, id);
  if (!win) return layout;
  const rest: Layout = {
    windows: layout.windows.filter((other) => other.id !== id),
    order: layout.order.filter((other) => other !== id),
    focused: layout.focused === id ? null : layout.focused,
    places: { ...layout.places, [win.app]: win.rect },
  };
  return layout.focused === id ? { ...rest, focused: top(rest)?.id ?? null } : rest;
}

export function minimise(layout: Layout, id: string): Layout {
  const next = change(layout, id, { minimised: true });
  return layout.focused === id ? { ...next, focused: top(next)?.id ?? null } : next;
}

export function showDesktop(layout: Layout): Layout {
  return { ...layout, focused: null, windows: layout.windows.map((win) => ({ ...win, minimised: true })) };
}

export function move(layout: Layout, id: string, rect: Rect, snap: Snap = "none"): Layout {
  const win = windowOf(layout, id);
  if (!win) return layout;
  const next = change(layout, id, { rect, snap });
  return { ...next, places: { ...next.places, [win.app]: rect } };
}

/** Snapped windows follow the area, so only how they are snapped is stored. */
export function placed(win: Win, area: Rect): Rect {
  return win.snap === "none" ? win.rect : snapRect(win.snap, area);
}

/** The browser was resized: windows come back onto the screen but are never made smaller than their minimum. */
export function reclamp(layout: Layout, area: Rect, sizeOf: (app: string) => AppSize | undefined): Layout {
  let changed = false;
  const windows = layout.windows.map((win) => {
    const rect = fitInto(win.rect, sizeOf(win.app)?.min ?? [360, 240], area);
    const same =
      rect.x === win.rect.x && rect.y === win.rect.y && rect.w === win.rect.w && rect.h === win.rect.h;
    if (same) return win;
    changed = true;
    return { ...win, rect };
  });
  return changed ? { ...layout, windows } : layout;
}

const SNAPS: Snap[] = ["none", "max", "left", "right", "tl", "tr", "bl", "br"];
const isNumber = (value: unknown): value is number => typeof value === "number" && Number.isFinite(value);
const isRect = (value: unknown): value is Rect =>
  typeof value === "object" &&
  value !== null &&
  (["x", "y", "w", "h"] as const).every((key) => isNumber((value as Rect)[key]));

/** Storage can hold anything; what cannot be understood is dropped. */
export function restore(stored: unknown, knows: (app: string) => boolean): Layout {
  if (typeof stored !== "object" || stored === null) return EMPTY;
  const from = stored as Partial<Layout>;
  const windows = (Array.isArray(from.windows) ? from.windows : [])
    .filter(
      (win) =>
        typeof win?.id === "string" && typeof win.path === "string" && knows(win.app) && isRect(win.rect),
    )
    .slice(0, 20)
    .map((win) => ({
      id: win.id,
      app: win.app,
      path: win.path,
      rect: win.rect,
      snap: SNAPS.includes(win.snap) ? win.snap : ("none" as const),
      minimised: win.minimised === true,
    }));
  const ids = new Set(windows.map((win) => win.id));
  const ordered = (Array.isArray(from.order) ? from.order : []).filter((id) => ids.delete(id));
  const places = Object.fromEntries(Object.entries(from.places ?? {}).filter(([, rect]) => isRect(rect)));
  return { windows, order: [...ids, ...ordered], focused: null, places };
}

/** "/files/home/Photos?select=a.jpg&solo" → app, place and whether the desktop is left out. */
export function parseUrl(url: string): { app: string; path: string; solo: boolean } {
  const { pathname, searchParams } = new URL(url, "http://livos");
  const [, app = "", ...rest] = pathname.split("/");
  const solo = searchParams.has("solo");
  searchParams.delete("solo");
  const query = searchParams.toString();
  return { app, path: `/${rest.join("/")}${query ? `?${query}` : ""}`, solo };
}

export function urlOf(win: { app: string; path: string } | undefined, solo = false): string {
  if (!win) return "/";
  const [path = "/", query = ""] = win.path.split("?");
  const all = [query, solo ? "solo" : ""].filter(Boolean).join("&");
  return `/${win.app}${path === "/" ? "" : path}${all ? `?${all}` : ""}`;
}
