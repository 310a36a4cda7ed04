import { useQuery } from "@tanstack/react-query";
import { Check, CircleAlert, CircleHelp, CircleSlash, Hand } from "lucide-react";
import { type ReactNode, useId, useState } from "react";
import { errorText, queries, sentence } from "@/lib/api";
import {
  answerProposal,
  assistantKeys,
  type Conversation,
  type Proposal,
  rulesQuery,
  setRule,
  undoProposal,
} from "@/lib/assistant";
import { type TextKey, t } from "@/lib/i18n";
import { Button, Card } from "@/ui";
import type { ProposalItem } from "./core/rows";
import { Pulse } from "./Work";

const TITLES: Record<string, TextKey> = {
  apps_start: "assistant.proposal.apps_start",
  apps_stop: "assistant.proposal.apps_stop",
  apps_restart: "assistant.proposal.apps_restart",
  apps_install: "assistant.proposal.apps_install",
  apps_update: "assistant.proposal.apps_update",
  apps_remove: "assistant.proposal.apps_remove",
  docker_start: "assistant.proposal.docker_start",
  docker_stop: "assistant.proposal.docker_stop",
  docker_restart: "assistant.proposal.docker_restart",
  docker_exec: "assistant.proposal.docker_exec",
  service_restart: "assistant.proposal.service_restart",
  mcp_install: "assistant.proposal.mcp_install",
  mcp_config_raw: "assistant.proposal.mcp_config_raw",
  files_write: "assistant.proposal.files_write",
  files_move: "assistant.proposal.files_move",
  files_trash: "assistant.proposal.files_trash",
  scrape: "assistant.proposal.scrape",
  web_search: "assistant.proposal.web_search",
};

/** Of one tool, by what it does. */
const MANAGED: Record<string, TextKey> = {
  enable: "assistant.proposal.mcp_manage.enable",
  disable: "assistant.proposal.mcp_manage.disable",
  restart: "assistant.proposal.mcp_manage.restart",
  remove: "assistant.proposal.mcp_manage.remove",
};

/** What would be done. A tool that only a newer server knows says it in the server's words. */
export function titleOf({
  action,
  subject,
  summary,
}: Pick<Proposal, "action" | "subject" | "summary">): string {
  // A tool of another server.
  if (action.tool.includes("__")) return t("assistant.proposal.server", { name: subject });
  const { action: managed } = action.arguments as { action?: unknown };
  const key = action.tool === "mcp_manage" ? MANAGED[String(managed)] : TITLES[action.tool];
  return key ? t(key, { name: subject }) : summary;
}

/** Asked only because of a stranger's words, so what is settled for it holds after them; and what it tells to whom. */
const EGRESS: Record<string, TextKey> = {
  scrape: "assistant.proposal.egress",
  web_search: "assistant.proposal.egressSearch",
};

/** These are looked at each time, so nothing can be settled for them. */
const EACH_TIME = [
  "apps_install",
  "apps_update",
  "apps_remove",
  "docker_start",
  "docker_stop",
  "docker_restart",
  "docker_exec",
  "service_restart",
  "mcp_install",
  "mcp_manage",
  "mcp_config_raw",
];
/** What becomes of it, where that is not plain from its title. */
const MEANS: Record<string, TextKey> = {
  apps_install: "assistant.proposal.means.install",
  apps_update: "assistant.proposal.means.update",
  apps_remove: "assistant.proposal.means.remove",
};

const ENDS: Record<Proposal["state"], TextKey> = {
  waiting: "assistant.proposal.waiting",
  working: "assistant.proposal.working",
  unknown: "assistant.proposal.unknown",
  done: "assistant.proposal.done",
  failed: "assistant.proposal.failed",
  denied: "assistant.proposal.denied",
  expired: "assistant.proposal.expired",
  withdrawn: "assistant.proposal.withdrawn",
};

const UNDOING: Partial<Record<Proposal["state"], TextKey>> = {
  waiting: "assistant.proposal.undoWaits",
  working: "assistant.proposal.undoing",
  failed: "assistant.proposal.undoFailed",
  unknown: "assistant.proposal.undoUnknown",
};

function standing({ state, undone, undoing }: Proposal): TextKey {
  if (undone) return "assistant.proposal.undone";
  return (undoing && UNDOING[undoing.state]) ?? ENDS[state];
}

