import {
  ArrowLeft,
  ArrowRight,
  ExternalLink,
  Keyboard,
  LayoutGrid,
  LogOut,
  Monitor,
  Moon,
  Pause,
  Pin,
  PinOff,
  Play,
  Plus,
  RotateCw,
  ScrollText,
  Settings,
  Settings2,
  Sun,
  Trash2,
  X,
} from "lucide-react";
import { api, currentUser, errorText, type InstalledApp, isAdmin, ok } from "@/lib/api";
import { broadcast } from "@/lib/api/session";
import type { AppManifest } from "@/lib/apps";
import { isOnline } from "@/lib/connection";
import { loadTexts, t } from "@/lib/i18n";
import { isPhone } from "@/lib/layout";
import { look } from "@/lib/look";
import { reportProblem } from "@/lib/notify";
import { changeSettings } from "@/lib/settings";
import { currentSettings } from "@/lib/shortcuts";
import { save } from "@/lib/storage";
import { openApp } from "@/lib/window";
import type { MenuItem } from "@/ui/menu";
import { openInstalled, stateText } from "./installed";
import { letLeave } from "./leaving";
import { openPanel } from "./panels";
import { chosenWidgets, toggleWidget, WIDGETS, widgetOfApp } from "./widgets/chosen";
import * as manager from "./wm/manager";

async function run(app: InstalledApp, verb: "start" | "stop" | "restart"): Promise<void> {
  const params = { path: { id: app.id } };
  try {
    if (verb === "start") await ok(api.POST("/api/v1/apps/{id}/start", { params }));
    else if (verb === "stop") await ok(api.POST("/api/v1/apps/{id}/stop", { params }));
    else await ok(api.POST("/api/v1/apps/{id}/restart", { params }));
  } catch (error) {
    const action = t(`shell.app.${verb}`).toLocaleLowerCase();
    const text = t("shell.app.actionFailed", { action, name: app.name, reason: errorText(error) });
    reportProblem(text, { app: "store", path: `/installed/${app.id}` });
  }
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
    ...(isPhone() ? [] : [appWidget(app)]),
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

function appWidget(app: InstalledApp): MenuItem {
  const settings = currentSettings() ?? {};
  const kind = widgetOfApp(app.id);
  const on = chosenWidgets(settings).includes(kind);
  return {
    label: t("shell.app.widget"),
    checked: on,
    onSelect: () => toggleWidget(settings, kind, !on),
  };
}

export async function signOut(): Promise<void> {
  try {
    await ok(api.DELETE("/api/v1/session"));
  } catch (error) {
    return reportProblem(errorText(error));
  }
  save("signed-in", undefined);
  broadcast("signed_out");
  // A full load forgets every cached answer of this person.
  letLeave();
  location.assign("/");
}

export function setTheme(theme: "auto" | "light" | "dark"): void {
  changeSettings({ theme }).catch((error) => reportProblem(errorText(error)));
}

export function userMenu(): MenuItem[] {
  const user = currentUser();
  const theme = look.get().theme ?? "auto";
  return [
    // On a phone the sheet already says whose menu it is.
    ...(isPhone() ? [] : [{ heading: user?.name ?? "" }]),
    { label: t("shell.user.settings"), icon: Settings, onSelect: () => openApp("settings") },
    { label: t("shell.user.help"), icon: Keyboard, keys: "?", onSelect: () => openPanel("shortcuts") },
    { separator: true },
    { heading: t("shell.user.theme") },
    {
      label: t("shell.user.themeAuto"),
      icon: Monitor,
      checked: theme === "auto",
      onSelect: () => setTheme("auto"),
    },
    {
      label: t("shell.user.themeLight"),
      icon: Sun,
      checked: theme === "light",
      onSelect: () => setTheme("light"),
    },
    {
      label: t("shell.user.themeDark"),
      icon: Moon,
      checked: theme === "dark",
      onSelect: () => setTheme("dark"),
    },
    { separator: true },
    { label: t("shell.user.signOut"), icon: LogOut, onSelect: () => void signOut() },
  ];
}

/** What right-clicking the wallpaper offers. */
export function desktopMenu(): MenuItem[] {
  const settings = currentSettings() ?? {};
  const chosen = chosenWidgets(settings);
  return [
    {
      label: t("shell.desktop.changeWallpaper"),
      icon: Monitor,
      onSelect: () => openApp("settings", "/appearance"),
    },
    {
      label: t("shell.icons.tidy"),
      icon: LayoutGrid,
      onSelect: () =>
        void Promise.all([import("./icons/actions"), loadTexts("panels")]).then(([{ tidyIcons }]) =>
          tidyIcons(),
        ),
    },
    { label: t("shell.user.help"), icon: Keyboard, onSelect: () => openPanel("shortcuts") },
    { separator: true },
    { heading: t("panels.widget.title") },
    ...WIDGETS.map((kind) => ({
      label: t(`panels.widget.${kind}`),
      checked: chosen.includes(kind),
      onSelect: () => toggleWidget(settings, kind, !chosen.includes(kind)),
    })),
  ];
}

function moved(ids: string[], id: string, to: number): string[] {
  const rest = ids.filter((other) => other !== id);
  rest.splice(to, 0, id);
  return rest;
}

const savePins = (ids: string[]) =>
  changeSettings({ pins: ids }).catch((error) => reportProblem(errorText(error)));

/** What can be done with an app in the dock, whose pinned apps are these. */
export function dockMenu(app: AppManifest, pinned: AppManifest[]): (MenuItem | false)[] {
  const mine = manager.layout.get().windows.filter((win) => win.app === app.id);
  const ids = pinned.map((other) => other.id);
  const index = ids.indexOf(app.id);
  const name = t(app.title);
  return [
    ...mine.map((win) => ({
      label: mine.length > 1 ? (manager.titles.get()[win.id] ?? name) : t("shell.dock.show"),
      onSelect: () => manager.focus(win.id),
    })),
    mine.length === 0 && { label: t("shell.action.open"), onSelect: () => manager.open(app.id) },
    app.multiple === true && {
      label: t("shell.dock.newWindow"),
      icon: Plus,
      onSelect: () => manager.open(app.id, undefined, { newWindow: true }),
    },
    mine.length > 0 && {
      label: t(mine.length > 1 ? "shell.dock.closeAll" : "shell.window.close"),
      icon: X,
      onSelect: () => {
        for (const win of mine) manager.closeRequests.get(win.id)?.();
      },
    },
    { separator: true },
    index < 0
      ? { label: t("shell.dock.pin"), icon: Pin, onSelect: () => void savePins([...ids, app.id]) }
      : {
          label: t("shell.dock.unpin"),
          icon: PinOff,
          onSelect: () => void savePins(ids.filter((id) => id !== app.id)),
        },
    index > 0 && {
      label: t("shell.dock.moveLeft"),
      icon: ArrowLeft,
      onSelect: () => void savePins(moved(ids, app.id, index - 1)),
    },
    index >= 0 &&
      index < ids.length - 1 && {
        label: t("shell.dock.moveRight"),
        icon: ArrowRight,
        onSelect: () => void savePins(moved(ids, app.id, index + 1)),
      },
  ];
}
