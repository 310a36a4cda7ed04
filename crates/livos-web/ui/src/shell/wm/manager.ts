import { currentUser } from "@/lib/api/session";
import { allowed, manifestOf } from "@/lib/apps";
import { isPhone, rem } from "@/lib/layout";
import { load, randomId, save } from "@/lib/storage";
import { createStore } from "@/lib/store";
import { type OpenOptions, setOpener } from "@/lib/window";
import * as core from "./core";
import type { Rect, Snap } from "./geometry";

/** The one window manager of the page: what is open, where, and which URL that is. */
export const layout = createStore<core.Layout>(core.EMPTY);

/** Windows with unsaved changes, and their titles as the apps set them. */
export const dirty = new Set<string>();
export const titles = createStore<Record<string, string>>({});

/** How each window closes: it asks first when it has unsaved changes. */
export const closeRequests = new Map<string, () => void>();

/** Where a dragged window would snap to. */
export const preview = createStore<Snap>("none");

/** Bumped to move the keyboard focus into a window, even when it already is the focused one. */
export const focusRequests = createStore<{ id: string; count: number }>({ id: "", count: 0 });

export const solo = typeof location !== "undefined" && core.parseUrl(location.href).solo;

const WIDE = 1100;
const TOP_BAR = 2.25;
const DOCK = 5.5;

function measure(): Rect {
  const unit = rem();
  const y = Math.round(TOP_BAR * unit);
  return { x: 0, y, w: innerWidth, h: Math.max(240, innerHeight - y - Math.round(DOCK * unit)) };
}

export const area = createStore<Rect>({ x: 0, y: 36, w: 1280, h: 700 });

function sizeOf(app: string): core.AppSize | undefined {
  const manifest = manifestOf(app);
  if (!manifest) return undefined;
  const factor = rem() / 16;
  const scale = ([w, h]: [number, number]): [number, number] => [
    Math.round(w * factor),
    Math.round(h * factor),
  ];
  return { size: scale(manifest.size), min: scale(manifest.min), multiple: manifest.multiple };
}

export function minimum(app: string): [number, number] {
  return sizeOf(app)?.min ?? [360, 240];
}

const key = () => `layout.${currentUser()?.id ?? ""}`;

interface HistoryState {
  window: string | null;
  /** How many entries of ours lie behind this one, so that Back never leaves LivOS by accident. */
  depth: number;
}

function historyState(): HistoryState | null {
  const state: unknown = history.state;
  return state !== null && typeof state === "object" && "window" in state ? (state as HistoryState) : null;
}

export function historyDepth(): number {
  return historyState()?.depth ?? 0;
}

/** Writes the focused window to the address bar. */
function writeUrl(how: "push" | "replace"): void {
  const now = layout.get();
  const url = core.urlOf(core.windowOf(now, now.focused), solo);
  const state = historyState();
  if (location.pathname + location.search === url && state?.window === now.focused) return;
  const depth = (state?.depth ?? 0) + (how === "push" ? 1 : 0);
  const next: HistoryState = { window: now.focused, depth };
  if (how === "push") history.pushState(next, "", url);
  else history.replaceState(next, "", url);
}

function update(next: core.Layout, how: "push" | "replace" | "none" = "push"): void {
  const before = layout.get();
  if (next === before) return;
  layout.set(next);
  if (!solo) save(key(), { windows: next.windows, order: next.order, places: next.places });
  if (how !== "none") writeUrl(how);
}

function requestFocus(id: string): void {
  focusRequests.set(({ count }) => ({ id, count: count + 1 }));
}

/** What had the focus when a window was opened gets it back when the window closes. */
const openers = new Map<string, HTMLElement>();

export function open(app: string, path?: string, options: OpenOptions = {}): void {
  const manifest = manifestOf(app);
  if (!manifest || !allowed(manifest, currentUser()?.role)) return;
  const now = layout.get();
  const existing = now.order
    .toReversed()
    .map((id) => core.windowOf(now, id))
    .find((win) => win?.app === app);
  if (existing && !(options.newWindow && manifest.multiple && !isPhone())) {
    const target = path === undefined ? now : core.change(now, existing.id, { path });
    update(core.focus(target, existing.id));
    requestFocus(existing.id);
    return;
  }
  const id = randomId();
  const size = sizeOf(app) ?? { size: [880, 640], min: [360, 240] };
  if (document.activeElement instanceof HTMLElement && document.activeElement !== document.body) {
    openers.set(id, document.activeElement);
  }
  const maximised = innerWidth < WIDE;
  update(core.open(now, { id, app, path: path ?? "/", size, area: area.get(), maximised }));
  requestFocus(id);
}

/** Raises a window. `grab` also moves the keyboard focus into it. */
export function focus(id: string, grab = true): void {
  update(core.focus(layout.get(), id));
  if (grab) requestFocus(id);
}

