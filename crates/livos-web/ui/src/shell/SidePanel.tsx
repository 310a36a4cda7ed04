import { BellOff, X } from "lucide-react";
import { type ReactNode, useEffect, useMemo, useRef } from "react";
import { manifestOf } from "@/lib/apps";
import { ago, exact } from "@/lib/format";
import { t } from "@/lib/i18n";
import { clearNotices, markRead, notices } from "@/lib/notify";
import { useStore } from "@/lib/store";
import { openApp, type WindowApi } from "@/lib/window";
import { Button, IconButton } from "@/ui/Button";
import { cx } from "@/ui/cx";
import { Scroll } from "@/ui/Scroll";
import { EmptyState } from "@/ui/states";
import { AppContent } from "./AppContent";
import { openPanel } from "./panels";

/** A panel at the end of the screen; not modal, so work in windows can go on beside it. */
function Frame({
  id,
  title,
  children,
  end,
}: {
  id: string;
  title: string;
  children: ReactNode;
  end?: ReactNode;
}) {
  const box = useRef<HTMLElement>(null);
  useEffect(() => {
    box.current?.focus();
  }, []);
  return (
    <section
      ref={box}
      tabIndex={-1}
      data-focus="quiet"
      data-panel={id}
      data-region="panel"
      aria-labelledby={`panel-${id}`}
      className="side-panel"
      onKeyDown={(event) => {
        if (event.key === "Escape" && !event.defaultPrevented) openPanel(null);
      }}
    >
      <header className="flex h-11 flex-none items-center justify-between gap-2 border-b border-line ps-4 pe-2">
        <h2 id={`panel-${id}`} className="text-sm font-semibold">
          {title}
        </h2>
        <div className="flex gap-1">
          {end}
          <IconButton size="sm" label={t("shell.action.close")} icon={X} onClick={() => openPanel(null)} />
        </div>
      </header>
      <div className="relative min-h-0 flex-1 overflow-hidden [container-type:inline-size]">{children}</div>
    </section>
  );
}

export default function SidePanel({ panel }: { panel: "activity" | "notices" }) {
  return panel === "activity" ? <ActivityPanel /> : <NoticesPanel />;
}

function ActivityPanel() {
  const manifest = manifestOf("activity");
  const api = useMemo<WindowApi>(
    () => ({
      id: "panel",
      app: "activity",
      active: true,
      phone: false,
      path: "/",
      navigate: () => undefined,
      setTitle: () => undefined,
      setDirty: () => undefined,
      setHeader: () => undefined,
      close: () => openPanel(null),
    }),
    [],
  );
  if (!manifest) return null;
  return (
    <Frame id="activity" title={t("shell.activity.label")}>
      <AppContent manifest={manifest} window={api} />
    </Frame>
  );
}

function NoticesPanel() {
  const list = useStore(notices);
  useEffect(() => () => markRead(), []);
  return (
    <Frame
      id="notices"
      title={t("shell.notices.label")}
      end={
        list.length > 0 && (
          <Button size="sm" variant="quiet" onClick={clearNotices}>
            {t("shell.notices.clear")}
          </Button>
        )
      }
    >
      <NoticeList />
    </Frame>
  );
}

export function NoticeList() {
  const list = useStore(notices);
  if (list.length === 0) {
    return <EmptyState icon={BellOff} title={t("shell.notices.empty")} text={t("shell.notices.emptyText")} />;
  }
  return (
    <Scroll label={t("shell.notices.list")} className="h-full p-2">
      <ul>
        {list.map((notice) => {
          const { open } = notice;
          const body = (
            <>
              <span aria-hidden className={cx("mt-1.5 size-2 shrink-0 rounded-full", tones[notice.tone])} />
              <span className="min-w-0 flex-1">
                <span className={cx("block break-words", !notice.read && "font-semibold")}>
                  {notice.text}
                </span>
                <time
                  className="text-xs text-muted"
                  dateTime={new Date(notice.at * 1000).toISOString()}
                  data-tip={exact(notice.at)}
                >
                  {ago(notice.at)}
                </time>
              </span>
            </>
          );
          const look = "flex w-full items-start gap-2.5 rounded-control px-2.5 py-2 text-start text-sm";
          return (
            <li key={notice.id}>
              {open ? (
                <button
                  type="button"
                  data-focus="inset"
                  className={cx(look, "hover:bg-fg/7")}
                  onClick={() => {
                    if (open.app === "activity") openPanel("activity");
                    else {
                      openPanel(null);
                      openApp(open.app, open.path);
                    }
                  }}
                >
                  {body}
                </button>
              ) : (
                <div className={look}>{body}</div>
              )}
            </li>
          );
        })}
      </ul>
    </Scroll>
  );
}

const tones = { info: "bg-subtle", ok: "bg-ok", problem: "bg-danger" };
