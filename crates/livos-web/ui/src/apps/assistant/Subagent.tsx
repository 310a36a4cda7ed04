import { ArrowUpRight, Bot, CornerUpLeft } from "lucide-react";
import type { ConversationLine, SubagentWork as Of } from "@/lib/assistant";
import { t } from "@/lib/i18n";
import { useWindow } from "@/lib/window";
import { Button, QueryView, Skeleton } from "@/ui";
import { useFollowed } from "./useConversation";

/** What a subagent has done so far for the conversation that is open, step by step while it works. */
export function SubagentWork({ work }: { work: Of }) {
  const { navigate } = useWindow();
  const query = useFollowed(work.conversation);
  return (
    <section aria-label={t("assistant.subagent.work", { name: work.name })} className="flex flex-col gap-2">
      <QueryView
        query={query}
        failed={t("assistant.subagent.failed")}
        skeleton={<Skeleton className="h-4 w-2/3" />}
      >
        {({ items }) => {
          const steps = items.flatMap((item) =>
            item.kind === "tool" && item.run === work.run ? [item] : [],
          );
          const asks = steps.some(
            ({ proposal }) => proposal?.state === "waiting" || proposal?.state === "unknown",
          );
          return (
            <>
              {steps.length === 0 ? (
                <p className="text-sm text-muted">{t("assistant.subagent.noSteps")}</p>
              ) : (
                <ul className="flex flex-col gap-1 text-sm text-muted">
                  {steps.map((step) => (
                    <li key={step.key} className="break-words">
                      <bdi>{step.summary || step.name}</bdi>
                      {step.state === "running" && ` ${t("assistant.tool.running")}`}
                      {step.state === "failed" && ` · ${t("assistant.tool.failed")}`}
                    </li>
                  ))}
                </ul>
              )}
              {asks && <p className="text-sm text-accent-text">{t("assistant.subagent.asks")}</p>}
            </>
          );
        }}
      </QueryView>
      <Button
        size="sm"
        icon={ArrowUpRight}
        className="self-start"
        onClick={() => navigate(`/${encodeURIComponent(work.conversation)}`)}
      >
        {t("assistant.subagent.open")}
      </Button>
    </section>
  );
}

/** Whose conversation it is, where it is not the person's own. */
export function SubagentBar({ line }: { line: ConversationLine | undefined }) {
  if (!line?.subagent) return null;
  return (
    <p className="mx-auto flex min-h-9 w-full max-w-180 flex-none items-center gap-2 px-5 text-sm text-muted @max-md:px-4">
      <Bot size={14} aria-hidden className="flex-none" />
      <bdi className="truncate">{t("assistant.subagent.bar", { name: line.subagent })}</bdi>
    </p>
  );
}

/** Who asked, and the way there. */
export function AskedIn({ conversation }: { conversation: string }) {
  const { navigate } = useWindow();
  return (
    <Button
      size="sm"
      variant="quiet"
      icon={CornerUpLeft}
      className="self-end"
      onClick={() => navigate(`/${encodeURIComponent(conversation)}`)}
    >
      {t("assistant.subagent.asked")}
    </Button>
  );
}