function iconOf(proposal: Proposal): ReactNode {
  switch (proposal.state) {
    case "working":
      return <Pulse />;
    case "waiting":
      return <Hand size={16} aria-hidden className="mt-0.5 text-accent-text" />;
    case "unknown":
      return <CircleHelp size={16} aria-hidden className="mt-0.5 text-warn" />;
    case "done":
      return <Check size={16} aria-hidden className="mt-0.5 text-muted" />;
    case "failed":
      return <CircleAlert size={16} aria-hidden className="mt-0.5 text-danger" />;
    default:
      return <CircleSlash size={16} aria-hidden className="mt-0.5 text-muted" />;
  }
}

/** Something that the assistant would like done: what, on what, why, and the person's answer. */
export function ProposalCard({ item }: { item: ProposalItem }) {
  const { proposal } = item;
  const title = useId();
  const asks = proposal.state === "waiting" || proposal.state === "unknown";
  const [busy, setBusy] = useState<"" | "approve" | "always" | "deny" | "undo">("");
  const [error, setError] = useState("");
  const attempt = async (what: typeof busy, work: () => Promise<unknown>) => {
    if (busy) return;
    setBusy(what);
    setError("");
    try {
      await work();
    } catch (cause) {
      setError(errorText(cause));
    } finally {
      setBusy("");
      // Somebody may have answered it elsewhere, so it is looked at again whatever came of this.
      void queries.invalidateQueries({ queryKey: assistantKeys.conversation(proposal.conversation) });
      void queries.invalidateQueries({ queryKey: assistantKeys.rules });
    }
  };
  const agree = (always: boolean) =>
    attempt(always ? "always" : "approve", () =>
      answerProposal(proposal.id, { decision: "approve", action: proposal.action, always }),
    );
  const again = proposal.state === "unknown";
  const egress = EGRESS[proposal.action.tool];
  const { undoing } = proposal;
  const goesBack = undoing?.state === "waiting" || undoing?.state === "working";
  const failure = undoing?.state === "failed" ? undoing : proposal.state === "failed" ? proposal : undefined;
  const why = failure?.outcome;
  return (
    <Card className="flex flex-col gap-2 px-3.5 py-3">
      <article aria-labelledby={title} className="flex min-w-0 flex-col gap-2">
        <div className="flex items-start gap-2">
          {iconOf(proposal)}
          <div className="min-w-0">
            <h4 id={title} className="text-sm font-medium break-words">
              <bdi>{titleOf(proposal)}</bdi>
            </h4>
            {proposal.subagent && (
              <p className="text-sm break-words text-muted">
                <bdi>{t("assistant.proposal.subagent", { name: proposal.subagent })}</bdi>
              </p>
            )}
            <p dir="auto" className="text-sm break-words text-muted">
              {sentence(proposal.why)}
            </p>
          </div>
        </div>
        <p className="text-sm break-words text-muted">
          {t(standing(proposal))}
          {why && (
            <>
              {" "}
              <bdi>{sentence(why)}</bdi>
            </>
          )}
        </p>
        {asks && proposal.tainted && (
          <p className="flex items-start gap-2 text-sm text-muted">
            <CircleAlert size={14} aria-hidden className="mt-0.5 text-warn" />
            {egress ? t(egress, { name: proposal.subject }) : t("assistant.proposal.tainted")}
          </p>
        )}
        {asks && <Means proposal={proposal} />}
        {asks && (
          <code dir="ltr" className="text-xs break-all text-muted">
            {proposal.action.tool} {shownArguments(proposal.action.arguments)}
          </code>
        )}
        {error && (
          <p role="alert" className="text-sm break-words text-danger">
            {sentence(error)}
          </p>
        )}
        {asks && (
          <div className="flex flex-wrap gap-2">
            <Button
              size="sm"
              variant="primary"
              write
              busy={busy === "approve"}
              disabled={busy !== ""}
              onClick={() => void agree(false)}
            >
              {t(again ? "assistant.proposal.again" : "assistant.proposal.approve")}
            </Button>
            <Button
              size="sm"
              write
              busy={busy === "deny"}
              disabled={busy !== ""}
              onClick={() => void attempt("deny", () => answerProposal(proposal.id, { decision: "deny" }))}
            >
              {t(again ? "assistant.proposal.leave" : "assistant.proposal.deny")}
            </Button>
            {/* No rule answers for a tool of another server. */}
            {!again &&
              !proposal.action.tool.includes("__") &&
              (egress || !proposal.tainted) &&
              !EACH_TIME.includes(proposal.action.tool) && (
                <Button
                  size="sm"
                  variant="quiet"
                  write
                  busy={busy === "always"}
                  disabled={busy !== ""}
                  onClick={() => void agree(true)}
                >
                  {t("assistant.proposal.always")}
                </Button>
              )}
          </div>
        )}
        {proposal.state === "done" && proposal.undo && !proposal.undone && !goesBack && (
          <Button
            size="sm"
            className="self-start"
            write
            busy={busy === "undo"}
            onClick={() => void attempt("undo", () => undoProposal(proposal.id, proposal.action))}
          >
            {t("shell.action.undo")}
          </Button>
        )}
      </article>
    </Card>
  );
}

