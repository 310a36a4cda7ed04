import { useQuery } from "@tanstack/react-query";
import { CircleCheck } from "lucide-react";
import { type ChangeEvent, useRef, useState } from "react";
import { api, currentUser, errorText, isAdmin, type JobInfo, keys, ok, text, useJobs } from "@/lib/api";
import { t } from "@/lib/i18n";
import { reportProblem, toast } from "@/lib/notify";
import { useStore } from "@/lib/store";
import { batchState, chooseAgain, discardResumable, dismissUploads, resumable, uploads } from "@/lib/uploads";
import { isRunning } from "@/shell/activity/describe";
import { JobRow } from "@/shell/activity/JobRow";
import { UploadRow } from "@/shell/activity/UploadRow";
import {
  Button,
  Callout,
  CopyButton,
  Dialog,
  EmptyState,
  QueryView,
  Scroll,
  Skeleton,
  StaleNote,
} from "@/ui";

/** Everything that takes time: jobs of the server, and this browser's uploads. Newest first. */
export default function ActivityApp() {
  const jobs = useJobs();
  const batches = useStore(uploads);
  const left = useStore(resumable);
  const [log, setLog] = useState<JobInfo | null>(null);
  const nameOf = useNames(jobs.data);

  return (
    <Scroll label={t("shell.activity.list")} className="h-full">
      <div className="px-4 pt-3 empty:hidden">
        <StaleNote at={jobs.dataUpdatedAt} />
      </div>
      {left.length > 0 && <Resume />}
      <QueryView query={jobs} failed={t("shell.activity.loadFailed")} skeleton={<Rows />}>
        {(list) => {
          const now = list.filter(isRunning);
          const over = list.filter((job) => !isRunning(job));
          const uploading = batches.filter((batch) => batchState(batch) !== "done");
          const uploaded = batches.filter((batch) => batchState(batch) === "done");
          if (list.length + batches.length + left.length === 0) {
            return (
              <EmptyState
                icon={CircleCheck}
                title={t("shell.activity.empty.title")}
                text={t("shell.activity.empty.text")}
              />
            );
          }
          return (
            <>
              {now.length + uploading.length > 0 && (
                <section>
                  <h3 className="px-4 pt-4 text-xs font-semibold text-muted">
                    {t("shell.activity.section.now")}
                  </h3>
                  <ul>
                    {uploading.map((batch) => (
                      <UploadRow key={batch.id} batch={batch} />
                    ))}
                    {now.map((job) => (
                      <JobRow key={job.id} job={job} by={nameOf(job)} onLog={setLog} />
                    ))}
                  </ul>
                </section>
              )}
              {over.length + uploaded.length > 0 && (
                <section>
                  <div className="flex items-center justify-between gap-2 ps-4 pe-2 pt-3">
                    <h3 className="text-xs font-semibold text-muted">
                      {t("shell.activity.section.finished")}
                    </h3>
                    <Clear jobs={over} uploaded={uploaded.map((batch) => batch.id)} />
                  </div>
                  <ul>
                    {uploaded.map((batch) => (
                      <UploadRow key={batch.id} batch={batch} />
                    ))}
                    {over.map((job) => (
                      <JobRow key={job.id} job={job} by={nameOf(job)} onLog={setLog} />
                    ))}
                  </ul>
                </section>
              )}
            </>
          );
        }}
      </QueryView>
      {log && <LogDialog job={log} onClose={() => setLog(null)} />}
    </Scroll>
  );
}

/** The names of others whose jobs are here; only those who run the server see any. */
function useNames(jobs: JobInfo[] = []): (job: JobInfo) => string | undefined {
  const me = currentUser()?.id;
  const others = jobs.some((job) => job.started_by !== "" && job.started_by !== me);
  const { data: users } = useQuery({
    queryKey: keys.users,
    queryFn: ({ signal }) => ok(api.GET("/api/v1/users", { signal })),
    enabled: others && isAdmin(),
  });
  return ({ started_by }) =>
    started_by === me ? undefined : users?.find((user) => user.id === started_by)?.name;
}

