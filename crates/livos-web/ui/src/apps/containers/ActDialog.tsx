import { useQuery } from "@tanstack/react-query";
import { CircleSlash } from "lucide-react";
import { useState } from "react";
import { errorText } from "@/lib/api";
import { bytes } from "@/lib/format";
import { t } from "@/lib/i18n";
import { Button, Callout, Dialog, EmptyState, QueryView, TextField } from "@/ui";
import { act, planQuery, type Step, type Thing, typedFor, type Verb } from "./acting";
import { Outcome } from "./Outcome";

/** What would happen to which, and why some stay; then what became of each. */
export default function ActDialog({
  verb,
  things,
  onClose,
}: {
  verb: Verb;
  things: Thing[];
  onClose(begun: boolean): void;
}) {
  const query = useQuery(planQuery(verb, things));
  const [typed, setTyped] = useState("");
  const [job, setJob] = useState<string>();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const steps = query.data?.steps ?? [];
  const going = steps.filter((step) => step.refused === "");
  const staying = steps.filter((step) => step.refused !== "");
  const gone = query.data ? things.length - steps.length : 0;
  const word = typedFor(going);
  const ready = going.length > 0 && (word === undefined || typed.trim() === word);

  const submit = async () => {
    if (busy || !ready) return;
    setBusy(true);
    setError(undefined);
    try {
      setJob((await act(verb, going)).job_id);
    } catch (failure) {
      setError(failure);
      // What was shown is no longer so.
      void query.refetch();
    }
    setBusy(false);
  };

  if (job) {
    return (
      <Outcome
        id={job}
        running={t("containers.act.running")}
        done={t("containers.act.done")}
        failed={t("containers.act.partly")}
        onClose={() => onClose(true)}
      />
    );
  }
  const count = things.length;
  const name = steps[0]?.name ?? "";
  return (
    <Dialog
      wide={count > 1}
      title={t(`containers.act.title.${verb}`, { count, name })}
      onClose={() => onClose(false)}
      onSubmit={() => void submit()}
      actions={
        <>
          <Button onClick={() => onClose(false)}>{t("shell.action.cancel")}</Button>
          <Button
            type="submit"
            variant={verb === "start" ? "primary" : "danger"}
            write
            busy={busy}
            disabled={!ready}
          >
            {t(`containers.act.action.${verb}`)}
          </Button>
        </>
      }
    >
      <QueryView query={query} failed={t("containers.act.failed")}>
        {() => (
          <div className="flex flex-col gap-4">
            {error !== undefined && (
              <Callout tone="danger" role="alert">
                {errorText(error)}
              </Callout>
            )}
            {steps.length === 0 && <EmptyState icon={CircleSlash} title={t("containers.act.gone")} />}
            {going.length > 0 && <Steps steps={going} />}
            {staying.length > 0 && (
              <section className="flex flex-col gap-2">
                <h4 className="font-semibold">{t("containers.act.stay", { count: staying.length })}</h4>
                <Steps steps={staying} />
              </section>
            )}
            {gone > 0 && steps.length > 0 && (
              <p className="text-sm text-muted">{t("containers.act.someGone", { count: gone })}</p>
            )}
            {word !== undefined && (
              <div className="break-words">
                <TextField
                  label={t("containers.act.type", {
                    count: going.filter((step) => step.kind === "volume").length,
                    word,
                  })}
                  value={typed}
                  onChange={setTyped}
                  autoComplete="off"
                  spellCheck={false}
                />
              </div>
            )}
          </div>
        )}
      </QueryView>
    </Dialog>
  );
}

function Steps({ steps }: { steps: Step[] }) {
  return (
    <ul className="flex flex-col divide-y divide-line rounded-card border border-line text-sm">
      {steps.map((step) => (
        <li key={`${step.kind} ${step.id}`} className="flex flex-col gap-0.5 px-3 py-2">
          <p className="font-medium break-all">{step.name}</p>
          <p className="text-muted break-words">
            {step.refused || step.detail}
            {!step.refused && step.size > 0 && ` ${t("containers.act.size", { size: bytes(step.size) })}`}
          </p>
        </li>
      ))}
    </ul>
  );
}
