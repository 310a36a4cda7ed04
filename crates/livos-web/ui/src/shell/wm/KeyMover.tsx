import { type KeyboardEvent, useLayoutEffect, useRef, useState } from "react";
import { t } from "@/lib/i18n";
import { useStore } from "@/lib/store";
import { placed, type Win } from "./core";
import { clampPosition, resize } from "./geometry";
import * as manager from "./manager";

/** Moves or resizes with the arrow keys: Enter keeps it, Escape puts it back. */
export default function KeyMover({
  win,
  mode,
  onDone,
}: {
  win: Win;
  mode: "move" | "size";
  onDone: () => void;
}) {
  const area = useStore(manager.area);
  const [start] = useState(win);
  const box = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const before = document.activeElement as HTMLElement | null;
    box.current?.focus();
    return () => before?.focus();
  }, []);
  const press = (event: KeyboardEvent) => {
    const step = event.shiftKey ? 1 : 24;
    const dx = event.key === "ArrowRight" ? step : event.key === "ArrowLeft" ? -step : 0;
    const dy = event.key === "ArrowDown" ? step : event.key === "ArrowUp" ? -step : 0;
    if (dx || dy) {
      const rect = placed(win, area);
      const next =
        mode === "move"
          ? clampPosition({ ...rect, x: rect.x + dx, y: rect.y + dy }, area)
          : resize(rect, "se", dx, dy, manager.minimum(win.app), area);
      manager.place(win.id, next);
    } else if (event.key === "Enter") onDone();
    else if (event.key === "Escape") {
      manager.place(win.id, start.rect, start.snap);
      onDone();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div
      ref={box}
      role="application"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: it has to hear the keys.
      tabIndex={0}
      aria-label={t(mode === "move" ? "shell.window.moving" : "shell.window.resizing")}
      className="win-mover"
      onKeyDown={press}
      onBlur={onDone}
    >
      <span>{t(mode === "move" ? "shell.window.moving" : "shell.window.resizing")}</span>
    </div>
  );
}
