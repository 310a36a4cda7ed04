import { useJobs } from "@/lib/api";
import { t } from "@/lib/i18n";
import { useStore } from "@/lib/store";
import { batchState, uploads } from "@/lib/uploads";
import { isRunning } from "./activity/describe";
import { JobRow } from "./activity/JobRow";
import { UploadRow } from "./activity/UploadRow";

/** What runs now, on the phone's home screen. */
export default function Running() {
  const { data: jobs } = useJobs();
  const batches = useStore(uploads);
  const running = (jobs ?? []).filter(isRunning).slice(0, 3);
  const uploading = batches.filter((batch) => batchState(batch) === "uploading").slice(0, 2);
  if (running.length + uploading.length === 0) return null;
  return (
    <ul
      aria-label={t("shell.activity.label")}
      className="card mt-2 overflow-hidden rounded-card border border-line bg-surface"
    >
      {uploading.map((batch) => (
        <UploadRow key={batch.id} batch={batch} />
      ))}
      {running.map((job) => (
        <JobRow key={job.id} job={job} />
      ))}
    </ul>
  );
}
