import type { PointerEvent } from "react";
import { windowOf } from "./core";
import { clampPosition, type Edge, type Rect, resize, snapRect, snapZone } from "./geometry";
import { area, layout, minimum, place, preview } from "./manager";

export function paint(element: HTMLElement, rect: Rect): void {
  element.style.transform = `translate3d(${rect.x}px, ${rect.y}px, 0)`;
  element.style.width = `${rect.w}px`;
  element.style.height = `${rect.h}px`;
}

/**
 * Follows the pointer until it is let go. React is not involved while something moves: positions go
 * straight to the element, at most once per frame, and the state is written once at the end.
 */
function follow(
  event: PointerEvent<HTMLElement>,
  on: {
    move: (dx: number, dy: number, x: number, y: number) => void;
    end: (moved: boolean) => void;
    cancel: () => void;
  },
): void {
  const handle = event.currentTarget;
  const { pointerId, clientX: startX, clientY: startY } = event;
  let frame = 0;
  let last = { x: startX, y: startY };
  let moved = false;
  handle.setPointerCapture(pointerId);
  const flush = () => {
    frame = 0;
    on.move(last.x - startX, last.y - startY, last.x, last.y);
  };
  const move = (next: globalThis.PointerEvent) => {
    last = { x: next.clientX, y: next.clientY };
    if (!moved && Math.hypot(last.x - startX, last.y - startY) < 4) return;
    moved = true;
    document.documentElement.dataset.dragging = "";
    frame ||= requestAnimationFrame(flush);
  };
  const done = (cancelled: boolean) => {
    handle.removeEventListener("pointermove", move);
    handle.removeEventListener("pointerup", up);
    handle.removeEventListener("pointercancel", cancel);
    document.removeEventListener("keydown", key, true);
    delete document.documentElement.dataset.dragging;
    if (frame) {
      cancelAnimationFrame(frame);
      if (!cancelled) flush();
    }
    if (cancelled) on.cancel();
    else on.end(moved);
  };
  const up = () => done(false);
  const cancel = () => done(true);
  const key = (next: KeyboardEvent) => {
    if (next.key !== "Escape") return;
    next.stopPropagation();
    done(true);
  };
  handle.addEventListener("pointermove", move);
  handle.addEventListener("pointerup", up);
  handle.addEventListener("pointercancel", cancel);
  document.addEventListener("keydown", key, true);
}

export function startMove(event: PointerEvent<HTMLElement>, id: string, element: HTMLElement): void {
  if (event.button !== 0) return;
  const win = windowOf(layout.get(), id);
  if (!win) return;
  const bounds = area.get();
  const before = win.snap === "none" ? win.rect : snapRect(win.snap, bounds);
  let rect = before;
  let zone: ReturnType<typeof snapZone> = "none";
  let timer: ReturnType<typeof setTimeout> | undefined;
  // A snapped window gets its own size back and keeps the pointer at the same share of its title bar.
  const start =
    win.snap === "none"
      ? before
      : {
          ...win.rect,
          x: event.clientX - (win.rect.w * (event.clientX - before.x)) / before.w,
          y: before.y,
        };
  const unsnap = () => {
    clearTimeout(timer);
    preview.set("none");
    element.classList.remove("moving");
  };
  follow(event, {
    move: (dx, dy, x, y) => {
      element.classList.add("moving");
      rect = clampPosition({ ...start, x: start.x + dx, y: start.y + dy }, bounds);
      paint(element, rect);
      const next = snapZone(x, y, bounds);
      if (next === zone) return;
      zone = next;
      clearTimeout(timer);
      preview.set("none");
      if (next !== "none") timer = setTimeout(() => preview.set(next), 120);
    },
    end: (moved) => {
      const shown = preview.get();
      unsnap();
      if (!moved) return;
      // Snapping keeps the rectangle the window had, so that restoring brings it back.
      if (zone !== "none" && shown === zone) place(id, win.snap === "none" ? before : win.rect, zone);
      else place(id, rect);
      const now = windowOf(layout.get(), id);
      if (now) paint(element, now.snap === "none" ? now.rect : snapRect(now.snap, bounds));
    },
    cancel: () => {
      unsnap();
      paint(element, before);
    },
  });
}

export function startResize(
  event: PointerEvent<HTMLElement>,
  id: string,
  edge: Edge,
  element: HTMLElement,
): void {
  if (event.button !== 0) return;
  const win = windowOf(layout.get(), id);
  if (!win) return;
  event.preventDefault();
  const bounds = area.get();
  const before = win.snap === "none" ? win.rect : snapRect(win.snap, bounds);
  const min = minimum(win.app);
  let rect = before;
  element.classList.add("moving");
  follow(event, {
    move: (dx, dy) => {
      rect = resize(before, edge, dx, dy, min, bounds);
      paint(element, rect);
    },
    end: (moved) => {
      element.classList.remove("moving");
      if (moved) place(id, rect);
    },
    cancel: () => {
      element.classList.remove("moving");
      paint(element, before);
    },
  });
}