/** Failed jobs stay until each is dismissed, because each may need something done about it. */
function Clear({ jobs, uploaded }: { jobs: JobInfo[]; uploaded: string[] }) {
  const [busy, setBusy] = useState(false);
  const done = jobs.filter((job) => job.state !== "failed");
  if (done.length + uploaded.length === 0) return null;
  const clear = async () => {
    setBusy(true);
    for (const id of uploaded) dismissUploads(id);
    try {
      await Promise.all(
        done.map((job) => ok(api.DELETE("/api/v1/jobs/{id}", { params: { path: { id: job.id } } }))),
      );
    } catch (error) {
      reportProblem(errorText(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Button size="sm" variant="quiet" write busy={busy} onClick={clear}>
      {t("shell.activity.clear")}
    </Button>
  );
}

/** A browser cannot keep files over a reload, so the same ones are asked for again. */
function Resume() {
  const left = useStore(resumable);
  const input = useRef<HTMLInputElement>(null);
  const choose = (event: ChangeEvent<HTMLInputElement>) => {
    const others = chooseAgain([...(event.target.files ?? [])]);
    event.target.value = "";
    if (others.length > 0) toast(t("shell.activity.unmatched", { count: others.length }));
  };
  return (
    <div className="p-3">
      <Callout tone="accent">
        <p className="font-medium">{t("shell.activity.resumable", { count: left.length })}</p>
        <p className="text-muted">{t("shell.activity.resumableText")}</p>
        <ul className="py-1 text-xs">
          {left.slice(0, 5).map((upload) => (
            <li key={upload.id} className="truncate">
              {upload.name}
            </li>
          ))}
        </ul>
        <input ref={input} type="file" multiple hidden onChange={choose} />
        <div className="flex flex-wrap gap-2 pt-1">
          <Button size="sm" write onClick={() => input.current?.click()}>
            {t("shell.activity.chooseAgain")}
          </Button>
          <Button
            size="sm"
            variant="quiet"
            write
            onClick={() => void discardResumable(left.map((upload) => upload.id))}
          >
            {t("shell.activity.forget")}
          </Button>
        </div>
      </Callout>
    </div>
  );
}

function LogDialog({ job, onClose }: { job: JobInfo; onClose: () => void }) {
  const log = useQuery({
    queryKey: ["jobs", job.id, "log"],
    queryFn: ({ signal }) => text(`/api/v1/jobs/${encodeURIComponent(job.id)}/log`, signal),
    gcTime: 0,
  });
  return (
    <Dialog
      wide
      title={t("shell.activity.log", { title: job.title })}
      onClose={onClose}
      actions={log.data ? <CopyButton text={log.data} label={t("shell.activity.copyLog")} /> : undefined}
    >
      <QueryView query={log} failed={t("shell.activity.logFailed")}>
        {(lines) =>
          lines.trim() ? (
            <Scroll
              label={t("shell.activity.log", { title: job.title })}
              className="max-h-80 rounded-control bg-sunken p-3"
            >
              <pre className="text-xs whitespace-pre-wrap select-text">{lines}</pre>
            </Scroll>
          ) : (
            <p className="text-muted">{t("shell.activity.logEmpty")}</p>
          )
        }
      </QueryView>
    </Dialog>
  );
}

function Rows() {
  return (
    <div className="flex flex-col gap-4 p-4">
      {[0, 1, 2].map((row) => (
        <div key={row} className="flex gap-3">
          <Skeleton className="size-5" />
          <div className="flex flex-1 flex-col gap-2">
            <Skeleton className="h-4 w-1/2" />
            <Skeleton className="h-2 w-full" />
          </div>
        </div>
      ))}
    </div>
  );
}
