import { useState } from "react";
import { errorText } from "@/lib/api";
import { bytes } from "@/lib/format";
import { t, tx } from "@/lib/i18n";
import { Badge, Button, Callout, Checkbox, Dialog } from "@/ui";
import { cx } from "@/ui/cx";
import { type Check, type Compose, editCompose, type Line, type ServiceChange } from "./data";

interface Props {
  id: string;
  name: string;
  text: string;
  file: Compose;
  check: Check;
  onClose(): void;
  onBegun(job: string): void;
}

/** What another file would change, in the file and in what runs; then it is done, or everything stays as it is. */
export function ComposeChanges({ id, name, text, file, check, onClose, onBegun }: Props) {
  const [agreed, setAgreed] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const change = check.change;
  const permissions = change?.permissions ?? [];
  const risky = permissions.some((permission) => permission.risk !== "low");
  const submit = async () => {
    if (busy || (risky && !agreed)) return;
    setBusy(true);
    setError(undefined);
    try {
      const accept = permissions.map((permission) => permission.code);
      onBegun((await editCompose(id, { text, revision: file.revision, accept })).job_id);
    } catch (failure) {
      setError(failure);
      setBusy(false);
    }
  };
  return (
    <Dialog
      wide
      title={t("containers.compose.changes", { name })}
      onClose={onClose}
      onSubmit={() => void submit()}
      actions={
        <>
          <Button onClick={onClose}>{t("shell.action.cancel")}</Button>
          <Button
            type="submit"
            variant="primary"
            write
            busy={busy}
            disabled={risky && !agreed}
            reason={t("containers.compose.agreeFirst")}
          >
            {t("containers.compose.apply")}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-5">
        {error !== undefined && (
          <Callout tone="danger" role="alert">
            {errorText(error)}
          </Callout>
        )}
        <section className="flex flex-col gap-2">
          <h4 className="font-semibold">{t("containers.compose.inFile")}</h4>
          <Difference lines={check.lines} />
        </section>
        <section className="flex flex-col gap-2 text-sm">
          <h4 className="text-base font-semibold">{t("containers.compose.inApp")}</h4>
          {change && change.services.length > 0 && (
            <ul className="flex flex-col divide-y divide-line rounded-card border border-line">
              {change.services.map((service) => (
                <li key={service.service} className="px-3 py-2">
                  <span className="font-medium break-words">{service.service}</span>
                  <ul className="list-disc ps-5 text-muted">
                    {service.changes.map((one) => (
                      <li key={`${one.kind} ${one.name}`} className="break-words">
                        {words(one)}
                      </li>
                    ))}
                  </ul>
                </li>
              ))}
            </ul>
          )}
          {check.volumes.length > 0 && (
            <p>{t("containers.compose.volumes", { names: check.volumes.join(", ") })}</p>
          )}
          <p>
            {t("containers.compose.anew", { names: change?.recreated.join(", ") ?? "" })}{" "}
            <span className="text-muted">{t("containers.compose.safe")}</span>
          </p>
        </section>
        {permissions.length > 0 && (
          <section className="flex flex-col gap-2">
            <h4 className="font-semibold">{t("containers.compose.asks")}</h4>
            <ul className="flex flex-col divide-y divide-line rounded-card border border-line text-sm">
              {permissions.map((permission) => (
                <li key={permission.code} className="flex items-start justify-between gap-3 px-3 py-2">
                  <span className="min-w-0 break-words">{permission.text}</span>
                  {permission.risk === "high" && (
                    <Badge tone="danger">{t("containers.compose.highRisk")}</Badge>
                  )}
                </li>
              ))}
            </ul>
            {risky && (
              <Checkbox
                label={t("containers.compose.agree", { name })}
                checked={agreed}
                onChange={setAgreed}
              />
            )}
          </section>
        )}
      </div>
    </Dialog>
  );
}

const signs: Record<string, string> = { added: "+", removed: "−", gap: "…" };

/** Signs and words say what colours say, too. */
function Difference({ lines }: { lines: Line[] }) {
  return (
    <section
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls has to be reachable by keyboard
      tabIndex={0}
      aria-label={t("containers.compose.inFile")}
      className="max-h-80 overflow-auto rounded-card border border-line font-mono text-sm"
    >
      <ol dir="ltr" className="w-max min-w-full">
        {lines.map(({ kind, before, after, text }, index) => (
          <li
            key={index}
            className={cx(
              "flex px-2 leading-6",
              kind === "added" && "bg-ok-soft",
              kind === "removed" && "bg-danger-soft",
              kind === "gap" && "text-muted",
            )}
          >
            <span aria-hidden className="w-10 shrink-0 pe-2 text-end text-muted tabular-nums select-none">
              {after || before || ""}
            </span>
            <span aria-hidden className="w-4 shrink-0 select-none">
              {signs[kind] ?? ""}
            </span>
            {kind !== "same" && (
              <span className="sr-only">{`${tx(`containers.compose.line.${kind}`, kind)} `}</span>
            )}
            <span className="whitespace-pre">{text}</span>
          </li>
        ))}
      </ol>
    </section>
  );
}

function words({ kind, name, from, to }: ServiceChange["changes"][number]): string {
  const amount = (text: string) => (text ? bytes(Number(text)) : t("containers.compose.change.noLimit"));
  switch (kind) {
    case "variable":
    case "variable_added":
    case "variable_removed":
    case "removed":
      return t(`containers.compose.change.${kind}`, { name });
    case "memory":
      return t("containers.compose.change.memory", { from: amount(from), to: amount(to) });
    case "added":
      return t("containers.compose.change.added", { to });
    case "image":
      return t("containers.compose.change.image", { from, to });
    case "port":
      return t("containers.compose.change.port", { name, from: from || "–", to: to || "–" });
    default:
      return t("containers.compose.change.other", { name });
  }
}
