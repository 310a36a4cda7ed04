import { QueryClientProvider, useQuery } from "@tanstack/react-query";
import { Activity, Keyboard, LogOut, Monitor, SunMoon } from "lucide-react";
import { lazy, Suspense, useEffect, useState } from "react";
import { currentUser, jobsQuery, queries, type UserInfo } from "@/lib/api";
import { type Command, useCommands } from "@/lib/commands";
import { start } from "@/lib/connection";
import { onEvent } from "@/lib/events";
import { t } from "@/lib/i18n";
import { usePhone } from "@/lib/layout";
import { followServer } from "@/lib/live";
import { useLook } from "@/lib/look";
import { loadNotices, notify, toast } from "@/lib/notify";
import { followSettings, settingsQuery } from "@/lib/settings";
import { useStore } from "@/lib/store";
import { openApp } from "@/lib/window";
import { Lock } from "@/signin/Lock";
import { DialogLayer } from "@/ui/Dialog";
import { MenuHost, menuPoint, openMenu, warmMenus } from "@/ui/menu";
import { Wallpaper } from "@/ui/Wallpaper";
import { activate, Dock, useDockItems } from "./Dock";
import { DesktopIcons } from "./Icons";
import { followJobs } from "./jobs";
import { listenForKeys } from "./keyboard";
import { guardLeaving } from "./leaving";
import { openPanel, panels } from "./panels";
import { serverName } from "./server";
import { isDown, useStatus } from "./status";
import { LiveRegions, Toasts } from "./Toasts";
import { TopBar } from "./TopBar";
import { setTheme, signOut } from "./userMenu";
import { snapRect } from "./wm/geometry";
import * as manager from "./wm/manager";
import { Window } from "./wm/Window";

const Palette = lazy(() => import("./Palette"));
const Shortcuts = lazy(() => import("./Shortcuts"));
const Phone = lazy(() => import("./Phone"));
const Solo = lazy(() => import("./Solo"));
const SidePanel = lazy(() => import("./SidePanel"));

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
  onEvent("service", ({ name, state }) => {
    if (isDown(state)) notify({ text: t("shell.notices.service", { name }), tone: "problem" });
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
    warmMenus();
    void import("./Palette");
    void import("./SidePanel");
    void import("@/lib/uploads").then(({ findUnfinished }) => findUnfinished());
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
  if (!ready) return null;
  return (
    <>
      <div inert={locked || modal} className="contents">
        <Suspense fallback={null}>{manager.solo ? <Solo /> : phone ? <Phone /> : <Space />}</Suspense>
      </div>
      <div inert={locked} className="contents">
        <Suspense fallback={null}>
          {panel === "palette" && <Palette />}
          {panel === "shortcuts" && <Shortcuts />}
        </Suspense>
        <MenuHost />
        <Toasts />
      </div>
      <Commands />
      <LiveRegions />
      {locked && <Lock username={user.username} />}
    </>
  );
}

/** The desktop proper, on screens with room for windows. */
function Space() {
  const { wallpaper = "shore" } = useLook();
  const panel = useStore(panels);
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
          onPointerDown={(event) => event.target === event.currentTarget && manager.blur()}
          onContextMenu={(event) => {
            if (event.target !== event.currentTarget) return;
            openMenu(menuPoint(event), t("shell.desktop.label"), [
              {
                label: t("shell.desktop.changeWallpaper"),
                icon: Monitor,
                onSelect: () => openApp("settings", "/appearance"),
              },
              { label: t("shell.user.help"), icon: Keyboard, onSelect: () => openPanel("shortcuts") },
            ]);
          }}
        >
          <StatusLine />
          <DesktopIcons />
        </div>
        <Windows />
        <SnapPreview />
      </main>
      <Dock />
      <Suspense fallback={null}>
        {(panel === "activity" || panel === "notices") && <SidePanel panel={panel} />}
      </Suspense>
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
  if (!status) return <div className="absolute start-6 top-14 h-7" />;
  const { open } = status;
  return (
    <div className="absolute start-5 top-13">
      {open ? (
        <button
          type="button"
          onClick={() => openApp(open.app, open.path)}
          className="chip flex min-h-8 items-center gap-2 px-3 text-base font-semibold underline-offset-4 hover:underline"
        >
          <span aria-hidden className="size-2 rounded-full bg-danger" />
          {status.text}
        </button>
      ) : (
        <p className="flex min-h-8 items-center gap-2 px-1 text-base font-medium">
          <span aria-hidden className="size-2 rounded-full bg-ok" />
          {status.text}
        </p>
      )}
    </div>
  );
}

function Windows() {
  const { windows, order, focused } = useStore(manager.layout);
  return (
    <div className="pointer-events-none absolute inset-0">
      {windows.map((win) => (
        <Window key={win.id} win={win} depth={order.indexOf(win.id)} active={focused === win.id} />
      ))}
    </div>
  );
}

function SnapPreview() {
  const snap = useStore(manager.preview);
  const area = useStore(manager.area);
  if (snap === "none") return null;
  const rect = snapRect(snap, area);
  return (
    <div
      aria-hidden
      className="snap-preview"
      style={{
        transform: `translate(${rect.x + 4}px, ${rect.y + 4}px)`,
        width: rect.w - 8,
        height: rect.h - 8,
      }}
    />
  );
}

/** What the shell itself offers in the search. */
function Commands() {
  const focused = useStore(manager.layout, (now) => now.focused);
  const win = (run: (id: string) => void) => () => focused && run(focused);
  const dark = useLook().theme === "dark";
  const list: Command[] = [
    { id: "activity", title: t("shell.command.activity"), icon: Activity, run: () => openPanel("activity") },
    {
      id: "shortcuts",
      title: t("shell.command.shortcuts"),
      icon: Keyboard,
      keys: "?",
      run: () => openPanel("shortcuts"),
    },
    {
      id: "theme",
      title: t("shell.command.changeTheme", { theme: t(dark ? "shell.theme.light" : "shell.theme.dark") }),
      icon: SunMoon,
      group: "settings",
      run: () => setTheme(dark ? "light" : "dark"),
    },
    { id: "desktop", title: t("shell.command.showDesktop"), run: manager.showDesktop },
    { id: "sign-out", title: t("shell.command.signOut"), icon: LogOut, run: () => void signOut() },
  ];
  if (focused) {
    list.push(
      { id: "left", title: t("shell.command.leftHalf"), run: win((id) => manager.snap(id, "left")) },
      { id: "right", title: t("shell.command.rightHalf"), run: win((id) => manager.snap(id, "right")) },
      { id: "maximise", title: t("shell.command.maximise"), run: win((id) => manager.snap(id, "max")) },
      { id: "restore", title: t("shell.command.restore"), run: win((id) => manager.snap(id, "none")) },
      { id: "minimise", title: t("shell.command.minimise"), run: win(manager.minimise) },
    );
  }
  useCommands(list);
  return null;
}
