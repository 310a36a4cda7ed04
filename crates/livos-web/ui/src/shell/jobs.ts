import { currentUser, type JobInfo, keys, queries } from "@/lib/api";
import { onEvent } from "@/lib/events";
import { t } from "@/lib/i18n";
import { announce, isSeen, notify, toast } from "@/lib/notify";
import { openPanel, panels } from "./panels";

const seen = new Map<string, { state: JobInfo["state"]; half: boolean }>();

/** Where the result of a job can be looked at. */
export function placeOf(job: JobInfo): { app: string; path?: string } {
  if (job.kind.startsWith("app.") && job.kind !== "app.remove") {
    return { app: "store", path: `/installed/${job.subject}` };
  }
  if (job.kind.startsWith("files.")) return { app: "files" };
  return { app: "activity" };
}

/** Says what became of jobs this person started: start, half and end to screen readers, the end to all. */
export function followJobs(): void {
  const known = queries.getQueryData<JobInfo[]>(keys.jobs) ?? [];
  for (const job of known) seen.set(job.id, { state: job.state, half: true });
  onEvent("job", (job) => {
    const before = seen.get(job.id);
    const mine = job.started_by === currentUser()?.id;
    const half = job.total > 0 && job.done * 2 >= job.total;
    seen.set(job.id, { state: job.state, half: (before?.half ?? false) || half });
    const running = job.state === "running" || job.state === "queued";
    if (!mine) {
      // What the server or somebody else began, only those who run the server hear of, and only that it failed.
      if (job.state === "failed" && before && before.state !== "failed") {
        const text = t("shell.toast.failed", { title: job.title });
        notify({ text, tone: "problem", open: { app: "activity" } });
      }
      return;
    }
    if (running && !before) announce(t("shell.announce.jobStarted", { title: job.title }));
    else if (running && half && before && !before.half)
      announce(t("shell.announce.jobHalf", { title: job.title }));
    if (running || job.state === "cancelled" || before?.state === job.state) return;
    // A job that was already over when this page first heard of it is not news.
    if (!before && Date.now() / 1000 - job.finished_at > 30) return;
    ended(job);
  });
  onEvent("job_removed", ({ id }) => seen.delete(id));
}

function ended(job: JobInfo): void {
  const failed = job.state === "failed";
  const text = t(failed ? "shell.toast.failed" : "shell.toast.done", { title: job.title });
  announce(t(failed ? "shell.announce.jobFailed" : "shell.announce.jobDone", { title: job.title }));
  notify({ text, tone: failed ? "problem" : "ok", open: failed ? { app: "activity" } : placeOf(job) });
  if (isSeen(job.id) || panels.get() === "activity") return;
  toast(text, failed ? { label: t("shell.action.show"), run: () => openPanel("activity") } : undefined);
}
