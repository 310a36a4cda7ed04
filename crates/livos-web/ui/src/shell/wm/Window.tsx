import { Maximize2, Minimize2, Minus, Square, X } from "lucide-react";
import { memo, useCallback, useEffect, useMemo, useRef, useState } from "react";
import { manifestOf } from "@/lib/apps";
import { t } from "@/lib/i18n";
import { announce } from "@/lib/notify";
import { useStore } from "@/lib/store";
import type { WindowApi } from "@/lib/window";
import { IconButton } from "@/ui/Button";
import { cx } from "@/ui/cx";
import { DialogLayer } from "@/ui/DialogLayer";
import { menuPoint, openMenu } from "@/ui/menu";
import { AppContent } from "../AppContent";
import { lazily } from "../lazily";
import { placed, type Win } from "./core";
import { startMove, startResize } from "./drag";
import type { Edge } from "./geometry";
import * as manager from "./manager";

const DiscardDialog = lazily(() => import("./DiscardDialog"));
const KeyMover = lazily(() => import("./KeyMover"));

const EDGES: Edge[] = ["n", "s", "e", "w", "ne", "nw", "se", "sw"];

interface Props {
  win: Win;
  depth: number;
  active: boolean;
}

export const Window = memo(function Window({ win, depth, active }: Props) {
  const { id } = win;
  const manifest = manifestOf(win.app);
  const element = useRef<HTMLElement>(null);
  const area = useStore(manager.area);
  const title = useStore(manager.titles, (all) => all[id]) ?? (manifest ? t(manifest.title) : win.app);
  const [asking, setAsking] = useState(false);
  const [byKeys, setByKeys] = useState<"move" | "size" | null>(null);
  const ready = useReady(active && !win.minimised);
  const rect = placed(win, area);

  const close = useCallback(() => {
    if (manager.dirty.has(id)) setAsking(true);
    else manager.close(id);
  }, [id]);
  useEffect(() => {
    manager.closeRequests.set(id, close);
    return () => {
      manager.closeRequests.delete(id);
    };
  }, [id, close]);

  const api = useMemo<WindowApi>(
    () => ({
      id,
      app: win.app,
      active,
      phone: false,
      path: win.path,
      navigate: (path, options) => manager.navigate(id, path, options?.replace),
      setTitle: (text) => manager.setTitle(id, text),
      setDirty: (dirty) => void (dirty ? manager.dirty.add(id) : manager.dirty.delete(id)),
      setHeader: () => undefined,
      close,
    }),
    [id, win.app, win.path, active, close],
  );
  if (!manifest) return null;

  const menuItems = () => [
    win.snap === "none"
      ? { label: t("shell.window.maximise"), icon: Maximize2, onSelect: () => manager.snap(id, "max") }
      : { label: t("shell.window.restore"), icon: Minimize2, onSelect: () => manager.snap(id, "none") },
    { label: t("shell.command.leftHalf"), onSelect: () => manager.snap(id, "left") },
    { label: t("shell.command.rightHalf"), onSelect: () => manager.snap(id, "right") },
    { separator: true as const },
    { label: t("shell.window.move"), onSelect: () => startKeys("move") },
    { label: t("shell.window.size"), onSelect: () => startKeys("size") },
    { separator: true as const },
    { label: t("shell.window.minimise"), icon: Minus, onSelect: () => manager.minimise(id) },
    { label: t("shell.window.close"), icon: X, keys: "Alt+Shift+W", onSelect: close },
  ];
  const startKeys = (mode: "move" | "size") => {
    announce(t(mode === "move" ? "shell.window.moving" : "shell.window.resizing"));
    setByKeys(mode);
  };

  return (
    <section
      ref={element}
      role="dialog"
      aria-modal="false"
      aria-labelledby={`win-${id}`}
      data-region="window"
      data-window={id}
      data-app={win.app}
      hidden={win.minimised}
      className={cx("win", active && "win-active", win.snap !== "none" && "win-snapped")}
      style={{
        transform: `translate3d(${rect.x}px, ${rect.y}px, 0)`,
        width: rect.w,
        height: rect.h,
        zIndex: 10 + depth,
      }}
      onPointerDownCapture={() => manager.focus(id, false)}
      onFocusCapture={() => manager.focus(id, false)}
    >
      {/* biome-ignore lint/a11y/noStaticElementInteractions: the same is in the menu of the title, and by keys. */}
      <header
        className="win-bar"
        onPointerDown={(event) => {
          if (!(event.target as Element).closest(".win-controls") && element.current) {
            startMove(event, id, element.current);
          }
        }}
        onDoubleClick={(event) => {
          if (!(event.target as Element).closest(".win-controls")) manager.toggleMaximised(id);
        }}
        onContextMenu={(event) => openMenu(menuPoint(event), t("shell.window.menu", { title }), menuItems())}
      >
        <h2 id={`win-${id}`} className="min-w-0">
          <button
            type="button"
            className="win-title"
            aria-haspopup="menu"
            data-focus="inset"
            onClick={(event) => {
              // A pointer drags here; only the keyboard presses it.
              if (event.detail === 0)
                openMenu(event.currentTarget, t("shell.window.menu", { title }), menuItems());
            }}
          >
            {title}
          </button>
        </h2>
        <div className="win-controls">
          <IconButton
            size="sm"
            label={t("shell.window.minimise")}
            icon={Minus}
            onClick={() => manager.minimise(id)}
          />
          <IconButton
            size="sm"
            label={t(win.snap === "none" ? "shell.window.maximise" : "shell.window.restore")}
            icon={win.snap === "none" ? Square : Minimize2}
            onClick={() => manager.snap(id, win.snap === "none" ? "max" : "none")}
          />
          <IconButton size="sm" label={t("shell.window.close")} icon={X} onClick={close} />
        </div>
      </header>
      <div className="win-body">
        <DialogLayer className="h-full">
          {ready && <AppContent manifest={manifest} window={api} />}
          {asking && (
            <DiscardDialog
              title={title}
              onKeep={() => setAsking(false)}
              onDiscard={() => {
                setAsking(false);
                manager.close(id);
              }}
            />
          )}
        </DialogLayer>
      </div>
      {EDGES.map((edge) => (
        <div
          key={edge}
          aria-hidden
          className={`win-edge win-edge-${edge}`}
          onPointerDown={(event) => element.current && startResize(event, id, edge, element.current)}
        />
      ))}
      {byKeys && <KeyMover win={win} mode={byKeys} onDone={() => setByKeys(null)} />}
    </section>
  );
});

/** After a reload only the top window is filled at once, the others when the browser is idle. */
function useReady(wanted: boolean): boolean {
  const [ready, setReady] = useState(wanted);
  useEffect(() => {
    if (ready) return;
    if (wanted) return setReady(true);
    const idle =
      window.requestIdleCallback ?? ((run: () => void) => setTimeout(run, 300) as unknown as number);
    const cancel = window.cancelIdleCallback ?? clearTimeout;
    const handle = idle(() => setReady(true), { timeout: 3_000 });
    return () => cancel(handle);
  }, [ready, wanted]);
  return ready || wanted;
}
