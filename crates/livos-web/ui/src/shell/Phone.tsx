import { ArrowLeft, Bell, FolderOpen, House, Search, Sparkles } from "lucide-react";
import { lazy, type ReactNode, Suspense, useEffect, useMemo, useState } from "react";
import { currentUser } from "@/lib/api";
import { type AppManifest, allowed, manifestOf, manifests } from "@/lib/apps";
import { t } from "@/lib/i18n";
import { useLook } from "@/lib/look";
import { notices } from "@/lib/notify";
import { useStore } from "@/lib/store";
import { type HeaderAction, openApp, type WindowApi } from "@/lib/window";
import { IconButton } from "@/ui/Button";
import { cx } from "@/ui/cx";
import { DialogLayer } from "@/ui/DialogLayer";
import { MenuButton, type MenuItem, useMenuTrigger } from "@/ui/menu";
import { Wallpaper } from "@/ui/Wallpaper";
import { AppContent } from "./AppContent";
import { FirstVisit, useFirstVisit } from "./Desktop";
import { IconDialogs, openItem, openItemMenu } from "./Icons";
import { Face, nameOfItem } from "./icons/Face";
import { iconDialog, useIcons } from "./icons/state";
import { openPanel, panels } from "./panels";
import { NoticeList } from "./SidePanel";
import { serverName } from "./server";
import { useStatus } from "./status";
import { ConnectionState, initial, Ring, useRunning } from "./TopBar";
import type { Win } from "./wm/core";
import * as manager from "./wm/manager";

const Running = lazy(() => import("./Running"));

/** One thing at a time: the home screen or one full-screen app, and a bar at the bottom. */
export default function Phone() {
  const { windows, focused } = useStore(manager.layout);
  const panel = useStore(panels);
  const icons = useStore(iconDialog) !== null;
  const keyboard = useKeyboardOpen();
  // Activity is a panel on large screens and an app here.
  useEffect(() => {
    if (panel !== "activity") return;
    openPanel(null);
    openApp("activity");
  }, [panel]);
  return (
    <DialogLayer className="fixed inset-0 flex flex-col overflow-hidden bg-canvas">
      <div className="relative min-h-0 flex-1">
        {panel === "notices" ? <NoticesPage /> : <Home hidden={focused !== null} />}
        {panel !== "notices" &&
          windows.map((win) => <PhoneApp key={win.id} win={win} active={win.id === focused} />)}
      </div>
      {icons && <IconDialogs />}
      {!keyboard && <BottomBar current={windows.find((win) => win.id === focused)?.app ?? null} />}
    </DialogLayer>
  );
}

/** The on-screen keyboard takes a third of the screen; nothing else shrinks the visual viewport so much. */
function useKeyboardOpen(): boolean {
  const [open, setOpen] = useState(false);
  useEffect(() => {
    const view = window.visualViewport;
    if (!view) return;
    const check = () => setOpen(view.height < window.innerHeight * 0.75 && view.scale < 1.1);
    view.addEventListener("resize", check);
    return () => view.removeEventListener("resize", check);
  }, []);
  return open;
}

