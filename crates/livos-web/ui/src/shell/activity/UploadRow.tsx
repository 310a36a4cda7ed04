import { Check, ChevronDown, CircleAlert, Pause, Upload, X } from "lucide-react";
import { useState } from "react";
import { bytes } from "@/lib/format";
import { t } from "@/lib/i18n";
import {
  type Batch,
  batchState,
  cancelUploads,
  dismissUploads,
  pauseUploads,
  resumeUploads,
  retryUploads,
  totals,
} from "@/lib/uploads";
import { openApp } from "@/lib/window";
import { Button, IconButton } from "@/ui/Button";
import { Progress } from "@/ui/bits";
import { cx } from "@/ui/cx";
import { progressText } from "./describe";

const SHOWN = 50;

/** One batch of uploads, opening to its files. */
export function UploadRow({ batch }: { batch: Batch }) {
  const [open, setOpen] = useState(false);
  const state = batchState(batch);
  const sum = totals(batch);
  const place = batch.path.split("/").pop() || batch.root;
  const title = t(state === "done" ? "shell.activity.uploadedTo" : "shell.activity.uploadTo", {
    count: sum.count,
    place,
  });
  const Icon =
    state === "done" ? Check : state === "failed" ? CircleAlert : state === "paused" ? Pause : Upload;
  const tone = {
    done: "text-ok",
    failed: "text-danger",
    paused: "text-muted",
    uploading: "text-accent-text",
  }[state];
  const progress = progressText({
    done: sum.sent,
    total: sum.size,
    unit: "bytes",
    rate: state === "uploading" ? batch.rate : 0,
  });
  return (
    <li
      className="flex gap-3 border-b border-line px-4 py-3 last:border-0"
      data-upload={batch.id}
      data-state={state}
    >
      <Icon size={18} aria-hidden className={cx("mt-px", tone)} />
      <div className="min-w-0 flex-1">
        <div className="flex items-start justify-between gap-2">
          <p className="min-w-0 text-sm font-medium break-words">{title}</p>
          {state === "done" && (
            <IconButton
              size="sm"
              label={t("shell.action.dismiss")}
              icon={X}
              onClick={() => dismissUploads(batch.id)}
              className="-my-1"
            />
          )}
        </div>
        {state !== "done" && (
          <Progress
            value={sum.size > 0 ? sum.sent / sum.size : 0}
            label={t("shell.progress.label", { title })}
            className="my-2"
          />
        )}
        <p className="text-xs text-muted tabular-nums">
          {state === "paused"
            ? `${t("shell.activity.pausedUploads")} · ${progress}`
            : state === "done"
              ? bytes(sum.size)
              : progress}
        </p>
        {sum.failed > 0 && (
          <p className="pt-1 text-sm text-danger">
            {t("shell.activity.uploadFailed", { count: sum.failed })}
          </p>
        )}
        <div className="flex flex-wrap gap-2 pt-2 empty:hidden">
          {state === "uploading" && (
            <Button size="sm" onClick={() => pauseUploads(batch.id)}>
              {t("shell.action.pause")}
            </Button>
          )}
          {state === "paused" && (
            <Button size="sm" write onClick={() => resumeUploads(batch.id)}>
              {t("shell.action.resume")}
            </Button>
          )}
          {sum.failed > 0 && (
            <Button size="sm" write onClick={() => retryUploads(batch.id)}>
              {t("shell.action.tryAgain")}
            </Button>
          )}
          {state !== "done" && (
            <Button size="sm" onClick={() => cancelUploads(batch.id)}>
              {t("shell.action.cancel")}
            </Button>
          )}
          {state === "done" && (
            <Button
              size="sm"
              onClick={() =>
                openApp(
                  "files",
                  `/${batch.root}${batch.path && `/${batch.path.split("/").map(encodeURIComponent).join("/")}`}`,
                )
              }
            >
              {t("shell.activity.showFiles")}
            </Button>
          )}
          {sum.count > 1 && (
            <Button
              size="sm"
              variant="quiet"
              icon={ChevronDown}
              aria-expanded={open}
              onClick={() => setOpen(!open)}
            >
              {t("shell.activity.files", { count: sum.count })}
            </Button>
          )}
        </div>
        {(open || (sum.count === 1 && sum.failed > 0)) && (
          <ul className="pt-2">
            {batch.items.slice(0, SHOWN).map((item) => (
              <li key={item.id} className="flex items-baseline justify-between gap-3 py-0.5 text-xs">
                <span className="min-w-0 truncate">{item.name}</span>
                <span
                  className={cx(
                    "shrink-0 tabular-nums",
                    item.state === "failed" ? "text-danger" : "text-muted",
                  )}
                >
                  {item.state === "failed"
                    ? item.error
                    : item.state === "done"
                      ? bytes(item.size)
                      : progressText({ done: item.sent, total: item.size, unit: "bytes", rate: 0 })}
                </span>
              </li>
            ))}
            {batch.items.length > SHOWN && (
              <li className="py-0.5 text-xs text-muted">
                {t("shell.activity.moreFiles", { count: batch.items.length - SHOWN })}
              </li>
            )}
          </ul>
        )}
      </div>
    </li>
  );
}