/** Nothing is focused: the desktop, or a phone's home screen. */
export function blur(): void {
  const now = layout.get();
  if (now.focused !== null) update({ ...now, focused: null });
}

export function navigate(id: string, path: string, replace = false): void {
  const now = layout.get();
  const win = core.windowOf(now, id);
  if (!win || win.path === path) return;
  update(core.change(now, id, { path }), now.focused === id ? (replace ? "replace" : "push") : "none");
}

/** Closes without asking; the window asks first when it has unsaved changes. */
export function close(id: string): void {
  const win = core.windowOf(layout.get(), id);
  dirty.delete(id);
  update(core.close(layout.get(), id), isPhone() ? "push" : "replace");
  titles.set(({ [id]: _, ...rest }) => rest);
  const opener = openers.get(id);
  openers.delete(id);
  requestAnimationFrame(() => {
    const next = layout.get().focused;
    if (opener?.isConnected && opener.checkVisibility()) opener.focus();
    else if (next) requestFocus(next);
    else document.querySelector<HTMLElement>(`[data-dock="${win?.app ?? ""}"]`)?.focus();
  });
}

export function minimise(id: string): void {
  update(core.minimise(layout.get(), id), "replace");
  const next = layout.get().focused;
  if (next) requestFocus(next);
  else {
    const app = core.windowOf(layout.get(), id)?.app ?? "";
    requestAnimationFrame(() => document.querySelector<HTMLElement>(`[data-dock="${app}"]`)?.focus());
  }
}

export function showDesktop(): void {
  update(core.showDesktop(layout.get()), "push");
  requestAnimationFrame(() => document.querySelector<HTMLElement>("[data-region=desktop] button")?.focus());
}

export function snap(id: string, to: Snap): void {
  update(core.change(layout.get(), id, { snap: to }), "none");
}

export function toggleMaximised(id: string): void {
  const win = core.windowOf(layout.get(), id);
  if (win) snap(id, win.snap === "max" ? "none" : "max");
}

export function place(id: string, rect: Rect, to: Snap = "none"): void {
  update(core.move(layout.get(), id, rect, to), "none");
}

export function setTitle(id: string, title: string): void {
  titles.set((all) => (all[id] === title ? all : { ...all, [id]: title }));
}

let started = false;

/** Restores the windows of this person in this browser and opens what the URL names. */
export function startWindows(): void {
  area.set(measure());
  const wanted = core.parseUrl(location.href);
  const stored = solo
    ? core.EMPTY
    : core.restore(load<unknown>(key(), null), (app) => manifestOf(app) !== undefined);
  layout.set(core.reclamp(stored, area.get(), sizeOf));
  setOpener(open);
  if (manifestOf(wanted.app) && allowed(manifestOf(wanted.app) ?? {}, currentUser()?.role)) {
    openAt(wanted.app, wanted.path);
  } else if (!isPhone()) {
    const front = core.top(layout.get());
    if (front) update(core.focus(layout.get(), front.id), "none");
  }
  history.replaceState(
    { window: layout.get().focused, depth: 0 } satisfies HistoryState,
    "",
    core.urlOf(core.windowOf(layout.get(), layout.get().focused), solo),
  );
  if (started) return;
  started = true;
  addEventListener("popstate", followHistory);
  addEventListener("resize", remeasure);
  new ResizeObserver(remeasure).observe(document.documentElement);
  new MutationObserver(remeasure).observe(document.documentElement, {
    attributes: true,
    attributeFilter: ["style"],
  });
}

function remeasure(): void {
  const next = measure();
  const now = area.get();
  if (next.w === now.w && next.h === now.h && next.y === now.y) return;
  area.set(next);
  update(core.reclamp(layout.get(), next, sizeOf), "none");
}

function openAt(app: string, path: string): void {
  const now = layout.get();
  const existing = now.order.toReversed().find((id) => core.windowOf(now, id)?.app === app);
  if (existing) update(core.focus(core.change(now, existing, { path }), existing), "none");
  else {
    const size = sizeOf(app) ?? { size: [880, 640], min: [360, 240] };
    const maximised = innerWidth < WIDE;
    update(core.open(now, { id: randomId(), app, path, size, area: area.get(), maximised }), "none");
  }
}

/** Back and Forward walk through what had the focus. */
function followHistory(): void {
  const { app, path } = core.parseUrl(location.href);
  const now = layout.get();
  const known = core.windowOf(now, historyState()?.window ?? null);
  if (known && known.app === app) {
    update(core.focus(core.change(now, known.id, { path }), known.id), "none");
    requestFocus(known.id);
  } else if (manifestOf(app) && allowed(manifestOf(app) ?? {}, currentUser()?.role)) {
    openAt(app, path);
    const focused = layout.get().focused;
    if (focused) requestFocus(focused);
  } else update({ ...now, focused: null }, "none");
}
