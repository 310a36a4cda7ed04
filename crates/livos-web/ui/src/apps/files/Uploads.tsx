import { ChevronDown, ChevronUp, CircleAlert, CircleCheck, Pause, Play, RotateCw, X } from "lucide-react";
import { useId, useRef, useState } from "react";
import { bytesOf, duration, perSecond } from "@/lib/format";
import { t } from "@/lib/i18n";
import { useStore } from "@/lib/store";
import {
  type Batch,
  batchState,
  cancelUploads,
  chooseAgain,
  discardResumable,
  dismissUploads,
  pauseUploads,
  resumable,
  resumeUploads,
  retryUploads,
  totals,
  type UploadItem,
  uploads,
} from "@/lib/uploads";
import { Button, IconButton, Progress } from "@/ui";
import { displayName } from "./core/paths";

/** One row for each batch, opening to its files; and what an earlier visit left unfinished. */
export function Uploads() {
  const batches = useStore(uploads);
  const unfinished = useStore(resumable);
  if (batches.length === 0 && unfinished.length === 0) return null;
  return (
    <div className="flex max-h-64 shrink-0 flex-col gap-px overflow-y-auto border-t border-line bg-sunken">
      {unfinished.length > 0 && <Unfinished count={unfinished.length} />}
      {batches.length > 0 && (
        <ul aria-label={t("files.upload.queue")} className="flex flex-col gap-px">
          {batches.map((batch) => (
            <BatchRow key={batch.id} batch={batch} />
          ))}
        </ul>
      )}
    </div>
  );
}

function headline(batch: Batch): string {
  const sum = totals(batch);
  const name = displayName(batch.items[0]?.name ?? "");
  const state = batchState(batch);
  if (state === "failed") return t("files.upload.failedBatch", { count: sum.failed, total: sum.count });
  const key = { uploading: "batch", paused: "pausedBatch", done: "doneBatch" }[state] as "batch";
  return t(`files.upload.${key}`, { count: sum.count, name });
}

function BatchRow({ batch }: { batch: Batch }) {
  const [open, setOpen] = useState(false);
  const id = useId();
  const sum = totals(batch);
  const state = batchState(batch);
  const left = batch.rate > 0 ? (sum.size - sum.sent) / batch.rate : 0;
  const text = headline(batch);
  return (
    <li className="bg-surface px-4 py-2">
      <div className="flex items-center gap-2">
        {state === "done" && <CircleCheck size={16} aria-hidden className="shrink-0 text-ok" />}
        {state === "failed" && <CircleAlert size={16} aria-hidden className="shrink-0 text-danger" />}
        <div className="min-w-0 flex-1">
          <p className="truncate text-sm font-medium">{text}</p>
          <p className="truncate text-xs text-muted tabular-nums">
            {bytesOf(sum.sent, sum.size)}
            {state === "uploading" && batch.rate > 0 && (
              <>
                {" · "}
                {perSecond(batch.rate)}
                {" · "}
                {t("files.upload.left", { time: duration(left) })}
              </>
            )}
          </p>
        </div>
        {state === "uploading" && (
          <IconButton
            size="sm"
            icon={Pause}
            label={t("files.upload.pause")}
            onClick={() => pauseUploads(batch.id)}
          />
        )}
        {sum.paused > 0 && (
          <IconButton
            size="sm"
            icon={Play}
            label={t("files.upload.resume")}
            onClick={() => resumeUploads(batch.id)}
          />
        )}
        {sum.failed > 0 && (
          <IconButton
            size="sm"
            icon={RotateCw}
            label={t("files.upload.retry")}
            onClick={() => retryUploads(batch.id)}
          />
        )}
        <IconButton
          size="sm"
          icon={open ? ChevronUp : ChevronDown}
          label={t(open ? "files.upload.hide" : "files.upload.show")}
          aria-expanded={open}
          aria-controls={id}
          onClick={() => setOpen(!open)}
        />
        <IconButton
          size="sm"
          icon={X}
          label={t(state === "done" || state === "failed" ? "files.upload.dismiss" : "files.upload.cancel")}
          onClick={() =>
            state === "done" || state === "failed" ? dismissUploads(batch.id) : cancelUploads(batch.id)
          }
        />
      </div>
      {state !== "done" && (
        <Progress className="mt-2" label={text} value={sum.size > 0 ? sum.sent / sum.size : undefined} />
      )}
      <ul id={id} hidden={!open} className="mt-2 flex flex-col">
        {open && batch.items.map((item) => <ItemRow key={item.id} item={item} />)}
      </ul>
    </li>
  );
}

function ItemRow({ item }: { item: UploadItem }) {
  const name = displayName(item.relativePath ? `${item.relativePath}/${item.name}` : item.name);
  const words = {
    waiting: t("files.upload.waiting"),
    uploading: item.size > 0 ? bytesOf(item.sent, item.size) : "",
    paused: t("files.upload.paused"),
    done: t("files.upload.done"),
    failed: item.error || t("files.upload.failed"),
    skipped: t("files.upload.skipped"),
  }[item.state];
  return (
    <li className="flex min-h-8 touch:min-h-11 items-center gap-2 text-sm [contain-intrinsic-size:auto_2rem] [content-visibility:auto]">
      <span className="min-w-0 flex-1 truncate">{name}</span>
      <span
        className={
          item.state === "failed" ? "max-w-1/2 text-xs text-danger" : "text-xs text-muted tabular-nums"
        }
      >
        {words}
      </span>
      {item.state === "failed" && !item.final && (
        <IconButton
          size="sm"
          icon={RotateCw}
          label={t("files.action.tryAgain")}
          onClick={() => retryUploads(item.id)}
        />
      )}
      {(item.state === "waiting" || item.state === "uploading" || item.state === "paused") && (
        <IconButton
          size="sm"
          icon={X}
          label={t("files.upload.cancel")}
          onClick={() => cancelUploads(item.id)}
        />
      )}
    </li>
  );
}

/** Browsers cannot keep a file over a reload, so the person has to choose it once more. */
function Unfinished({ count }: { count: number }) {
  const input = useRef<HTMLInputElement>(null);
  const [none, setNone] = useState(false);
  return (
    <div className="flex flex-wrap items-center gap-x-3 gap-y-2 bg-accent-soft px-4 py-2 text-sm">
      <p className="min-w-40 flex-1">
        <span className="font-medium">{t("files.upload.continueTitle", { count })}</span>{" "}
        {t("files.upload.continueHint")}
        {none && (
          <span role="alert" className="block text-danger">
            {t("files.upload.noMatch")}
          </span>
        )}
      </p>
      <input
        ref={input}
        type="file"
        multiple
        hidden
        onChange={(event) => {
          const files = [...(event.target.files ?? [])];
          event.target.value = "";
          setNone(files.length > 0 && chooseAgain(files).length === files.length);
        }}
      />
      <Button size="sm" write onClick={() => input.current?.click()}>
        {t("files.upload.choose")}
      </Button>
      <Button
        size="sm"
        variant="quiet"
        write
        onClick={() => void discardResumable(resumable.get().map((upload) => upload.id))}
      >
        {t("files.upload.discard")}
      </Button>
    </div>
  );
}
