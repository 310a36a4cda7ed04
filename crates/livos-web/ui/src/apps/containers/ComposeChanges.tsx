import { bytes } from "@/lib/format";
import { t, tx } from "@/lib/i18n";
import { cx } from "@/ui/cx";
import { AgreeDialog } from "./AgreeDialog";
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
  const change = check.change;
  return (
    <AgreeDialog
      wide
      title={t("containers.compose.changes", { name })}
      action={t("containers.compose.apply")}
      asks={t("containers.compose.asks")}
      agree={t("containers.compose.agree", { name })}
      permissions={change?.permissions ?? []}
      begin={async (accept) => (await editCompose(id, { text, revision: file.revision, accept })).job_id}
      onBegun={onBegun}
      onClose={onClose}
    >
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
    </AgreeDialog>
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
