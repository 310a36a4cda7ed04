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

/** Something failed that has no place of its own on the screen. A toast passes, so it is in the list too. */
export function reportProblem(text: string, open?: Notice["open"]): void {
  notify({ text, tone: "problem", open });
  toast(text);
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

const places = new Map<Element, string>();

/** Where a job is shown: while that can be seen, its end needs no toast. Returns the way to say that it is gone. */
export function showsJob(id: string, place: Element | null): () => void {
  if (place) places.set(place, id);
  return () => {
    if (place) places.delete(place);
  };
}

/** In a window that is minimised, under another one or scrolled away, nobody sees it. */
export function isSeen(id: string): boolean {
  return [...places].some(([place, job]) => {
    const box = place.getBoundingClientRect();
    const top = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
    const region = place.closest("[data-region]");
    return job === id && box.width > 0 && top !== null && region === top.closest("[data-region]");
  });
}
