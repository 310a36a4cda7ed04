import { useQuery } from "@tanstack/react-query";
import { Bell, Search, Wifi, WifiOff } from "lucide-react";
import { currentUser, jobsQuery, systemQuery } from "@/lib/api";
import { checkConnection, connection } from "@/lib/connection";
import { clock } from "@/lib/format";
import { t } from "@/lib/i18n";
import { keyNames } from "@/lib/keys";
import { notices } from "@/lib/notify";
import { useSettings } from "@/lib/settings";
import { ownKeys } from "@/lib/shortcuts";
import { useStore } from "@/lib/store";
import { totals, uploads } from "@/lib/uploads/state";
import { cx } from "@/ui/cx";
import { useMenuTrigger } from "@/ui/menu";
import { openPanel, panels } from "./panels";
import { serverName } from "./server";

export function TopBar() {
  useQuery(systemQuery);
  const user = currentUser();
  const [searchKeys] = ownKeys(useSettings(), "search", ["Mod+K"]);
  const menu = useMenuTrigger(
    t("shell.user.menu", { name: user?.name ?? "" }),
    () => import("./menus").then(({ userMenu }) => userMenu()),
    { align: "end" },
  );
  return (
    <header data-region="bar" className="relative z-500 flex h-9 items-center justify-between gap-3 px-4">
      <h1 className="truncate text-sm font-semibold">{serverName()}</h1>
      <div className="flex items-center gap-1.5">
        <button
          type="button"
          onClick={() => openPanel("palette")}
          className="chip flex h-7 items-center gap-2 px-3 text-sm text-fg hover:bg-surface"
        >
          <Search size={14} aria-hidden />
          {t("shell.command.search")}
          <span aria-hidden className="ms-1 text-xs text-muted">
            {searchKeys && keyNames(searchKeys).join(" ")}
          </span>
        </button>
        <ConnectionState />
        <ActivityButton />
        <NoticesButton />
        <button
          type="button"
          className="bar-button"
          aria-label={t("shell.user.menu", { name: user?.name ?? "" })}
          data-tip={user?.name}
          {...menu}
        >
          <span
            aria-hidden
            className="grid size-6 place-items-center rounded-full bg-accent text-xs font-semibold text-on-accent"
          >
            {initial(user?.name ?? "")}
          </span>
        </button>
      </div>
    </header>
  );
}

export function initial(name: string): string {
  return (name.trim().charAt(0) || "?").toUpperCase();
}

export function ConnectionState({ compact }: { compact?: boolean }) {
  const { phase, heardAt } = useStore(connection);
  const fine = phase === "online" || phase === "checking" || phase === "connecting" || phase === "back";
  const text =
    phase === "offline"
      ? t("shell.connection.offlineShort", { time: clock(heardAt / 1000) })
      : t(`shell.connection.${phase}`);
  if (fine) {
    // Only that it is there again is news; that it is there is not.
    const news = phase === "back" && !compact;
    return (
      <span
        className={news ? "flex items-center gap-1.5 px-2 text-sm text-muted" : "sr-only"}
        data-connection={phase}
      >
        {news && <Wifi size={14} aria-hidden />}
        {text}
      </span>
    );
  }
  return (
    <button
      type="button"
      data-connection={phase}
      data-tip={t("shell.connection.retry")}
      onClick={() => void checkConnection()}
      className="flex h-7 items-center gap-1.5 rounded-full bg-warn-soft px-3 text-sm font-medium text-warn"
    >
      <WifiOff size={14} aria-hidden />
      {text}
    </button>
  );
}

/** How many jobs run and how far they are together. */
export function useRunning(): { count: number; part: number } {
  const { data: jobs } = useQuery(jobsQuery);
  const batches = useStore(uploads);
  const running = (jobs ?? []).filter((job) => job.state === "running" || job.state === "queued");
  const parts = running.map((job) => (job.total > 0 ? Math.min(1, job.done / job.total) : 0));
  for (const batch of batches) {
    const sum = totals(batch);
    if (sum.active > 0) parts.push(sum.size > 0 ? sum.sent / sum.size : 0);
  }
  return {
    count: parts.length,
    part: parts.length > 0 ? parts.reduce((a, b) => a + b, 0) / parts.length : 0,
  };
}

export function Ring({ count, part, size = 20 }: { count: number; part: number; size?: number }) {
  const length = 2 * Math.PI * 8;
  return (
    <svg width={size} height={size} viewBox="0 0 20 20" aria-hidden="true">
      <circle
        cx="10"
        cy="10"
        r="8"
        fill="none"
        stroke="currentColor"
        strokeOpacity={count > 0 ? 0.25 : 1}
        strokeWidth="1.75"
      />
      {count > 0 ? (
        <>
          <circle
            cx="10"
            cy="10"
            r="8"
            fill="none"
            stroke="var(--accent)"
            strokeWidth="2.5"
            strokeLinecap="round"
            strokeDasharray={`${Math.max(0.04, part) * length} ${length}`}
            transform="rotate(-90 10 10)"
          />
          <text x="10" y="13" textAnchor="middle" fontSize="9" fontWeight="600" fill="currentColor">
            {count > 9 ? "9+" : count}
          </text>
        </>
      ) : (
        <path
          d="M6.5 10.2l2.3 2.3 4.7-4.9"
          fill="none"
          stroke="currentColor"
          strokeWidth="1.75"
          strokeLinecap="round"
        />
      )}
    </svg>
  );
}

function ActivityButton() {
  const { count, part } = useRunning();
  const open = useStore(panels, (now) => now === "activity");
  const label = count > 0 ? t("shell.activity.labelRunning", { count }) : t("shell.activity.label");
  return (
    <button
      type="button"
      className="bar-button"
      aria-label={label}
      aria-expanded={open}
      data-tip={t("shell.activity.label")}
      data-panel-button="activity"
      onClick={() => openPanel(open ? null : "activity")}
    >
      <Ring count={count} part={part} size={18} />
    </button>
  );
}

function NoticesButton() {
  const unread = useStore(notices, (list) => list.filter((notice) => !notice.read).length);
  const open = useStore(panels, (now) => now === "notices");
  return (
    <button
      type="button"
      className="bar-button relative"
      aria-label={unread > 0 ? t("shell.notices.labelUnread", { count: unread }) : t("shell.notices.label")}
      aria-expanded={open}
      data-tip={t("shell.notices.label")}
      data-panel-button="notices"
      onClick={() => openPanel(open ? null : "notices")}
    >
      <Bell size={16} aria-hidden />
      <span
        aria-hidden
        className={cx(
          "absolute end-1 top-1 size-2 rounded-full",
          unread > 0 ? "bg-accent" : "bg-transparent",
        )}
      />
    </button>
  );
}