function Home({ hidden }: { hidden: boolean }) {
  const { wallpaper = "shore" } = useLook();
  const status = useStatus();
  const { count } = useRunning();
  const user = currentUser();
  const unread = useStore(notices, (list) => list.filter((notice) => !notice.read).length);
  const menu = useMenuTrigger(
    t("shell.user.menu", { name: user?.name ?? "" }),
    () => import("./menus").then(({ userMenu }) => userMenu()),
    { align: "end" },
  );
  const today = new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long" }).format(
    new Date(),
  );
  const shown = useIcons();
  const first = useFirstVisit();
  const mine = manifests.filter((app) => allowed(app, user?.role) && app.dock !== undefined);
  return (
    <div hidden={hidden} className="absolute inset-0">
      <Wallpaper id={wallpaper} className="absolute inset-0" />
      <div className="absolute inset-0 overflow-y-auto">
        <header className="on-wallpaper flex h-13 items-center justify-between gap-1 ps-4 pe-2">
          <h1 className="truncate text-base font-semibold">{serverName()}</h1>
          <div className="flex items-center">
            <ConnectionState compact />
            <IconButton
              label={t("shell.command.search")}
              icon={Search}
              onClick={() => openPanel("palette")}
            />
            <IconButton
              label={
                unread > 0 ? t("shell.notices.labelUnread", { count: unread }) : t("shell.notices.label")
              }
              icon={Bell}
              onClick={() => openPanel("notices")}
            />
            <button
              type="button"
              className="grid size-11 place-items-center"
              aria-label={t("shell.user.menu", { name: user?.name ?? "" })}
              {...menu}
            >
              <span
                aria-hidden
                className="grid size-7 place-items-center rounded-full bg-accent text-xs font-semibold text-on-accent"
              >
                {initial(user?.name ?? "")}
              </span>
            </button>
          </div>
        </header>
        <main className="px-4 pb-6">
          <p className="on-wallpaper mt-3 w-fit px-1 text-base text-muted">{today}</p>
          {status &&
            (status.open ? (
              <button
                type="button"
                onClick={() => status.open && openApp(status.open.app, status.open.path)}
                className="on-wallpaper min-h-11 px-1 text-start text-xl font-semibold underline decoration-2 underline-offset-4"
              >
                {status.text}
              </button>
            ) : (
              <p className="on-wallpaper w-fit px-1 py-2 text-xl leading-7 font-semibold">{status.text}</p>
            ))}
          {first && <FirstVisit className="my-2" />}
          {count > 0 && (
            <Suspense fallback={null}>
              <Running />
            </Suspense>
          )}
          <ul aria-label={t("shell.desktop.apps")} className="grid grid-cols-4 gap-x-1 gap-y-3 pt-4">
            {mine.map((app) => (
              <HomeIcon key={app.id} label={t(app.title)} onOpen={() => openApp(app.id)}>
                <span className="tile size-14 rounded-[24%]" style={{ background: app.tint }}>
                  <app.icon size={26} aria-hidden />
                </span>
                <span className="on-wallpaper line-clamp-2 max-w-full text-xs font-medium break-words">
                  {t(app.title)}
                </span>
              </HomeIcon>
            ))}
            {shown.map((item) => (
              <HomeIcon
                key={item.key}
                label={nameOfItem(item)}
                onOpen={() => openItem(item)}
                onMenu={(event) => openItemMenu(event, item)}
              >
                <Face item={item} />
              </HomeIcon>
            ))}
          </ul>
        </main>
      </div>
    </div>
  );
}

function HomeIcon(props: {
  label: string;
  onOpen: () => void;
  onMenu?: (event: React.MouseEvent) => void;
  children: ReactNode;
}) {
  return (
    <li>
      <button
        type="button"
        aria-label={props.label}
        onClick={props.onOpen}
        onContextMenu={props.onMenu}
        className="flex w-full flex-col items-center gap-1.5 rounded-card py-2 text-center active:bg-surface/50"
      >
        {props.children}
      </button>
    </li>
  );
}

function Header({ title, onBack, children }: { title: string; onBack: () => void; children?: ReactNode }) {
  return (
    <header className="flex h-13 flex-none items-center gap-1 border-b border-line bg-surface px-1">
      <IconButton
        label={t("shell.phone.back")}
        icon={ArrowLeft}
        tooltip={false}
        onClick={onBack}
        className="rtl:[&_svg]:rotate-180"
      />
      <h1 className="sr-only">{serverName()}</h1>
      <h2 className="min-w-0 flex-1 truncate text-lg font-semibold">{title}</h2>
      {children}
    </header>
  );
}

function back(): void {
  if (manager.historyDepth() > 0) history.back();
  else manager.blur();
}

