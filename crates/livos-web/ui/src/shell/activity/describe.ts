import type { JobInfo } from "@/lib/api";
import { bytesOf, duration, number, perSecond } from "@/lib/format";
import { t, tx } from "@/lib/i18n";

/** From 0 to 1, or undefined while the end is not known. */
export function partOf(job: JobInfo): number | undefined {
  return job.total > 0 ? Math.min(1, job.done / job.total) : undefined;
}

/** "Downloading · layer 3 of 7" */
export function stepText(job: JobInfo): string {
  if (job.state === "queued") return t("shell.activity.queued");
  const step = job.step ? tx(`shell.step.${job.step}`, capital(job.step)) : "";
  return [step, job.detail].filter(Boolean).join(" · ");
}

/** "312 of 740 MB · 11 MB/s · about 40 s left" */
export function progressText(job: Pick<JobInfo, "done" | "total" | "unit" | "rate">): string {
  if (job.total <= 0) return "";
  const parts: string[] = [];
  if (job.unit === "bytes") {
    parts.push(bytesOf(job.done, job.total));
    if (job.rate > 0) parts.push(perSecond(job.rate));
  } else parts.push(t("shell.progress.items", { done: number(job.done), count: job.total }));
  const left = job.rate > 0 ? (job.total - job.done) / job.rate : 0;
  if (left > 1 && left < 7 * 86_400) parts.push(t("shell.activity.left", { time: duration(left) }));
  return parts.join(" · ");
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1).replaceAll("_", " ");
}

export function isRunning(job: JobInfo): boolean {
  return job.state === "running" || job.state === "queued";
}
