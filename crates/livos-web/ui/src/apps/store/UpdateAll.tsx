import { CircleAlert, CircleArrowUp, CircleCheck, Clock, Pin } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { errorText, type InstalledApp, type JobInfo, useJobs } from "@/lib/api";
import { t } from "@/lib/i18n";
import { showsJob } from "@/lib/notify";
import { Button, Callout, Dialog } from "@/ui";
import { refreshStore, updateAll } from "./data";
import { failureWords, stepWords } from "./Progress";
import { useStoreState } from "./useStore";

type Reply = Awaited<ReturnType<typeof updateAll>>;

/** The strip above the apps, while there is something newer. */
export function Updates() {
  const { installed, admin } = useStoreState();
  const [open, setOpen] = useState(false);
  const newer = [...installed.values()].filter((app) => app.update);
  const waiting = newer.filter((app) => !app.pinned && !app.edited);
  if (!admin || (waiting.length === 0 && !open)) return null;
  return (
    <div className="mb-5">
      {waiting.length > 0 && (
        <Callout icon={CircleArrowUp}>
          <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2">
            <span>{t("store.updates.waiting", { count: waiting.length, app: waiting[0]?.name ?? "" })}</span>
            <Button size="sm" onClick={() => setOpen(true)}>
              {t("store.updates.all")}
            </Button>
          </div>
        </Callout>
      )}
      {open && <UpdateAll waiting={newer} onClose={() => setOpen(false)} />}
    </div>
  );
}

/** What would be updated; then what became of each. The dialog may be closed at any time: the server goes on. */
function UpdateAll({ waiting, onClose }: { waiting: InstalledApp[]; onClose(): void }) {
  // What was there when it was opened stays on the list while it is being worked on.
  const [apps] = useState(waiting);
  const [reply, setReply] = useState<Reply>();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const { data: jobs } = useJobs();

  const begin = async () => {
    if (busy) return;
    setBusy(true);
    setError(undefined);
    try {
      setReply(await updateAll());
      refreshStore();
    } catch (failure) {
      setError(failure);
    }
    setBusy(false);
  };

  return (
    <Dialog
      wide
      title={t("store.updates.title")}
      onClose={onClose}
      onSubmit={() => void (reply ? onClose() : begin())}
      actions={
        reply ? (
          <Button variant="primary" onClick={onClose}>
            {t("store.action.close")}
          </Button>
        ) : (
          <>
            <Button onClick={onClose}>{t("store.action.cancel")}</Button>
            <Button type="submit" variant="primary" write busy={busy}>
              {t("store.updates.all")}
            </Button>
          </>
        )
      }
    >
      <div className="flex flex-col gap-4">
        {error !== undefined && (
          <Callout tone="danger" role="alert">
            {errorText(error)}
          </Callout>
        )}
        <p className="text-muted">{t(reply ? "store.updates.goesOn" : "store.updates.text")}</p>
        <ul
          aria-label={t("store.updates.list")}
          className="flex flex-col divide-y divide-line rounded-card border border-line"
        >
          {apps.map((app) => (
            <Line key={app.id} app={app} reply={reply} jobs={jobs ?? []} onClose={onClose} />
          ))}
        </ul>
      </div>
    </Dialog>
  );
}

function Line({
  app,
  reply,
  jobs,
  onClose,
}: {
  app: InstalledApp;
  reply: Reply | undefined;
  jobs: JobInfo[];
  onClose(): void;
}) {
  const { go } = useStoreState();
  const started = reply?.started.find((one) => one.id === app.id);
  const skipped = reply?.skipped.find((one) => one.id === app.id);
  const job = jobs.find((one) => one.id === started?.job_id);
  const line = useRef<HTMLLIElement>(null);
  const id = job?.id;
  useEffect(() => (id ? showsJob(id, line.current) : undefined), [id]);
  const failed = job?.state === "failed" || job?.state === "cancelled";
  const done = started !== undefined && (job === undefined || job.state === "succeeded");
  const Icon = app.pinned
    ? Pin
    : failed || skipped
      ? CircleAlert
      : done
        ? CircleCheck
        : reply
          ? Clock
          : CircleArrowUp;
  return (
    <li ref={line} className="flex items-start gap-3 px-3 py-2 text-sm">
      <Icon
        size={16}
        aria-hidden
        className={
          failed
            ? "mt-0.5 text-danger"
            : skipped && !app.pinned
              ? "mt-0.5 text-warn"
              : done
                ? "mt-0.5 text-ok"
                : "mt-0.5"
        }
      />
      <div className="min-w-0 flex-1">
        <p className="font-medium break-words">{app.name}</p>
        <p className="break-words text-muted">
          {app.pinned
            ? t("store.updates.pinned", { version: app.version || "–" })
            : skipped
              ? t("store.updates.skipped", { reason: skipped.reason })
              : failed && job
                ? job.state === "cancelled"
                  ? t("store.progress.cancelled")
                  : failureWords(job)
                : done
                  ? t("store.updates.done")
                  : job
                    ? stepWords(job)
                    : t("store.update.versions", { from: app.version || "–", to: app.update || "–" })}
        </p>
      </div>
      {((skipped && !app.pinned) || failed) && (
        <Button
          size="sm"
          variant="quiet"
          onClick={() => {
            onClose();
            go({ page: "app", store: app.store, id: app.id });
          }}
        >
          {t("store.updates.look")}
          <span className="sr-only"> {app.name}</span>
        </Button>
      )}
    </li>
  );
}
