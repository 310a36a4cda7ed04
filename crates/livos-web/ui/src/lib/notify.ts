import { currentUser } from "./api/session";
import { load, randomId, save } from "./storage";
import { createStore } from "./store";

export interface Notice {
  id: string;
  text: string;
  tone: "info" | "ok" | "problem";
  at: number;
  read: boolean;
  /** Where it leads, as an app and a place in it. */
  open?: { app: string; path?: string } | undefined;
}

export interface Toast {
  id: string;
  text: string;
  action?: { label: string; run: () => void } | undefined;
}

export const notices = createStore<Notice[]>([]);
export const toasts = createStore<Toast[]>([]);
export const announcements = createStore({ polite: "", assertive: "" });

const key = () => `notices.${currentUser()?.id ?? ""}`;

export function loadNotices(): void {
  const kept = load<Notice[]>(key(), []);
  notices.set(Array.isArray(kept) ? kept : []);
}

/** Adds to the notification list. */
export function notify(notice: Omit<Notice, "id" | "at" | "read">): void {
  notices.set((list) =>
    [{ ...notice, id: randomId(), at: Date.now() / 1000, read: false }, ...list].slice(0, 50),
  );
  save(key(), notices.get());
}

export function markRead(): void {
  notices.set((list) =>
    list.every((notice) => notice.read) ? list : list.map((n) => ({ ...n, read: true })),
  );
  save(key(), notices.get());
}

export function clearNotices(): void {
  notices.set([]);
  save(key(), []);
}

/** Six seconds, for the result of something this person did, such as "Moved 3 items to Trash" with Undo. */
export function toast(text: string, action?: Toast["action"]): void {
  toasts.set((list) => [...list, { id: randomId(), text, action }].slice(-3));
}

export function dropToast(id: string): void {
  toasts.set((list) => list.filter((toast) => toast.id !== id));
}

let clear: ReturnType<typeof setTimeout> | undefined;

/** Speaks to screen readers. Assertive only for lost data, a lost sign-in or security. */
export function announce(text: string, how: "polite" | "assertive" = "polite"): void {
  clearTimeout(clear);
  announcements.set((now) => ({ ...now, [how]: now[how] === text ? `${text}\u00a0` : text }));
  clear = setTimeout(() => announcements.set({ polite: "", assertive: "" }), 5_000);
}

const watched = new Map<string, number>();

/** A job that is on screen needs no toast when it ends. Returns the way to stop watching. */
export function watchJob(id: string): () => void {
  watched.set(id, (watched.get(id) ?? 0) + 1);
  return () => {
    const left = (watched.get(id) ?? 1) - 1;
    if (left > 0) watched.set(id, left);
    else watched.delete(id);
  };
}

export function isWatched(id: string): boolean {
  return watched.has(id);
}
