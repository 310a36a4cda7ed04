import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { useJobs } from "@/lib/api";
import { t } from "@/lib/i18n";
import { showsJob } from "@/lib/notify";
import { Button, Callout, Dialog, Progress, QueryView } from "@/ui";
import { jobLogQuery } from "./data";

/** The work may be left alone; whoever stays sees what became of each thing. */
export function Outcome({
  id,
  running,
  done,
  failed = done,
  onClose,
}: {
  id: string;
  running: string;
  done: string;
  failed?: string;
  onClose(): void;
}) {
  const { data: jobs } = useJobs();
  const job = jobs?.find((one) => one.id === id);
  const over = job !== undefined && job.finished_at > 0;
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => showsJob(id, box.current), [id]);
  return (
    <Dialog
      wide
      title={over ? (job.state === "succeeded" ? done : failed) : running}
      onClose={onClose}
      actions={
        <Button variant="primary" onClick={onClose}>
          {t("containers.clean.close")}
        </Button>
      }
    >
      <div ref={box} className="flex flex-col gap-3">
        {!over && (
          <Progress label={running} value={job && job.total > 0 ? job.done / job.total : undefined} />
        )}
        {job?.state === "failed" && (
          <Callout tone="danger" role="alert">
            {job.error_message}
          </Callout>
        )}
        {over && <Log id={id} />}
      </div>
    </Dialog>
  );
}

function Log({ id }: { id: string }) {
  const query = useQuery(jobLogQuery(id));
  return (
    <QueryView query={query} failed={t("log.failed")}>
      {(text) => (
        <pre
          // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls has to be reachable by keyboard
          tabIndex={0}
          className="max-h-80 overflow-auto rounded-card bg-sunken p-3 text-sm break-words whitespace-pre-wrap"
        >
          {text || t("log.empty")}
        </pre>
      )}
    </QueryView>
  );
}
