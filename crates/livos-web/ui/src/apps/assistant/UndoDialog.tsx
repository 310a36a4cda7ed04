import { useQuery } from "@tanstack/react-query";
import { Check, CircleAlert, CircleSlash } from "lucide-react";
import { type ReactNode, useState } from "react";
import { errorText, sentence } from "@/lib/api";
import { type UndoStep, undoQuery, undoRun } from "@/lib/assistant";
import { type TextKey, t } from "@/lib/i18n";
import { Button, Callout, Dialog, EmptyState, QueryView } from "@/ui";
import { titleOf } from "./Proposal";
import { Pulse } from "./Work";

const BY: Record<string, TextKey> = {
  apps_start: "assistant.undo.by.apps_start",
  apps_stop: "assistant.undo.by.apps_stop",
  apps_remove: "assistant.undo.by.apps_remove",
  apps_rollback: "assistant.undo.by.apps_rollback",
  files_put_back: "assistant.undo.by.files_put_back",
  docker_start: "assistant.undo.by.apps_start",
  docker_stop: "assistant.undo.by.apps_stop",
};

/** What a run changed: what is put back, and what stays and why. Nothing is touched before somebody agrees to it. */
export default function UndoDialog({ run, onClose }: { run: number; onClose(): void }) {
  const query = useQuery(undoQuery(run));
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  /** Those that were agreed to here. */
  const [begun, setBegun] = useState<string[]>();
  const steps = query.data?.steps ?? [];
  const ready = steps.filter((step) => step.state === "ready" && step.undo);
  const going = steps.some((step) => step.state === "working");

  const submit = async () => {
    if (busy || ready.length === 0) return;
    setBusy(true);
    setError(undefined);
    try {
      await undoRun(
        run,
        ready.flatMap(({ id, undo }) => (undo ? [{ id, undo }] : [])),
      );
      setBegun(ready.map((step) => step.id));
    } catch (failure) {
      setError(failure);
    }
    // What was shown is no longer so.
    await query.refetch();
    setBusy(false);
  };

  const asks = begun === undefined && !going;
  return (
    <Dialog
      wide={steps.length > 3}
      title={t("assistant.undo.title")}
      onClose={onClose}
      onSubmit={() => void submit()}
      actions={
        asks ? (
          <>
            <Button onClick={onClose}>
              {t(ready.length > 0 ? "shell.action.cancel" : "shell.action.close")}
            </Button>
            {ready.length > 0 && (
              <Button type="submit" variant="primary" write busy={busy}>
                {t("assistant.undo.action")}
              </Button>
            )}
          </>
        ) : (
          <Button onClick={onClose}>{t("shell.action.close")}</Button>
        )
      }
    >
      <QueryView query={query} failed={t("assistant.undo.failed")}>
        {() => (
          <div className="flex flex-col gap-4">
            {error !== undefined && (
              <Callout tone="danger" role="alert">
                {errorText(error)}
              </Callout>
            )}
            {asks ? (
              <Asked steps={steps} ready={ready} />
            ) : (
              <Went steps={steps} begun={begun} going={going} />
            )}
          </div>
        )}
      </QueryView>
    </Dialog>
  );
}

function Asked({ steps, ready }: { steps: UndoStep[]; ready: UndoStep[] }) {
  const stays = steps.filter((step) => step.state === "impossible");
  const undone = steps.filter((step) => step.state === "undone");
  return (
    <>
      {ready.length === 0 && (
        <EmptyState
          icon={CircleSlash}
          title={t("assistant.undo.nothing")}
          text={t(steps.length > 0 ? "assistant.undo.nothingText" : "assistant.undo.none")}
        />
      )}
      <Part title={t("assistant.undo.will", { count: ready.length })} steps={ready}>
        {(step) => (
          <>
            {step.undo && BY[step.undo.tool] && (
              <p className="text-muted">{t(BY[step.undo.tool] as TextKey, { name: step.subject })}</p>
            )}
            {step.undo && (
              <code dir="ltr" className="text-xs break-all text-muted">
                {step.undo.tool} {JSON.stringify(step.undo.arguments)}
              </code>
            )}
            {step.why && <p className="text-danger">{sentence(step.why)}</p>}
          </>
        )}
      </Part>
      <Part title={t("assistant.undo.stays", { count: stays.length })} steps={stays}>
        {(step) => <p className="text-muted">{sentence(step.why)}</p>}
      </Part>
      <Part title={t("assistant.undo.was")} steps={undone} />
    </>
  );
}

function Part({
  title,
  steps,
  children,
}: {
  title: string;
  steps: UndoStep[];
  children?: (step: UndoStep) => ReactNode;
}) {
  if (steps.length === 0) return null;
  return (
    <section className="flex flex-col gap-2">
      <h4 className="font-semibold">{title}</h4>
      <ul className="flex flex-col divide-y divide-line rounded-card border border-line text-sm">
        {steps.map((step) => (
          <li key={step.id} className="flex min-w-0 flex-col gap-0.5 px-3 py-2 break-words">
            <bdi className="font-medium">{titleOf(step)}</bdi>
            {children?.(step)}
          </li>
        ))}
      </ul>
    </section>
  );
}

/** What became of each that was agreed to. */
function Went({ steps, begun, going }: { steps: UndoStep[]; begun: string[] | undefined; going: boolean }) {
  const mine = steps.filter((step) => (begun ? begun.includes(step.id) : step.state === "working"));
  const failed = mine.some((step) => step.state === "ready" || step.state === "impossible");
  const word = going ? "assistant.undo.running" : failed ? "assistant.undo.partly" : "assistant.undo.done";
  return (
    <>
      <p role="status" className="text-sm">
        {t(word)}
      </p>
      <ul className="flex flex-col divide-y divide-line rounded-card border border-line text-sm">
        {mine.map((step) => (
          <li key={step.id} className="flex min-w-0 items-start gap-2 px-3 py-2">
            {iconOf(step)}
            <div className="min-w-0 break-words">
              <bdi className="font-medium">{titleOf(step)}</bdi>
              <p className="text-muted">
                {step.state === "undone"
                  ? t("assistant.undo.step.done")
                  : step.state === "working"
                    ? t("assistant.undo.step.waits")
                    : sentence(step.why)}
              </p>
            </div>
          </li>
        ))}
      </ul>
    </>
  );
}

function iconOf({ state }: UndoStep): ReactNode {
  if (state === "working")
    return (
      <span className="mt-0.5">
        <Pulse />
      </span>
    );
  if (state === "undone") return <Check size={16} aria-hidden className="mt-0.5 text-muted" />;
  return <CircleAlert size={16} aria-hidden className="mt-0.5 text-danger" />;
}
