import { CircleAlert } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import type { JobInfo } from "@/lib/api";
import { bytesOf, duration, percent, perSecond } from "@/lib/format";
import { t, tx } from "@/lib/i18n";
import { showsJob } from "@/lib/notify";
import { Button, Progress } from "@/ui";
import { cx } from "@/ui/cx";
import { type Step, shareOf, stepOf, steps } from "./core/install";
import { cancelJob, dismissJob, retryJob } from "./data";
import { useStoreState } from "./useStore";

export const isInstall = (job: JobInfo): boolean => job.kind === "app.install";

/** "Downloading 42%": the step's own word, or what else is being done. */
export function stepWords(job: JobInfo): string {
  if (isInstall(job)) {
    const share = job.unit === "bytes" && stepOf(job) === "downloading" ? shareOf(job) : undefined;
    const word = t(`store.step.${stepOf(job)}`);
    return share === undefined ? word : `${word} ${percent(share)}`;
  }
  if (job.state === "queued") return t("store.step.queued");
  if (job.kind === "app.remove") return t("store.progress.removing");
  if (job.kind === "app.stop") return t("store.progress.stopping");
  return t("store.step.starting");
}

export function detailWords(job: JobInfo): string {
  const parts: string[] = [];
  if (job.unit === "bytes" && job.total > 0) parts.push(bytesOf(job.done, job.total));
  if (job.detail) parts.push(job.detail);
  if (job.unit === "bytes" && job.rate > 0) {
    parts.push(perSecond(job.rate));
    if (job.total > job.done) {
      parts.push(t("store.progress.left", { time: duration((job.total - job.done) / job.rate) }));
    }
  }
  return parts.join(" · ");
}

export function failureWords(job: JobInfo): string {
  if (job.error_message) return job.error_message.charAt(0).toUpperCase() + job.error_message.slice(1);
  return tx(`store.reason.${job.error_code}`, t("store.failed.unknown"));
}

/** On a card: one line and a bar. */
export function ProgressLine({ job, name }: { job: JobInfo; name: string }) {
  const detail = detailWords(job);
  const line = useRef<HTMLSpanElement>(null);
  useEffect(() => showsJob(job.id, line.current), [job.id]);
  return (
    <span ref={line} className="block min-w-0">
      <span className="block truncate text-sm text-muted tabular-nums">
        {stepWords(job)}
        {detail && ` · ${detail}`}
      </span>
      <Progress
        className="mt-1.5"
        label={t(isInstall(job) ? "store.progress.label" : "store.progress.working", { app: name })}
        value={stepOf(job) === "downloading" ? shareOf(job) : undefined}
      />
    </span>
  );
}

/** On the app's page: every step, the one that is under way, and Cancel while the server can. */
export function InstallProgress({ job, name }: { job: JobInfo; name: string }) {
  const { run } = useStoreState();
  const now = stepOf(job);
  const at = steps.indexOf(now);
  return (
    <section className="card flex flex-col gap-3 rounded-card border border-line bg-sunken p-4">
      {isInstall(job) && (
        <ol
          aria-label={t("store.progress.steps")}
          className="flex flex-wrap items-center gap-x-4 gap-y-1 text-sm"
        >
          {steps.map((step: Step, index) => (
            <li
              key={step}
              aria-current={index === at ? "step" : undefined}
              className={cx(
                "flex items-center gap-1.5",
                index === at ? "font-semibold text-fg" : "text-muted",
              )}
            >
              <span
                aria-hidden
                className={cx(
                  "size-2 rounded-full",
                  index < at
                    ? "bg-accent"
                    : index === at
                      ? "bg-accent ring-2 ring-accent/30"
                      : "border border-line-strong",
                )}
              />
              {t(`store.step.${step}`)}
            </li>
          ))}
        </ol>
      )}
      <div className="flex items-center gap-3">
        <div className="min-w-0 flex-1">
          <ProgressLine job={job} name={name} />
        </div>
        <Button
          size="sm"
          write
          disabled={!job.cancellable}
          reason={t("store.progress.noCancel")}
          onClick={() => run(() => cancelJob(job.id))}
        >
          {t("store.action.cancel")}
        </Button>
      </div>
    </section>
  );
}

/** Stays until someone tries again or dismisses it. */
export function Failure({ job, name, compact }: { job: JobInfo; name: string; compact?: boolean }) {
  const { run, showLog, admin, installed, remove } = useStoreState();
  const left = isInstall(job) ? installed.get(job.subject) : undefined;
  const [busy, setBusy] = useState(false);
  return (
    <div role="alert" className="flex flex-col gap-2 rounded-card bg-danger-soft p-3 text-sm">
      <div className="flex items-start gap-2">
        <CircleAlert size={16} aria-hidden className="mt-px text-danger" />
        <p className="min-w-0 break-words">
          <span className="font-semibold">
            {t(isInstall(job) ? "store.failed.install" : "store.failed.other", { app: name })}.
          </span>{" "}
          <span className={compact ? "line-clamp-2" : ""}>{failureWords(job)}</span>
        </p>
      </div>
      <div className="relative z-1 flex flex-wrap gap-2">
        {admin && job.retryable && (
          <Button
            size="sm"
            write
            busy={busy}
            onClick={async () => {
              setBusy(true);
              await run(() => retryJob(job.id));
              setBusy(false);
            }}
          >
            {t("store.action.tryAgain")}
          </Button>
        )}
        <Button size="sm" variant="quiet" onClick={() => showLog(job)}>
          {t("store.action.showLog")}
        </Button>
        {admin && left && (
          <Button size="sm" variant="quiet" write onClick={() => remove(left)}>
            {t("store.action.cleanUp")}
          </Button>
        )}
        {admin && (
          <Button size="sm" variant="quiet" write onClick={() => run(() => dismissJob(job.id))}>
            {t("store.action.dismiss")}
          </Button>
        )}
      </div>
    </div>
  );
}
