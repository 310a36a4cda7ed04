import { useQuery } from "@tanstack/react-query";
import { PackageOpen, Upload } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { api, type EntryInfo, keys, ok, queries, rootsQuery } from "@/lib/api";
import { bytes, exact } from "@/lib/format";
import { t } from "@/lib/i18n";
import { useStore } from "@/lib/store";
import { addUploads, batchState, totals, uploads } from "@/lib/uploads";
import { Button, Callout, Card, Dialog, EmptyState, Progress, QueryView } from "@/ui";
import { Row, useSave } from "./parts";

const ENDING = ".bundle";
const found = [...keys.files, "bundles"] as const;

interface Found {
  files: { file: EntryInfo; place: string }[];
  complete: boolean;
}

/** Every bundle among one's files, the newest first. */
async function look(signal: AbortSignal): Promise<Found> {
  const roots = await queries.ensureQueryData(rootsQuery);
  const replies = await Promise.all(
    roots.map(async ({ id, label }) => {
      const query = { root: id, path: "", q: ENDING };
      const reply = await ok(api.GET("/api/v1/files/search", { params: { query }, signal }));
      const files = reply.entries.map((file) => ({ file, place: `${label}/${file.path}` }));
      return { files, complete: reply.complete };
    }),
  );
  const files = replies
    .flatMap((reply) => reply.files)
    .filter(({ file }) => file.kind === "file" && file.name.toLowerCase().endsWith(ENDING))
    .sort((a, b) => b.file.modified_at - a.file.modified_at);
  return { files, complete: replies.every((reply) => reply.complete) };
}

/** Chooses a file that holds a newer version. It is verified, and shown like any other version that waits. */
export default function UpgradeFile({ onClose }: { onClose: () => void }) {
  const query = useQuery({ queryKey: found, queryFn: ({ signal }) => look(signal), staleTime: 0 });
  const { busy, error, save } = useSave();
  const input = useRef<HTMLInputElement>(null);
  const [batch, setBatch] = useState("");
  const use = async (file: EntryInfo) => {
    const body = { root: file.root, path: file.path };
    if (!(await save(() => ok(api.POST("/api/v1/system/updates/file", { body }))))) return;
    await queries.invalidateQueries({ queryKey: keys.update });
    onClose();
  };
  return (
    <Dialog
      title={t("settings.updates.file")}
      wide
      onClose={onClose}
      actions={
        <>
          <Button icon={Upload} className="me-auto" write onClick={() => input.current?.click()}>
            {t("settings.updates.file.upload")}
          </Button>
          <Button onClick={onClose}>{t("shell.action.cancel")}</Button>
        </>
      }
    >
      <input
        ref={input}
        type="file"
        hidden
        accept={ENDING}
        aria-label={t("settings.updates.file.upload")}
        onChange={(event) => {
          const file = event.target.files?.[0];
          event.target.value = "";
          if (file) setBatch(addUploads([{ file, relativePath: "" }], { root: "home", path: "" }));
        }}
      />
      <div className="flex flex-col gap-3">
        <p>{t("settings.updates.file.text")}</p>
        {batch && <Arriving key={batch} id={batch} />}
        {error && (
          <Callout tone="danger" role="alert">
            {error}
          </Callout>
        )}
        <QueryView query={query} failed={t("settings.updates.file.failed")}>
          {({ files, complete }: Found) => (
            <>
              {files.length === 0 ? (
                <EmptyState
                  icon={PackageOpen}
                  title={t("settings.updates.file.none")}
                  text={t("settings.updates.file.noneText")}
                />
              ) : (
                <Card>
                  {files.map(({ file, place }) => (
                    <Row
                      key={place}
                      label={file.name}
                      line={`${place} · ${bytes(file.size)} · ${exact(file.modified_at)}`}
                    >
                      <Button
                        size="sm"
                        write
                        busy={busy}
                        aria-label={t("settings.updates.file.useThis", { name: file.name })}
                        onClick={() => void use(file)}
                      >
                        {t("settings.updates.file.use")}
                      </Button>
                    </Row>
                  ))}
                </Card>
              )}
              {!complete && <p className="text-xs text-muted">{t("settings.updates.file.more")}</p>}
            </>
          )}
        </QueryView>
      </div>
    </Dialog>
  );
}

/** A file on its way to Home. It goes on in Activity when this is closed. */
function Arriving({ id }: { id: string }) {
  const batch = useStore(uploads, (all) => all.find((one) => one.id === id));
  const state = batch ? batchState(batch) : "done";
  useEffect(() => {
    if (state === "done") void queries.invalidateQueries({ queryKey: found });
  }, [state]);
  const item = batch?.items[0];
  if (!batch || !item || state === "done") return null;
  if (state === "failed") {
    return (
      <Callout tone="danger" role="alert">
        {t("settings.updates.file.lost", { name: item.name, reason: item.error })}
      </Callout>
    );
  }
  const label = t("settings.updates.file.arriving", { name: item.name });
  const { sent, size } = totals(batch);
  return (
    <div className="flex flex-col gap-1.5">
      <p role="status" className="text-sm">
        {label}
      </p>
      <Progress value={size > 0 ? sent / size : undefined} label={label} />
    </div>
  );
}
