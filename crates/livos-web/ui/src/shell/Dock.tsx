import { type KeyboardEvent, useRef, useState } from "react";
import { currentUser } from "@/lib/api";
import { type AppManifest, allowed, manifestOf, manifests } from "@/lib/apps";
import { t } from "@/lib/i18n";
import { useSettings } from "@/lib/settings";
import { useStore } from "@/lib/store";
import { cx } from "@/ui/cx";
import { menuPoint, openMenu } from "@/ui/menu";
import { loadApp } from "./loadApp";
import type { Win } from "./wm/core";
import * as manager from "./wm/manager";

export function useDockItems(): { pinned: AppManifest[]; others: AppManifest[] } {
  const { pins } = useSettings();
  const windows = useStore(manager.layout, (now) => now.windows);
  const role = currentUser()?.role;
  const ids = Array.isArray(pins)
    ? pins
    : manifests.filter((app) => app.dock !== undefined).map((app) => app.id);
  const pinned = ids
    .map((id) => manifestOf(id))
    .filter((app): app is AppManifest => app !== undefined && allowed(app, role));
  const open = new Set(windows.map((win) => win.app));
  const others = manifests.filter((app) => open.has(app.id) && !pinned.includes(app));
  return { pinned, others };
}

/** What pressing a dock item does, also for Alt+Shift+1…9. */
export function activate(app: string, windows: Win[], focused: string | null): void {
  const mine = windows.filter((win) => win.app === app);
  if (mine.length === 0) {
    manager.open(app);
    return;
  }
  const active = mine.find((win) => win.id === focused && !win.minimised);
  if (!active) {
    const { order } = manager.layout.get();
    const front = mine.toSorted((a, b) => order.indexOf(b.id) - order.indexOf(a.id))[0];
    if (front) manager.focus(front.id);
  } else if (mine.length > 1) {
    const next = mine[(mine.indexOf(active) + 1) % mine.length];
    if (next) manager.focus(next.id);
  } else manager.focus(active.id);
}

export function Dock() {
  const { pinned, others } = useDockItems();
  const { windows, focused } = useStore(manager.layout);
  const bar = useRef<HTMLDivElement>(null);
  const [current, setCurrent] = useState("");
  const all = [...pinned, ...others];
  const stop = all.some((app) => app.id === current) ? current : all[0]?.id;

  const keys = (event: KeyboardEvent, index: number) => {
    const rtl = document.dir === "rtl";
    const step = { ArrowRight: rtl ? -1 : 1, ArrowLeft: rtl ? 1 : -1 }[event.key];
    const to = step
      ? index + step
      : event.key === "Home"
        ? 0
        : event.key === "End"
          ? all.length - 1
          : undefined;
    if (to === undefined) return;
    event.preventDefault();
    const next = all[(to + all.length) % all.length];
    bar.current?.querySelector<HTMLElement>(`[data-dock="${next?.id}"]`)?.focus();
  };
  const openItemMenu = (event: React.MouseEvent, app: AppManifest) => {
    const items = import("./menus").then(({ dockMenu }) => dockMenu(app, pinned));
    openMenu(menuPoint(event), t("shell.app.menu", { name: t(app.title) }), items, { side: "top" });
  };

  return (
    <nav
      aria-label={t("shell.dock.label")}
      data-region="dock"
      className="absolute inset-x-0 bottom-3 z-500 flex justify-center pointer-events-none"
    >
      <div ref={bar} className="dock pointer-events-auto flex h-17 items-center gap-1 px-2">
        {all.map((app, index) => {
          const mine = windows.filter((win) => win.app === app.id);
          const name = t(app.title);
          const active = mine.some((win) => win.id === focused);
          return (
            <div key={app.id} className="contents">
              {index === pinned.length && index > 0 && <div aria-hidden className="mx-1 h-9 w-px bg-line" />}
              <button
                type="button"
                data-dock={app.id}
                data-tip={name}
                data-tip-side="top"
                tabIndex={app.id === stop ? 0 : -1}
                aria-label={mine.length > 0 ? t("shell.dock.open", { name }) : name}
                aria-current={active || undefined}
                onFocus={() => setCurrent(app.id)}
                onKeyDown={(event) => keys(event, index)}
                onPointerEnter={() => void loadApp(app).catch(() => undefined)}
                onClick={() => activate(app.id, windows, focused)}
                onContextMenu={(event) => openItemMenu(event, app)}
                className="relative flex size-13 items-center justify-center rounded-card transition-[background-color] duration-(--quick) hover:bg-fg/7 active:bg-fg/12"
              >
                <span className="tile size-10" style={{ background: app.tint }}>
                  <app.icon size={20} aria-hidden />
                </span>
                <span
                  aria-hidden
                  className={cx(
                    "absolute bottom-0 size-1 rounded-full",
                    mine.length === 0 ? "bg-transparent" : active ? "bg-accent" : "bg-subtle",
                  )}
                />
              </button>
            </div>
          );
        })}
      </div>
    </nav>
  );
}
