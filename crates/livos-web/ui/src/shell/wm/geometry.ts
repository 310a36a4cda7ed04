export interface Rect {
  x: number;
  y: number;
  w: number;
  h: number;
}

export type Snap = "none" | "max" | "left" | "right" | "tl" | "tr" | "bl" | "br";

/** At least this much of the title bar stays on the screen. */
const GRIP = 120;
const TITLE = 44;
const EDGE = 12;
const CORNER = 96;

export function snapRect(snap: Exclude<Snap, "none">, area: Rect): Rect {
  const half = Math.floor(area.w / 2);
  const tall = Math.floor(area.h / 2);
  const left = { x: area.x, w: half };
  const right = { x: area.x + half, w: area.w - half };
  const top = { y: area.y, h: tall };
  const bottom = { y: area.y + tall, h: area.h - tall };
  const full = { y: area.y, h: area.h };
  switch (snap) {
    case "max":
      return { ...area };
    case "left":
      return { ...left, ...full };
    case "right":
      return { ...right, ...full };
    case "tl":
      return { ...left, ...top };
    case "tr":
      return { ...right, ...top };
    case "bl":
      return { ...left, ...bottom };
    case "br":
      return { ...right, ...bottom };
  }
}

/** Where a window is moved so that it can always be grabbed: never under the top bar, never quite outside. */
export function clampPosition(rect: Rect, area: Rect): Rect {
  const x = Math.min(area.x + area.w - GRIP, Math.max(area.x + GRIP - rect.w, rect.x));
  const y = Math.min(area.y + area.h - TITLE, Math.max(area.y, rect.y));
  return { ...rect, x: Math.round(x), y: Math.round(y) };
}

/** Fits a window into the area where that is possible without going below its minimum. */
export function fitInto(rect: Rect, min: [number, number], area: Rect): Rect {
  const w = Math.max(Math.min(min[0], area.w), Math.min(rect.w, area.w));
  const h = Math.max(Math.min(min[1], area.h), Math.min(rect.h, area.h));
  const x = Math.min(Math.max(rect.x, area.x), Math.max(area.x, area.x + area.w - w));
  const y = Math.min(Math.max(rect.y, area.y), Math.max(area.y, area.y + area.h - h));
  return { x: Math.round(x), y: Math.round(y), w: Math.round(w), h: Math.round(h) };
}

/** The middle of the area, one step of 24 px further for every window already standing there. */
export function cascade(size: [number, number], min: [number, number], area: Rect, taken: Rect[]): Rect {
  const w = Math.min(size[0], area.w);
  const h = Math.min(size[1], area.h);
  const start = { x: area.x + (area.w - w) / 2, y: area.y + (area.h - h) / 3, w, h };
  const rect = { ...start };
  const stands = () =>
    taken.some((other) => Math.abs(other.x - rect.x) < 12 && Math.abs(other.y - rect.y) < 12);
  for (let step = 0; step < 12 && stands(); step++) {
    rect.x += 24;
    rect.y += 24;
    if (rect.x + w > area.x + area.w) rect.x = area.x;
    if (rect.y + h > area.y + area.h) rect.y = area.y;
  }
  return fitInto(rect, min, area);
}

/** What letting go of a dragged window here would do. */
export function snapZone(x: number, y: number, area: Rect): Snap {
  const left = x <= area.x + EDGE;
  const right = x >= area.x + area.w - EDGE;
  const high = y <= area.y + CORNER;
  const low = y >= area.y + area.h - CORNER;
  if (left) return high ? "tl" : low ? "bl" : "left";
  if (right) return high ? "tr" : low ? "br" : "right";
  // The pointer is usually a little above the area when it reaches the top bar.
  return y <= area.y + EDGE - 8 ? "max" : "none";
}

export type Edge = "n" | "s" | "e" | "w" | "ne" | "nw" | "se" | "sw";

export function resize(
  rect: Rect,
  edge: Edge,
  dx: number,
  dy: number,
  min: [number, number],
  area: Rect,
): Rect {
  let { x, y, w, h } = rect;
  if (edge.includes("e")) w = Math.max(min[0], Math.min(w + dx, area.x + area.w - x));
  if (edge.includes("s")) h = Math.max(min[1], Math.min(h + dy, area.y + area.h - y));
  if (edge.includes("w")) {
    const right = x + w;
    x = Math.min(right - min[0], Math.max(area.x, x + dx));
    w = right - x;
  }
  if (edge.includes("n")) {
    const bottom = y + h;
    y = Math.min(bottom - min[1], Math.max(area.y, y + dy));
    h = bottom - y;
  }
  return { x, y, w, h };
}
