import { useMemo } from "react";
import { manifestOf } from "@/lib/apps";
import { t } from "@/lib/i18n";
import { useStore } from "@/lib/store";
import type { WindowApi } from "@/lib/window";
import { EmptyState } from "@/ui/states";
import { AppContent } from "./AppContent";
import { serverName } from "./server";
import { windowOf } from "./wm/core";
import * as manager from "./wm/manager";

/** `?solo`: one window fills the page, without the desktop around it. */
export default function Solo() {
  const win = useStore(manager.layout, (now) => windowOf(now, now.focused));
  const manifest = win && manifestOf(win.app);
  const title =
    useStore(manager.titles, (all) => (win ? all[win.id] : undefined)) ?? (manifest ? t(manifest.title) : "");
  const api = useMemo<WindowApi | null>(
    () =>
      win
        ? {
            id: win.id,
            app: win.app,
            active: true,
            phone: false,
            path: win.path,
            navigate: (path, options) => manager.navigate(win.id, path, options?.replace),
            setTitle: (text) => manager.setTitle(win.id, text),
            setDirty: (dirty) => void (dirty ? manager.dirty.add(win.id) : manager.dirty.delete(win.id)),
            setHeader: () => undefined,
            close: () => window.close(),
          }
        : null,
    [win],
  );
  if (!manifest || !api) return <EmptyState title={t("shell.error.notFound")} />;
  return (
    <main
      className="fixed inset-0 bg-surface [container-type:inline-size]"
      data-region="window"
      data-window={api.id}
    >
      <h1 className="sr-only">{serverName()}</h1>
      <h2 className="sr-only">{title}</h2>
      <AppContent manifest={manifest} window={api} />
    </main>
  );
}
