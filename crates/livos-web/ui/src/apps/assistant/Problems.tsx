import { CircleAlert, CirclePause } from "lucide-react";
import type { ReactNode } from "react";
import { isAdmin, sentence } from "@/lib/api";
import type { AnswerItem, Problem } from "@/lib/assistant";
import { clock, duration } from "@/lib/format";
import { type TextKey, t } from "@/lib/i18n";
import { openApp } from "@/lib/window";
import { Button, Callout } from "@/ui";
import type { Attached } from "./attached";
import { type Sending, sendAgain, takeBack } from "./sending";

const TITLES: Record<string, TextKey> = {
  key_refused: "assistant.problem.key",
  rate_limited: "assistant.problem.rate",
  unreachable: "assistant.problem.unreachable",
  model_missing: "assistant.problem.model",
  limit: "assistant.problem.limit",
  picture: "assistant.problem.picture",
  interrupted: "assistant.problem.interrupted",
  internal: "assistant.problem.internal",
};

/** What an administrator changes in Settings; trying again would fail again. */
const SETTINGS: Record<string, TextKey> = {
  key_refused: "assistant.problem.fixKey",
  model_missing: "assistant.problem.switch",
  limit: "assistant.problem.switch",
  picture: "assistant.problem.switch",
};

function whenText({ code, retry_after: after }: Problem): string | undefined {
  if (!after) return undefined;
  if (code === "limit") return t("assistant.problem.resets", { time: clock(Date.now() / 1000 + after) });
  return t("assistant.problem.wait", { time: duration(after) });
}

interface EndProps {
  item: AnswerItem;
  /** The newest answer can be gone on with; under older ones it only says what happened. */
  last: boolean;
  onRetry: () => void;
  onContinue: () => void;
}

/** Why an answer ends where it does, and what to do about it. */
export function AnswerEnd({ item, last, onRetry, onContinue }: EndProps) {
  if (item.state === "failed")
    return <Failed item={item} last={last} onRetry={onRetry} onContinue={onContinue} />;
  if (item.state !== "stopped") return null;
  return (
    <p className="flex flex-wrap items-center gap-x-3 gap-y-1 text-sm text-muted">
      <span className="inline-flex items-center gap-2">
        <CirclePause size={16} aria-hidden />
        {t("assistant.stoppedEarly")}
      </span>
      {last && (
        <Button size="sm" write onClick={onContinue}>
          {t("assistant.continue")}
        </Button>
      )}
    </p>
  );
}

function Failed({ item, last, onRetry, onContinue }: EndProps) {
  const problem = item.problem ?? { code: "internal" as const, message: "" };
  const settings = SETTINGS[problem.code];
  const when = whenText(problem);
  let action: ReactNode;
  if (settings && isAdmin()) {
    action = (
      <Button size="sm" onClick={() => openApp("settings", "/ai")}>
        {t(settings)}
      </Button>
    );
  }
  return (
    <Callout tone={["interrupted", "picture"].includes(problem.code) ? "warn" : "danger"} icon={CircleAlert}>
      <p className="font-medium">
        {item.text && `${t("assistant.stoppedEarly")}. `}
        {t(TITLES[problem.code] ?? "assistant.problem.internal")}
      </p>
      {problem.message && (
        <p dir="auto" className="break-words text-muted">
          {sentence(problem.message)}
        </p>
      )}
      {when && <p className="text-muted">{when}</p>}
      {settings && !isAdmin() && <p className="text-muted">{t("assistant.problem.askAdmin")}</p>}
      {last && (
        <div className="flex flex-wrap gap-2 pt-2 pb-1">
          {action}
          {item.text ? (
            <Button size="sm" write onClick={onContinue}>
              {t("assistant.continue")}
            </Button>
          ) : (
            <Button size="sm" write onClick={onRetry}>
              {t("shell.action.tryAgain")}
            </Button>
          )}
        </div>
      )}
    </Callout>
  );
}

/** A message that did not reach the server. */
export function NotSent({
  one,
  onEdit,
}: {
  one: Sending;
  onEdit: (text: string, pictures?: Attached[]) => void;
}) {
  return (
    <div role="alert" className="flex flex-wrap items-center justify-end gap-2 text-sm text-danger">
      <span className="min-w-0">{t("assistant.notSent", { reason: one.error ?? "" })}</span>
      <Button size="sm" write onClick={() => void sendAgain(one)}>
        {t("shell.action.tryAgain")}
      </Button>
      <Button
        size="sm"
        variant="quiet"
        onClick={() => {
          takeBack(one.key);
          onEdit(one.text, one.pictures);
        }}
      >
        {t("assistant.notSent.edit")}
      </Button>
    </div>
  );
}
