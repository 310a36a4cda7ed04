import { ExternalLink, Pause, Play, RotateCw, ScrollText, Settings2, Trash2 } from "lucide-react";
import { api, errorText, type InstalledApp, isAdmin, ok } from "@/lib/api";
import { isOnline } from "@/lib/connection";
import { type TextKey, t } from "@/lib/i18n";
import { toast } from "@/lib/notify";
import { openApp } from "@/lib/window";
import type { MenuItem } from "@/ui/menu";

/** Opens an installed app in its own tab, by way of the server, which signs the person in there. */
export function openInstalled(app: InstalledApp): void {
  if (app.state === "running") window.open(`/open/${encodeURIComponent(app.id)}`, "_blank", "noopener");
  else openApp("store", `/installed/${app.id}`);
}

async function run(app: InstalledApp, verb: "start" | "stop" | "restart"): Promise<void> {
  const params = { path: { id: app.id } };
  try {
    if (verb === "start") await ok(api.POST("/api/v1/apps/{id}/start", { params }));
    else if (verb === "stop") await ok(api.POST("/api/v1/apps/{id}/stop", { params }));
    else await ok(api.POST("/api/v1/apps/{id}/restart", { params }));
  } catch (error) {
    const action = t(`shell.app.${verb}`).toLocaleLowerCase();
    toast(t("shell.app.actionFailed", { action, name: app.name, reason: errorText(error) }));
  }
}

export function stateText(app: InstalledApp): string {
  return t(`shell.app.${app.state}` as TextKey);
}

export function appMenu(app: InstalledApp, extra: MenuItem[] = []): MenuItem[] {
  const admin = isAdmin();
  const offline = !isOnline();
  const write = { disabled: offline, reason: offline ? t("shell.offline.reason") : undefined };
  const items: (MenuItem | false)[] = [
    {
      label: t("shell.app.openNewTab"),
      icon: ExternalLink,
      disabled: app.state !== "running",
      reason:
        app.state === "running" ? undefined : t("shell.app.named", { name: app.name, state: stateText(app) }),
      onSelect: () => openInstalled(app),
    },
    admin && app.state === "stopped"
      ? { label: t("shell.app.start"), icon: Play, ...write, onSelect: () => void run(app, "start") }
      : admin && { label: t("shell.app.stop"), icon: Pause, ...write, onSelect: () => void run(app, "stop") },
    admin && {
      label: t("shell.app.restart"),
      icon: RotateCw,
      ...write,
      onSelect: () => void run(app, "restart"),
    },
    { separator: true },
    admin && {
      label: t("shell.app.logs"),
      icon: ScrollText,
      onSelect: () => openApp("store", `/installed/${app.id}/logs`),
    },
    {
      label: t("shell.app.manage"),
      icon: Settings2,
      onSelect: () => openApp("store", `/installed/${app.id}`),
    },
    ...extra,
    admin && { separator: true },
    admin && {
      label: t("shell.action.remove"),
      icon: Trash2,
      danger: true,
      onSelect: () => openApp("store", `/installed/${app.id}/remove`),
    },
  ];
  return items.filter((item): item is MenuItem => item !== false);
}
