import { useQuery } from "@tanstack/react-query";
import { Sparkles } from "lucide-react";
import { useEffect, useState } from "react";
import { errorText } from "@/lib/api";
import { bytes } from "@/lib/format";
import { t, tx } from "@/lib/i18n";
import { Button, Callout, Checkbox, Dialog, EmptyState, QueryView } from "@/ui";
import { type ReclaimItem, reclaim, reclaimQuery } from "./data";
import { Outcome } from "./Outcome";

const kinds = ["image", "container", "volume"] as const;

/** Exactly what would go, line by line; then what became of it. */
export function CleanUp({ onClose }: { onClose(): void }) {
  const query = useQuery(reclaimQuery);
  const [chosen, setChosen] = useState<ReadonlySet<string>>();
  const [job, setJob] = useState<string>();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  // A list that changes under the hand is not what was agreed to: the first one stays.
  const [first, setFirst] = useState<ReclaimItem[]>();
  useEffect(() => {
    if (query.data && !first) setFirst(query.data.items);
  }, [query.data, first]);
  const items = first ?? [];
  const ticked = chosen ?? new Set(items.filter((item) => item.safe).map((item) => item.code));
  const going = items.filter((item) => ticked.has(item.code));
  const size = going.reduce((sum, item) => sum + item.size, 0);

  const tick = (code: string, on: boolean) => {
    const next = new Set(ticked);
    if (on) next.add(code);
    else next.delete(code);
    setChosen(next);
  };
  const submit = async () => {
    if (busy || going.length === 0) return;
    setBusy(true);
    setError(undefined);
    try {
      setJob((await reclaim(going.map((item) => item.code))).job_id);
    } catch (failure) {
      setError(failure);
    }
    setBusy(false);
  };

  if (job) {
    return (
      <Outcome
        id={job}
        running={t("containers.clean.running")}
        done={t("containers.clean.done")}
        onClose={onClose}
      />
    );
  }
  return (
    <Dialog
      wide
      title={t("containers.clean.title")}
      onClose={onClose}
      onSubmit={() => void submit()}
      actions={
        <>
          <Button onClick={onClose}>{t("shell.action.cancel")}</Button>
          <Button type="submit" variant="danger" write busy={busy} disabled={going.length === 0}>
            {t("containers.clean.action", { count: going.length })}
          </Button>
        </>
      }
    >
      <QueryView query={query} failed={t("containers.clean.failed")}>
        {() =>
          items.length === 0 ? (
            <EmptyState
              icon={Sparkles}
              title={t("containers.clean.nothing")}
              text={t("containers.clean.kept")}
            />
          ) : (
            <div className="flex flex-col gap-4">
              {error !== undefined && (
                <Callout tone="danger" role="alert">
                  {errorText(error)}
                </Callout>
              )}
              <p className="text-muted">{t("containers.clean.kept")}</p>
              {kinds.map((kind) => {
                const of = items.filter((item) => item.kind === kind);
                if (of.length === 0) return null;
                return (
                  <fieldset key={kind} className="flex min-w-0 flex-col gap-1">
                    <legend className="pb-1 font-semibold">{t(`containers.clean.${kind}`)}</legend>
                    {kind !== "image" && (
                      <Callout tone="warn">{t(`containers.clean.${kind}Warning`)}</Callout>
                    )}
                    {of.map((item) => (
                      <Checkbox
                        key={item.code}
                        label={`${item.name} · ${item.size > 0 ? bytes(item.size) : t("containers.clean.unknown")}`}
                        hint={tx(`containers.clean.hint.${item.kind}`, item.detail)}
                        checked={ticked.has(item.code)}
                        onChange={(on) => tick(item.code, on)}
                      />
                    ))}
                  </fieldset>
                );
              })}
              <p role="status" className="font-medium">
                {t("containers.clean.sum", { count: going.length, size: bytes(size) })}
              </p>
            </div>
          )
        }
      </QueryView>
    </Dialog>
  );
}