function PhoneApp({ win, active }: { win: Win; active: boolean }) {
  const manifest = manifestOf(win.app);
  const [seen, setSeen] = useState(active);
  const [actions, setActions] = useState<HeaderAction[]>([]);
  const [more, setMore] = useState<(() => MenuItem[]) | null>(null);
  const title = useStore(manager.titles, (all) => all[win.id]) ?? (manifest ? t(manifest.title) : "");
  useEffect(() => {
    if (active) setSeen(true);
  }, [active]);
  const api = useMemo<WindowApi>(
    () => ({
      id: win.id,
      app: win.app,
      active,
      phone: true,
      path: win.path,
      navigate: (path, options) => manager.navigate(win.id, path, options?.replace),
      setTitle: (text) => manager.setTitle(win.id, text),
      setDirty: (dirty) => void (dirty ? manager.dirty.add(win.id) : manager.dirty.delete(win.id)),
      setHeader: (next, items) => {
        setActions(next);
        setMore(() => items);
      },
      close: () => manager.close(win.id),
    }),
    [win.id, win.app, win.path, active],
  );
  if (!manifest || (!seen && !active)) return null;
  return (
    <div
      hidden={!active}
      data-region="window"
      data-window={win.id}
      data-app={win.app}
      className="absolute inset-0"
    >
      <main className="flex h-full flex-col bg-surface">
        <Header title={title} onBack={back}>
          {actions.slice(0, 2).map((action) => (
            <IconButton
              key={action.label}
              label={action.label}
              icon={action.icon}
              tooltip={false}
              disabled={action.disabled ?? false}
              onClick={action.onSelect}
            />
          ))}
          {(more || actions.length > 2) && (
            <MenuButton
              label={t("shell.action.more")}
              items={() => [
                ...actions.slice(2).map((action) => ({ ...action, disabled: action.disabled ?? false })),
                ...(more?.() ?? []),
              ]}
            />
          )}
        </Header>
        <div className="relative min-h-0 flex-1 overflow-hidden [container-type:inline-size]">
          <AppContent manifest={manifest} window={api} />
        </div>
      </main>
    </div>
  );
}

function NoticesPage() {
  return (
    <main className="absolute inset-0 flex flex-col bg-surface">
      <Header title={t("shell.notices.label")} onBack={() => openPanel(null)} />
      <div className="min-h-0 flex-1">
        <NoticeList />
      </div>
    </main>
  );
}

function BottomBar({ current }: { current: string | null }) {
  const { count, part } = useRunning();
  const panel = useStore(panels);
  const items: { id: string | null; label: string; icon: ReactNode }[] = [
    { id: null, label: t("shell.phone.home"), icon: <House size={20} aria-hidden /> },
  ];
  const add = (app: AppManifest | undefined, icon: ReactNode) => {
    if (app) items.push({ id: app.id, label: t(app.title), icon });
  };
  add(manifestOf("files"), <FolderOpen size={20} aria-hidden />);
  add(manifestOf("assistant"), <Sparkles size={20} aria-hidden />);
  add(manifestOf("activity"), <Ring count={count} part={part} size={22} />);
  return (
    <nav
      aria-label={t("shell.phone.nav")}
      className="z-500 flex flex-none border-t border-line bg-surface pb-[env(safe-area-inset-bottom)]"
    >
      {items.map((item) => {
        const active = panel !== "notices" && current === item.id;
        return (
          <button
            key={item.label}
            type="button"
            data-focus="inset"
            aria-current={active ? "page" : undefined}
            onClick={() => {
              openPanel(null);
              if (item.id) openApp(item.id);
              else manager.blur();
            }}
            className={cx(
              "flex h-14 min-w-0 flex-1 flex-col items-center justify-center gap-0.5 text-xs",
              active ? "font-semibold text-accent-text" : "text-muted",
            )}
          >
            {item.icon}
            <span className="line-clamp-2 max-w-full px-0.5 leading-3.5 break-words">{item.label}</span>
          </button>
        );
      })}
    </nav>
  );
}
