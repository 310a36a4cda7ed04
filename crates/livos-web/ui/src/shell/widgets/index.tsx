import { queryOptions, type UseQueryResult, useQuery } from "@tanstack/react-query";
import { type ReactNode, useId } from "react";
import { api, appsQuery, type FileRoot, type InstalledApp, keys, ok, rootsQuery } from "@/lib/api";
import { useOnline } from "@/lib/connection";
import { bytes, bytesOf, number } from "@/lib/format";
import { t } from "@/lib/i18n";
import { useSettings } from "@/lib/settings";
import { useStore } from "@/lib/store";
import { openApp } from "@/lib/window";
import { AppIcon } from "@/ui/AppIcon";
import { Button } from "@/ui/Button";
import { cx } from "@/ui/cx";
import { menuPoint, openMenu } from "@/ui/menu";
import { Loading, Skeleton, StaleNote } from "@/ui/states";
import { StateDot } from "../icons/Face";
import { openInstalled, stateText } from "../installed";
import { layout } from "../wm/manager";
import { appOfWidget, chosenWidgets, toggleWidget, type WidgetKind } from "./chosen";

/** How often the server is asked while a widget can be seen, in milliseconds. */
const EVERY = { load: 5_000, storage: 60_000 };
const MOST_PLACES = 3;

const loadQuery = queryOptions({
  queryKey: keys.load,
  queryFn: ({ signal }) => ok(api.GET("/api/v1/system/load", { signal })),
});

/** Beside the icons, at the end of the screen. Only what is looked at is asked for. */
export default function Widgets() {
  return (
    <div className="absolute end-5 top-22 flex w-62 flex-col gap-3">
      {chosenWidgets(useSettings()).map((kind) => (
        <Widget key={kind} kind={kind} />
      ))}
    </div>
  );
}

/** Nobody sees the desktop while a window fills it, the tab is away (react-query minds that) or the server is. */
function usePace(kind: keyof typeof EVERY): number | false {
  const covered = useStore(layout, ({ windows }) =>
    windows.some((win) => win.snap === "max" && !win.minimised),
  );
  const online = useOnline();
  return !covered && online && EVERY[kind];
}

function Widget({ kind }: { kind: WidgetKind }) {
  const app = appOfWidget(kind);
  if (app !== undefined) return <AppStatus kind={kind} id={app} />;
  return kind === "load" ? <Load /> : <Storage />;
}

function Load() {
  const query = useQuery({ ...loadQuery, refetchInterval: usePace("load"), staleTime: EVERY.load });
  return (
    <Frame
      kind="load"
      title={t("panels.widget.load")}
      query={query}
      onOpen={() => openApp("settings", "/about")}
      rows={2}
    >
      {({ cpus, load, memory_total, memory_available }) => (
        <>
          <Meter
            label={t("panels.widget.processors")}
            text={t("panels.widget.busy", { busy: number(Math.round(load * 10) / 10), count: cpus })}
            part={load / cpus}
          />
          <Meter
            label={t("panels.widget.memory")}
            text={bytesOf(memory_total - memory_available, memory_total)}
            part={(memory_total - memory_available) / memory_total}
          />
        </>
      )}
    </Frame>
  );
}

/** Places on one drive share its room, so they share a line. */
function drivesOf(roots: FileRoot[]): { name: string; free: number; total: number }[] {
  const drives = new Map<string, FileRoot[]>();
  for (const root of roots) {
    if (root.total <= 0) continue;
    const drive = `${root.total}/${root.free}`;
    drives.set(drive, [...(drives.get(drive) ?? []), root]);
  }
  return [...drives.values()].map(([first, ...others]) => ({
    name: first?.kind === "drive" && others.length === 0 ? first.label : t("panels.widget.server"),
    free: first?.free ?? 0,
    total: first?.total ?? 0,
  }));
}

function Storage() {
  const query = useQuery({ ...rootsQuery, refetchInterval: usePace("storage") });
  return (
    <Frame
      kind="storage"
      title={t("panels.widget.storage")}
      query={query}
      onOpen={() => openApp("files")}
      rows={1}
    >
      {(roots) => {
        const drives = drivesOf(roots);
        const more = drives.length - MOST_PLACES;
        return (
          <>
            {drives.slice(0, MOST_PLACES).map((drive, index) => (
              <Meter
                key={index}
                label={drive.name}
                text={t("panels.widget.free", { free: bytes(drive.free), total: bytes(drive.total) })}
                part={1 - drive.free / drive.total}
                full={0.9}
              />
            ))}
            {more > 0 && <p className="text-xs text-muted">{t("panels.widget.more", { count: more })}</p>}
            {drives.length === 0 && <p className="text-xs text-muted">{t("panels.widget.nothing")}</p>}
          </>
        );
      }}
    </Frame>
  );
}

