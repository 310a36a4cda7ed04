import { ArrowLeft, FolderGit2, RefreshCw, Trash2 } from "lucide-react";
import { type FormEvent, useState } from "react";
import { errorText, useJobs } from "@/lib/api";
import { ago, exact } from "@/lib/format";
import { t } from "@/lib/i18n";
import { useWindow, useWindowTitle } from "@/lib/window";
import { Button, Callout, EmptyState, IconButton, StaleNote, TextField, useConfirm } from "@/ui";
import { addSource, refreshSource, refreshStore, removeSource, type Source } from "./data";
import { useStoreState } from "./useStore";

export function Sources({ sources, updatedAt }: { sources: Source[]; updatedAt: number }) {
  const { go, admin } = useStoreState();
  const { phone } = useWindow();
  useWindowTitle(t("store.sources.title"));
  return (
    <div className="h-full overflow-y-auto">
      {phone ? (
        <div className="h-4" />
      ) : (
        <div className="sticky top-0 z-10 flex min-h-12 items-center gap-2 bg-surface px-3 touch:min-h-14">
          <IconButton
            label={t("store.error.back")}
            icon={ArrowLeft}
            className="rtl:rotate-180"
            onClick={() => go({ page: "home", query: "", category: undefined })}
          />
          <h3 className="flex-1 text-base font-semibold">{t("store.sources.title")}</h3>
          <StaleNote at={updatedAt} />
        </div>
      )}
      <div className="flex max-w-160 flex-col gap-5 px-6 pt-2 pb-10 touch:px-4">
        <p className="text-muted">{t("store.sources.intro")}</p>
        {admin ? <AddSource /> : <Callout>{t("store.empty.noneMember")}</Callout>}
        {sources.length === 0 ? (
          <EmptyState icon={FolderGit2} title={t("store.sources.none")} />
        ) : (
          <ul className="flex flex-col divide-y divide-line rounded-card border border-line">
            {sources.map((source) => (
              <SourceRow key={source.id} source={source} />
            ))}
          </ul>
        )}
      </div>
    </div>
  );
}

function AddSource() {
  const [url, setUrl] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string>();
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (url.trim() === "") return setError(t("store.answer.required"));
    setBusy(true);
    setError(undefined);
    try {
      await addSource(url.trim());
      refreshStore();
      setUrl("");
    } catch (failure) {
      setError(errorText(failure));
    }
    setBusy(false);
  };
  return (
    <form onSubmit={submit} className="flex flex-wrap items-start gap-2">
      <div className="min-w-56 flex-1">
        <TextField
          label={t("store.sources.field")}
          hint={t("store.sources.hint")}
          error={error}
          value={url}
          onChange={setUrl}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
        />
      </div>
      <Button type="submit" variant="primary" write busy={busy} className="mt-5.5">
        {t("store.sources.add")}
      </Button>
    </form>
  );
}

function SourceRow({ source }: { source: Source }) {
  const { run, admin } = useStoreState();
  const confirm = useConfirm();
  const jobs = useJobs().data;
  const refreshing = jobs?.some(
    (job) =>
      job.kind === "store.refresh" &&
      (job.subject === source.id || job.subject === "") &&
      (job.state === "running" || job.state === "queued"),
  );
  const name = source.label || source.url;
  return (
    <li className="flex items-start gap-3 px-4 py-3">
      <FolderGit2 size={20} aria-hidden className="mt-0.5 shrink-0 text-muted" />
      <div className="min-w-0 flex-1">
        <p className="font-medium break-words">{name}</p>
        <p className="text-sm break-all text-muted">{source.url}</p>
        <p
          className="text-sm text-muted"
          title={source.refreshed_at > 0 ? exact(source.refreshed_at) : undefined}
        >
          {t("store.sources.apps", { count: source.apps })}
          {" · "}
          {refreshing
            ? t("store.sources.refreshing")
            : source.refreshed_at > 0
              ? t("store.sources.refreshed", { time: ago(source.refreshed_at) })
              : t("store.sources.never")}
        </p>
        {source.error && (
          <p className="text-sm text-danger">{t("store.sources.failed", { reason: source.error })}</p>
        )}
      </div>
      {admin && (
        <div className="flex gap-1">
          <IconButton
            label={t("store.sources.refresh", { name })}
            icon={RefreshCw}
            write
            busy={refreshing}
            onClick={() => void run(() => refreshSource(source.id))}
          />
          <IconButton
            label={t("store.sources.remove", { name })}
            icon={Trash2}
            write
            onClick={async () => {
              const yes = await confirm({
                title: t("store.sources.removeTitle", { name }),
                text: t("store.sources.removeText"),
                action: t("store.sources.removeAction"),
                danger: true,
              });
              if (yes && (await run(() => removeSource(source.id)))) refreshStore();
            }}
          />
        </div>
      )}
    </li>
  );
}
