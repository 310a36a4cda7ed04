import { useQuery } from "@tanstack/react-query";
import { ArrowUpRight, Bot, CornerUpLeft } from "lucide-react";
import { conversationsQuery, type SubagentWork as Of, type ReportItem } from "@/lib/assistant";
import { clock, exact } from "@/lib/format";
import { t } from "@/lib/i18n";
import { useWindow } from "@/lib/window";
import { Button, QueryView, Skeleton } from "@/ui";
import { Markdown } from "./Markdown";
import { ProposalCard } from "./Proposal";
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
export function SubagentBar({ name }: { name: string | null | undefined }) {
  if (!name) return null;
  return (
    <p className="mx-auto flex min-h-9 w-full max-w-180 flex-none items-center gap-2 px-5 text-sm text-muted @max-md:px-4">
      <Bot size={14} aria-hidden className="flex-none" />
      <bdi className="truncate">{t("assistant.subagent.bar", { name })}</bdi>
    </p>
  );
}

/** What one that works for this conversation would like done: asked here, because this waits for it. */
export function SubagentAsks({ work }: { work: Of }) {
  const list = useQuery(conversationsQuery);
  const asks = list.data?.some((one) => one.id === work.conversation && one.asks) === true;
  return asks ? <Asked work={work} /> : null;
}

function Asked({ work }: { work: Of }) {
  const { items } = useFollowed(work.conversation).data ?? { items: [] };
  return items.map((item) => {
    const proposal = item.kind === "tool" && item.state === "running" ? item.proposal : undefined;
    if (item.kind !== "tool" || !proposal) return null;
    return <ProposalCard key={item.key} item={{ ...item, proposal }} />;
  });
}

/** What a subagent says of its own accord: what came of something scheduled, or how far it is. */
export function Report({ item }: { item: ReportItem }) {
  const { navigate } = useWindow();
  const { by, failed, progress } = item;
  return (
    <article
      aria-label={t("assistant.report.by", { name: by.name, time: clock(item.at) })}
      className="flex min-w-0 flex-col gap-2 border-s-2 border-line ps-4"
    >
      <p title={exact(item.at)} className="flex items-center gap-2 text-xs text-muted">
        <Bot size={14} aria-hidden className="flex-none" />
        <span className="min-w-0 truncate">
          {t(
            progress
              ? "assistant.report.progress"
              : failed
                ? "assistant.report.failed"
                : "assistant.report.done",
            { name: by.name },
          )}
        </span>
      </p>
      <Markdown text={item.text} growing={false} />
      {!progress && (
        <Button
          size="sm"
          variant="quiet"
          icon={ArrowUpRight}
          className="self-start"
          onClick={() => navigate(`/${encodeURIComponent(by.conversation)}`)}
        >
          {t("assistant.subagent.open")}
        </Button>
      )}
    </article>
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