/** How an app is, said by events. One that is not installed any more has no widget, until it is again. */
function AppStatus({ kind, id }: { kind: WidgetKind; id: string }) {
  const query = useQuery(appsQuery);
  const app = query.data?.find((one: InstalledApp) => one.id === id);
  if (query.data && !app) return null;
  const open = () => (app ? openInstalled(app) : openApp("store", "/installed"));
  return (
    <Frame kind={kind} title={app?.name ?? id} query={query} onOpen={open} rows={1}>
      {() =>
        app && (
          <div className="flex items-center gap-3">
            <span className="relative flex-none">
              <AppIcon name={app.name} icon={app.icon} className="size-9" />
              <StateDot state={app.state} />
            </span>
            <div className="min-w-0 text-xs">
              <p
                className={cx("font-medium first-letter:uppercase", app.state === "problem" && "text-danger")}
              >
                {stateText(app)}
              </p>
              {app.state === "problem" && app.detail ? (
                <p dir="auto" className="line-clamp-2 break-words text-muted">
                  {app.detail}
                </p>
              ) : (
                <p className="break-words text-muted">
                  {app.update
                    ? t("panels.widget.update", { version: app.update })
                    : t("panels.widget.version", { version: app.version })}
                </p>
              )}
            </div>
          </div>
        )
      }
    </Frame>
  );
}

interface FrameProps<T> {
  kind: WidgetKind;
  title: string;
  query: UseQueryResult<T>;
  onOpen: () => void;
  /** How many lines it will have, so that nothing moves when they arrive. */
  rows: number;
  children: (data: T) => ReactNode;
}

function Frame<T>({ kind, title, query, onOpen, rows, children }: FrameProps<T>) {
  const id = useId();
  const settings = useSettings();
  return (
    <section
      aria-labelledby={id}
      data-widget={kind}
      className="widget"
      onContextMenu={(event) =>
        openMenu(menuPoint(event), title, [
          { label: t("panels.widget.remove"), onSelect: () => toggleWidget(settings, kind, false) },
        ])
      }
    >
      <div className="flex min-h-6 items-center justify-between gap-2">
        <button
          type="button"
          id={id}
          onClick={onOpen}
          className="-ms-1.5 min-h-6 touch:min-h-11 rounded-control px-1.5 text-sm font-semibold underline-offset-4 hover:underline"
        >
          {title}
        </button>
        <StaleNote at={query.dataUpdatedAt} />
      </div>
      <div className="flex flex-col gap-2.5 pt-1.5">
        {query.data !== undefined ? (
          children(query.data)
        ) : query.isError ? (
          <div role="alert" className="flex items-center justify-between gap-2 text-xs text-muted">
            {t("panels.widget.failed")}
            <Button size="sm" onClick={() => void query.refetch()}>
              {t("shell.action.tryAgain")}
            </Button>
          </div>
        ) : (
          <Loading onRetry={() => void query.refetch()}>
            {Array.from({ length: rows }, (_, row) => (
              <div key={row} className="flex flex-col gap-1.5 py-0.5">
                <Skeleton className="h-3 w-3/5" />
                <Skeleton className="h-1 w-full" />
              </div>
            ))}
          </Loading>
        )}
      </div>
    </section>
  );
}

interface MeterProps {
  label: string;
  text: string;
  /** From 0 to 1; more is shown as 1. */
  part: number;
  /** From where on it is too much. */
  full?: number;
}

function Meter({ label, text, part, full = Number.POSITIVE_INFINITY }: MeterProps) {
  const shown = Number.isFinite(part) ? Math.min(1, Math.max(0, part)) : 0;
  return (
    <div>
      <div className="flex flex-wrap items-baseline justify-between gap-x-3 text-xs">
        <span className="min-w-0 break-words text-muted">{label}</span>
        <span className="tabular-nums">{text}</span>
      </div>
      {/* biome-ignore lint/a11y/useSemanticElements: each browser draws its own <meter>, and not in our colours. */}
      <div
        role="meter"
        aria-label={label}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(shown * 100)}
        aria-valuetext={text}
        className="progress mt-1.5 h-1 overflow-hidden rounded-full bg-fg/12"
      >
        <div
          className={cx(
            "h-full origin-left rounded-full rtl:origin-right",
            shown >= full ? "bg-danger" : "bg-accent",
          )}
          style={{ transform: `scaleX(${shown})` }}
        />
      </div>
    </div>
  );
}
