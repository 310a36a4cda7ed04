import { memo } from "react";
import type { JobInfo } from "@/lib/api";
import { t, tx } from "@/lib/i18n";
import { Button } from "@/ui";
import { AppIcon } from "@/ui/AppIcon";
import { cx } from "@/ui/cx";
import type { CatalogEntry } from "./core/catalog";
import { start } from "./data";
import { Failure, ProgressLine } from "./Progress";
import { type AppStatus, useStoreState } from "./useStore";

export function openInstalled(id: string): void {
  window.open(`/open/${encodeURIComponent(id)}`, "_blank", "noopener");
}

/** The one button that fits the app's state. Its words are in its name, followed by the app's. */
export function StateButton({
  entry,
  status,
  primary,
}: {
  entry: CatalogEntry;
  status: AppStatus;
  primary?: boolean;
}) {
  const { blocked, admin, install, run, go } = useStoreState();
  const { action, app } = status;
  const { name } = entry;
  const label = (text: string) => t("store.action.actOn", { action: text, app: name });
  const variant = primary ? "primary" : "soft";
  const round = cx("relative z-1 shrink-0", !primary && "rounded-full px-4");
  if (action === "install" || action === "retry") {
    const text = t("store.action.install");
    return (
      <Button
        size={primary ? "md" : "sm"}
        variant={variant}
        className={round}
        write
        disabled={blocked !== undefined}
        reason={blocked}
        aria-label={label(text)}
        onClick={() => install(entry)}
      >
        {text}
      </Button>
    );
  }
  if (action === "open" && app) {
    const text = t("store.action.open");
    return (
      <Button
        size={primary ? "md" : "sm"}
        variant={variant}
        className={round}
        aria-label={label(text)}
        onClick={() => openInstalled(app.id)}
      >
        {text}
      </Button>
    );
  }
  if (action === "start" && app) {
    const text = t("store.action.start");
    return (
      <Button
        size={primary ? "md" : "sm"}
        variant={variant}
        className={round}
        write
        disabled={!admin}
        reason={t("store.member.note")}
        aria-label={label(text)}
        onClick={() => run(() => start(app.id))}
      >
        {text}
      </Button>
    );
  }
  if (primary || action === "progress") return null;
  const text = t("store.action.view");
  return (
    <Button
      size="sm"
      variant="quiet"
      className={round}
      aria-label={label(text)}
      onClick={() => go({ page: "app", store: entry.store, id: entry.id })}
    >
      {text}
    </Button>
  );
}

export const Card = memo(function Card({
  entry,
  status,
  official,
}: {
  entry: CatalogEntry;
  status: AppStatus;
  /** Only one source: its label says nothing. */
  official: boolean;
}) {
  const { go } = useStoreState();
  const { action, app, job } = status;
  const working: JobInfo | undefined = action === "progress" ? job : undefined;
  const failed = job?.state === "failed" ? job : undefined;
  const state = app && app.state !== "running" && !working ? app : undefined;
  return (
    <article className="card relative flex flex-col justify-center gap-2 rounded-card border border-line bg-surface p-3 hover:bg-sunken [contain-intrinsic-size:auto_4.5rem] [content-visibility:auto]">
      <div className="flex min-h-11 items-center gap-3">
        <AppIcon name={entry.name} icon={entry.icon} className="size-11 shrink-0" />
        <div className="min-w-0 flex-1">
          <h4 className="truncate text-sm font-semibold">
            <button
              type="button"
              className="max-w-full truncate text-start after:absolute after:inset-0 after:rounded-card focus-visible:outline-none focus-visible:after:outline-2 focus-visible:after:outline-accent"
              onClick={() => go({ page: "app", store: entry.store, id: entry.id })}
            >
              {entry.name}
            </button>
          </h4>
          {working ? (
            <ProgressLine job={working} name={entry.name} />
          ) : (
            <p className={cx("truncate text-sm", state?.state === "problem" ? "text-danger" : "text-muted")}>
              {state
                ? [tx(`store.state.${state.state}`, state.state), state.detail].filter(Boolean).join(": ")
                : entry.tagline}
            </p>
          )}
          {(app?.pinned || !official) && !working && (
            <p className="truncate text-xs text-subtle">
              {[app?.pinned && t("store.pinned"), !official && entry.source_label]
                .filter(Boolean)
                .join(" · ")}
            </p>
          )}
        </div>
        {!working && <StateButton entry={entry} status={status} />}
      </div>
      {failed && <Failure compact job={failed} name={entry.name} />}
    </article>
  );
});
