import { Ban, Check, CircleAlert, Clock, LoaderCircle, RotateCw, ScrollText, X } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { api, errorText, type JobInfo, keys, ok, queries } from "@/lib/api";
import { ago, exact } from "@/lib/format";
import { t } from "@/lib/i18n";
import { showsJob } from "@/lib/notify";
import { Button, IconButton } from "@/ui/Button";
import { Progress } from "@/ui/bits";
import { cx } from "@/ui/cx";
import { isRunning, partOf, progressText, stepText } from "./describe";

const ICONS = { queued: Clock, running: LoaderCircle, succeeded: Check, failed: CircleAlert, cancelled: Ban };
const TONES = {
  queued: "text-muted",
  running: "text-accent-text",
  succeeded: "text-ok",
  failed: "text-danger",
  cancelled: "text-muted",
};

interface Props {
  job: JobInfo;
  /** Who began it, where that is not plain. */
  by?: string | undefined;
  onLog?: ((job: JobInfo) => void) | undefined;
}

/** One job: what, how far, and what can be done about it. */
export function JobRow({ job, by, onLog }: Props) {
  const [busy, setBusy] = useState("");
  const [problem, setProblem] = useState("");
  const running = isRunning(job);
  const row = useRef<HTMLLIElement>(null);
  useEffect(() => showsJob(job.id, row.current), [job.id]);

  const act = async (name: string, call: () => Promise<unknown>) => {
    setBusy(name);
    setProblem("");
    try {
      await call();
    } catch (error) {
      setProblem(errorText(error));
    } finally {
      setBusy("");
    }
  };
  const params = { path: { id: job.id } };
  const cancel = () => act("cancel", () => ok(api.POST("/api/v1/jobs/{id}/cancel", { params })));
  const retry = () => act("retry", () => ok(api.POST("/api/v1/jobs/{id}/retry", { params })));
  const dismiss = () =>
    act("dismiss", async () => {
      await ok(api.DELETE("/api/v1/jobs/{id}", { params }));
      queries.setQueryData<JobInfo[]>(keys.jobs, (jobs) => jobs?.filter((other) => other.id !== job.id));
    });

  const Icon = ICONS[job.state];
  const progress = running ? progressText(job) : "";
  return (
    <li
      ref={row}
      className="flex gap-3 border-b border-line px-4 py-3 last:border-0"
      data-job={job.id}
      data-state={job.state}
    >
      <Icon size={18} aria-hidden className={cx("mt-px", TONES[job.state])} />
      <div className="min-w-0 flex-1">
        <div className="flex items-start justify-between gap-2">
          <div className="min-w-0">
            <p className="text-sm font-medium break-words">{job.title}</p>
            {by && <p className="text-xs text-muted">{t("shell.activity.by", { name: by })}</p>}
          </div>
          {!running && (
            <IconButton
              size="sm"
              label={t("shell.action.dismiss")}
              icon={X}
              write
              busy={busy === "dismiss"}
              onClick={dismiss}
              className="-my-1"
            />
          )}
        </div>
        {running ? (
          <>
            <p className="text-xs text-muted">{stepText(job)}</p>
            <Progress
              value={partOf(job)}
              label={t("shell.progress.label", { title: job.title })}
              className="my-2"
            />
            {progress && <p className="text-xs text-muted tabular-nums">{progress}</p>}
          </>
        ) : (
          <p className="text-xs text-muted">
            <span className={cx("font-medium", job.state === "failed" && "text-danger")}>
              {t(`shell.activity.${job.state}`)}
            </span>
            {" · "}
            <time data-tip={exact(job.finished_at)}>{ago(job.finished_at || job.created_at)}</time>
          </p>
        )}
        {job.state === "failed" && job.error_message && (
          <p className="pt-1 text-sm break-words">{job.error_message}</p>
        )}
        {problem && (
          <p role="alert" className="pt-1 text-xs text-danger">
            {problem}
          </p>
        )}
        <div className="flex flex-wrap gap-2 pt-2 empty:hidden">
          {running && job.cancellable && (
            <Button size="sm" write busy={busy === "cancel"} onClick={cancel}>
              {t("shell.action.cancel")}
            </Button>
          )}
          {!running && job.retryable && job.state !== "succeeded" && (
            <Button size="sm" icon={RotateCw} write busy={busy === "retry"} onClick={retry}>
              {t("shell.action.tryAgain")}
            </Button>
          )}
          {onLog && job.state === "failed" && (
            <Button size="sm" variant="quiet" icon={ScrollText} onClick={() => onLog(job)}>
              {t("shell.action.showLog")}
            </Button>
          )}
        </div>
      </div>
    </li>
  );
}
