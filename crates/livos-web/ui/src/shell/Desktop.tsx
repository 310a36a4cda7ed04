import { QueryClientProvider, useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { currentUser, jobsQuery, queries, type UserInfo } from "@/lib/api";
import { start } from "@/lib/connection";
import { onEvent } from "@/lib/events";
import { loadTexts, t } from "@/lib/i18n";
import { usePhone } from "@/lib/layout";
import { followServer } from "@/lib/live";
import { useLook } from "@/lib/look";
import { loadNotices, notify, toast } from "@/lib/notify";
import { followSettings, settingsQuery, useSettings } from "@/lib/settings";
import { useStore } from "@/lib/store";
import { openApp } from "@/lib/window";
import { cx } from "@/ui/cx";
import { DialogLayer } from "@/ui/DialogLayer";
import { importMenuPopup, MenuHost, menuPoint, openMenu } from "@/ui/menu";
import { Wallpaper } from "@/ui/Wallpaper";
import { activate, Dock, useDockItems } from "./Dock";
import { DesktopIcons, IconDialogs } from "./Icons";
import { iconDialog } from "./icons/state";
import { followJobs } from "./jobs";
import { listenForKeys } from "./keyboard";
import { LiveRegions } from "./LiveRegions";
import { lazily } from "./lazily";
import { guardLeaving } from "./leaving";
import { codeMissing, followNewVersion } from "./newVersion";
import { panels } from "./panels";
import { useRestart } from "./restart";
import { serverName } from "./server";
import { isDown, useStatus } from "./status";
import { TopBar } from "./TopBar";
import { chosenWidgets } from "./widgets/chosen";
import * as manager from "./wm/manager";

const Widgets = lazily(() => import("./widgets"), "panels");
const Windows = lazily(() => import("./wm/Windows"));
const Toasts = lazily(() => import("./Toasts"));
const Commands = lazily(() => import("./Commands"));
export const FirstVisit = lazily(() => import("./FirstVisit"), "panels");
const MenuPopup = lazily(importMenuPopup);
const importPalette = () => import("./Palette");
const Palette = lazily(importPalette, "panels");
const Shortcuts = lazily(() => import("./Shortcuts"), "panels");
const Phone = lazily(() => import("./Phone"));
const Solo = lazily(() => import("./Solo"));
const importPanel = () => import("./SidePanel");
const SidePanel = lazily(importPanel);
const importCover = () => import("./Cover");
const Cover = lazily(importCover, "panels");
const importLock = () => import("@/signin/Lock");
const Lock = lazily(importLock);

let begun = false;

/** Starts what runs as long as the page does: windows, the event stream and what follows it. */
function begin(): void {
  if (begun) return;
  begun = true;
  manager.startWindows();
  loadNotices();
  followServer();
  followSettings();
  followJobs();
  guardLeaving();
  followNewVersion(() => manager.dirty.size > 0);
  onEvent("service", ({ name, state }) => {
    if (isDown(state)) notify({ text: t("shell.notices.service", { name }), tone: "problem" });
  });
  onEvent("reminder", ({ conversation }) => {
    const open = { app: "assistant", path: `/${conversation}` };
    const text = t("shell.notices.reminder");
    notify({ text, tone: "info", open });
    toast(text, { label: t("shell.action.show"), run: () => openApp(open.app, open.path) });
  });
  start();
  if (currentUser()?.temporary_password) {
    const open = { app: "settings", path: "/you" };
    notify({ text: t("shell.password.temporary"), tone: "info", open });
    toast(t("shell.password.temporary"), {
      label: t("shell.password.choose"),
      run: () => openApp(open.app, open.path),
    });
  }
  const idle = window.requestIdleCallback ?? ((run: () => void) => setTimeout(run, 500));
  idle(() => {
    // What may be needed when the server cannot be asked for it any more, or must open at once.
    const early = [importMenuPopup, importLock, importCover, importPalette, importPanel];
    for (const load of [...early, () => import("./menus")]) load().catch(codeMissing);
    loadTexts("panels").catch(codeMissing);
    import("@/lib/wishes").then(({ followWishes }) => followWishes()).catch(codeMissing);
    import("@/lib/uploads").then(({ findUnfinished }) => findUnfinished()).catch(codeMissing);
  });
}

interface Props {
  locked: boolean;
  user: UserInfo;
}

export default function Desktop(props: Props) {
  return (
    <QueryClientProvider client={queries}>
      <Screen {...props} />
    </QueryClientProvider>
  );
}

function Screen({ locked, user }: Props) {
  const [ready, setReady] = useState(false);
  useEffect(() => {
    begin();
    setReady(true);
    document.title = serverName();
  }, []);
  useQuery(settingsQuery);
  useQuery(jobsQuery);
  const phone = usePhone();
  const panel = useStore(panels);
  const modal = panel === "palette" || panel === "shortcuts";
  const restart = useRestart();
  const [left, setLeft] = useState("");
  const covered = restart !== undefined && restart.id !== left;
  const away = locked || covered;
  if (!ready) return null;
  return (
    <>
      <div inert={away || modal} className="contents">
        {manager.solo ? <Solo /> : phone ? <Phone /> : <Space />}
      </div>
      <div inert={away} className="contents">
        {panel === "palette" && <Palette />}
        {panel === "shortcuts" && <Shortcuts />}
        <MenuHost popup={MenuPopup} />
        <Toasts />
      </div>
      <Commands />
      <LiveRegions />
      {covered && <Cover job={restart} onLeave={() => setLeft(restart.id)} />}
      {locked && <Lock username={user.username} />}
    </>
  );
}

/** Whether this person has never answered the offer of a theme and a wallpaper. */
export function useFirstVisit(): boolean {
  const { data } = useQuery(settingsQuery);
  return data !== undefined && data.welcomed !== true;
}

/** The grid of the icons lies over the wallpaper; where it has no icon, it is the wallpaper. */
function isWallpaper(target: EventTarget): boolean {
  return target instanceof Element && target.matches("[data-region=desktop], .icon-grid");
}

/** How many columns of icons a widget is wide, with what parts them. */
const WIDGET_COLUMNS = 3;

/** The desktop proper, on screens with room for windows. */
function Space() {
  const { wallpaper = "shore" } = useLook();
  const panel = useStore(panels);
  const icons = useStore(iconDialog) !== null;
  const first = useFirstVisit();
  const widgets = chosenWidgets(useSettings()).length > 0;
  const { pinned, others } = useDockItems();
  useEffect(
    () =>
      listenForKeys((index) => {
        const app = [...pinned, ...others][index];
        const { windows, focused } = manager.layout.get();
        if (app) activate(app.id, windows, focused);
      }),
    [pinned, others],
  );
  return (
    <DialogLayer className="fixed inset-0 overflow-hidden">
      <Wallpaper id={wallpaper} className="absolute inset-0" />
      <SkipLink />
      <TopBar />
      <main aria-label={t("shell.desktop.label")}>
        {/* biome-ignore lint/a11y/noStaticElementInteractions: both are conveniences; the search has the same commands. */}
        <div
          data-region="desktop"
          className="absolute inset-0"
          onPointerDown={(event) => isWallpaper(event.target) && manager.blur()}
          onContextMenu={(event) => {
            if (!isWallpaper(event.target)) return;
            const items = Promise.all([import("./menus"), loadTexts("panels")]).then(([menus]) =>
              menus.desktopMenu(),
            );
            openMenu(menuPoint(event), t("shell.desktop.label"), items);
          }}
        >
          <StatusLine />
          <DesktopIcons reserved={widgets ? WIDGET_COLUMNS : 0} />
          {widgets && <Widgets />}
        </div>
        {first && <FirstVisit className="absolute start-4 bottom-24 z-5 w-100" />}
        <Windows />
      </main>
      <Dock />
      {icons && <IconDialogs />}
      {(panel === "activity" || panel === "notices") && <SidePanel panel={panel} />}
    </DialogLayer>
  );
}

function SkipLink() {
  const top = useStore(manager.layout, (now) => now.focused);
  return (
    <button
      type="button"
      onClick={() =>
        top
          ? manager.focus(top)
          : document.querySelector<HTMLElement>("[data-region=desktop] button")?.focus()
      }
      className="sr-only z-900 rounded-control bg-raised px-4 py-2 text-sm shadow-menu focus:not-sr-only focus:absolute focus:start-4 focus:top-1"
    >
      {t(top ? "shell.desktop.skip" : "shell.desktop.skipDesktop")}
    </button>
  );
}

export function StatusLine() {
  const status = useStatus();
  if (!status) return null;
  const { open, text, tone } = status;
  const dot = <span aria-hidden className={cx("size-2 shrink-0 rounded-full", DOTS[tone])} />;
  return (
    <div className="absolute start-5 top-13 max-w-[calc(100%-2.5rem)]">
      {open ? (
        <button
          type="button"
          onClick={() => openApp(open.app, open.path)}
          className="chip flex min-h-8 items-center gap-2 px-3 py-1 text-start text-base font-semibold underline-offset-4 hover:underline"
        >
          {dot}
          {text}
        </button>
      ) : (
        <p className="on-wallpaper flex min-h-8 items-center gap-2 px-1 text-base font-medium">
          {dot}
          {text}
        </p>
      )}
    </div>
  );
}

const DOTS = { ok: "bg-ok", problem: "bg-danger", news: "bg-accent" };