/** A text is shown beside them, with its lines. */
function shownArguments(all: object): string {
  const { text, ...others } = all as { text?: unknown };
  return JSON.stringify(text === undefined ? all : { ...others, text: "…" });
}

/** A word of a command, in quotation marks where it could be taken for several. */
function word(word: unknown): string {
  const plain = typeof word === "string" && /^[\w./:=@%+,-]+$/.test(word);
  return plain ? word : JSON.stringify(word);
}

function Exactly({ text }: { text: string }) {
  return (
    <pre
      dir="auto"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard.
      tabIndex={0}
      data-user-text
      className="max-h-60 overflow-auto rounded-control border border-line bg-sunken px-3 py-2 text-xs break-words whitespace-pre-wrap"
    >
      {text}
    </pre>
  );
}

/** What is agreed to with it. */
function Means({ proposal: { action, subject, notes = [] } }: { proposal: Proposal }) {
  const means = MEANS[action.tool];
  const { text, revision, cmd } = action.arguments as { text?: unknown; revision?: unknown; cmd?: unknown };
  return (
    <>
      {Array.isArray(cmd) && (
        <>
          <p className="text-sm break-words">{t("assistant.proposal.means.command")}</p>
          <Exactly text={cmd.map(word).join(" ")} />
        </>
      )}
      {typeof text === "string" && (
        <>
          <p className="text-sm break-words">
            {t(revision ? "assistant.proposal.means.replace" : "assistant.proposal.means.write")}
          </p>
          <Exactly text={text} />
        </>
      )}
      {means && <p className="text-sm break-words">{t(means, { name: subject })}</p>}
      {notes.length > 0 && (
        <ul className="flex list-disc flex-col gap-0.5 ps-5 text-sm break-words">
          {notes.map((note) => (
            <li key={note}>
              <bdi>{sentence(note)}</bdi>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

/** What is done in this conversation without asking, and how to be asked again. */
export function Rules({ conversation }: { conversation: Conversation }) {
  const proposals = conversation.items.flatMap((item) =>
    item.kind === "tool" && item.proposal ? [item.proposal] : [],
  );
  const rules = useQuery({ ...rulesQuery, enabled: proposals.length > 0 });
  const [error, setError] = useState("");
  const here =
    rules.data?.filter((one) => one.conversation === conversation.id && one.verdict === "allow") ?? [];
  if (here.length === 0) return null;
  const askAgain = async (tool: string) => {
    setError("");
    try {
      await setRule(tool, { conversation: conversation.id, verdict: "ask" });
      await queries.invalidateQueries({ queryKey: assistantKeys.rules });
    } catch (cause) {
      setError(errorText(cause));
    }
  };
  return (
    <div className="flex flex-col gap-1">
      {here.map(({ tool }) => (
        <p key={tool} className="flex flex-wrap items-center gap-x-3 gap-y-1 text-sm text-muted">
          {t("assistant.rule.here", { what: t(RULES[tool] ?? "assistant.rule.other") })}
          <Button size="sm" variant="quiet" write onClick={() => void askAgain(tool)}>
            {t("assistant.rule.ask")}
          </Button>
        </p>
      ))}
      {error && (
        <p role="alert" className="text-sm text-danger">
          {sentence(error)}
        </p>
      )}
    </div>
  );
}

const RULES: Record<string, TextKey> = {
  apps_start: "assistant.rule.apps_start",
  apps_stop: "assistant.rule.apps_stop",
  apps_restart: "assistant.rule.apps_restart",
  files_write: "assistant.rule.files_write",
  files_move: "assistant.rule.files_move",
  files_trash: "assistant.rule.files_trash",
  scrape: "assistant.rule.scrape",
  web_search: "assistant.rule.web_search",
};
