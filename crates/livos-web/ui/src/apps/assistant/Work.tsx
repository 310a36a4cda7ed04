import { ChevronRight, CircleAlert, FoldVertical, Sparkle, Wrench } from "lucide-react";
import { createContext, lazy, type ReactNode, Suspense, useContext, useId, useState } from "react";
import type { CondensedItem, ThinkingItem, ToolItem } from "@/lib/assistant";
import { elapsed, number } from "@/lib/format";
import { t } from "@/lib/i18n";
import { useStore } from "@/lib/store";
import { Button, cx } from "@/ui";
import { Code } from "./Code";
import { MANY, type WorkItem } from "./core/rows";
import { verbose } from "./core/verbose";
import { SubagentAsks, SubagentWork } from "./Subagent";

const Whole = lazy(() => import("./Whole"));

/** The conversation that is shown. */
export const InConversation = createContext("");

/** One line that opens to more. */
function Fold({ line, children, tone }: { line: ReactNode; children: () => ReactNode; tone?: string }) {
  const opened = useStore(verbose);
  // Until somebody opens or closes this one.
  const [own, setOpen] = useState<boolean>();
  const open = own ?? opened;
  const id = useId();
  return (
    <div className="min-w-0">
      <button
        type="button"
        aria-expanded={open}
        aria-controls={open ? id : undefined}
        data-focus="inset"
        onClick={() => setOpen(!open)}
        className={cx(
          "-ms-1.5 flex min-h-7 touch:min-h-11 max-w-full items-center gap-2 rounded-control px-1.5 text-start text-sm hover:bg-fg/5",
          tone ?? "text-muted",
        )}
      >
        <ChevronRight
          size={14}
          aria-hidden
          className={cx(
            "transition-transform duration-(--quick) rtl:-scale-x-100",
            open && "rotate-90 rtl:-rotate-90",
          )}
        />
        {line}
      </button>
      {open && (
        <div id={id} className="ms-1 flex flex-col gap-2 border-s border-line ps-4 pt-1 pb-2">
          {children()}
        </div>
      )}
    </div>
  );
}

export function Pulse() {
  return (
    <span aria-hidden className="grid size-3.5 shrink-0 place-items-center">
      <span className="pulse size-2 rounded-full bg-accent" />
    </span>
  );
}

function Thinking({ item, now }: { item: ThinkingItem; now: boolean }) {
  return (
    <Fold
      line={
        <>
          {now ? <Pulse /> : <Sparkle size={14} aria-hidden />}
          <span>{t(now ? "assistant.thinking.now" : "assistant.thinking")}</span>
        </>
      }
    >
      {() => (
        <p dir="auto" data-user-text className="text-sm break-words whitespace-pre-wrap text-muted">
          {item.text}
        </p>
      )}
    </Fold>
  );
}

function inputOf(input: unknown): string {
  return typeof input === "string" ? input : (JSON.stringify(input, null, 2) ?? "");
}

/** Enough to know what went wrong; opened, all of it is there. */
function firstLine(text = ""): string {
  const line = text.trim().split("\n", 1)[0] ?? "";
  return line.length > 140 ? `${line.slice(0, 140)}…` : line;
}

/** What a tool said: the beginning and the end, and all of it when somebody asks. */
function Output({ text, kept }: { text: string; kept?: string | null }) {
  const conversation = useContext(InConversation);
  const [all, setAll] = useState(false);
  if (all && kept)
    return (
      <Suspense>
        <Whole conversation={conversation} reference={kept} />
      </Suspense>
    );
  return (
    <>
      <Code language="" label={t("assistant.tool.output")} text={text} />
      {kept && (
        <Button size="sm" variant="quiet" className="self-start" onClick={() => setAll(true)}>
          {t("assistant.tool.showAll")}
        </Button>
      )}
    </>
  );
}

function Tool({ item }: { item: ToolItem }) {
  const failed = item.state === "failed";
  const output = item.output || item.problem?.message;
  return (
    <Fold
      tone={failed ? "text-danger" : undefined}
      line={
        <>
          {item.state === "running" ? (
            <Pulse />
          ) : failed ? (
            <CircleAlert size={14} aria-hidden />
          ) : (
            <Wrench size={14} aria-hidden />
          )}
          <span className="min-w-0">
            <bdi className="break-words">{item.summary || item.name}</bdi>
            {item.state === "running" && <span className="sr-only"> {t("assistant.tool.running")}</span>}
            {failed && (
              <>
                {" · "}
                <bdi className="break-words">
                  {firstLine(item.problem?.message) || t("assistant.tool.failed")}
                </bdi>
              </>
            )}
            {item.state !== "running" && typeof item.duration_ms === "number" && (
              <span className="whitespace-nowrap"> · {elapsed(item.duration_ms)}</span>
            )}
          </span>
        </>
      }
    >
      {() => (
        <>
          {item.subagent && <SubagentWork work={item.subagent} />}
          <Code
            language=""
            label={t("assistant.tool.input", { name: item.name })}
            text={inputOf(item.input)}
          />
          {output ? (
            <Output text={output} kept={item.kept} />
          ) : (
            <p className="text-sm text-muted">
              {t(item.state === "running" ? "assistant.tool.noOutputYet" : "assistant.tool.noOutput")}
            </p>
          )}
        </>
      )}
    </Fold>
  );
}

/** From here on the model was told notes of what is above. */
export function Condensed({ item }: { item: CondensedItem }) {
  return (
    <Fold
      line={
        <>
          <FoldVertical size={14} aria-hidden />
          <span>{t("assistant.condensed")}</span>
        </>
      }
    >
      {() => (
        <>
          <p className="text-sm text-muted">
            {t(item.shortened ? "assistant.condensed.shortened" : "assistant.condensed.noted", {
              count: item.messages,
            })}
            {item.usage &&
              ` ${t("assistant.answer.usage", {
                input: number(item.usage.input),
                output: number(item.usage.output),
              })}.`}
          </p>
          <p dir="auto" data-user-text className="text-sm break-words whitespace-pre-wrap text-muted">
            {item.text}
          </p>
        </>
      )}
    </Fold>
  );
}

/** What was done on the way to an answer. Many steps are one line, with the one that runs now beneath it. */
export function Work({ items, tools, running }: { items: WorkItem[]; tools: number; running: boolean }) {
  const last = items.at(-1);
  const one = (item: WorkItem) =>
    item.kind === "tool" ? (
      <Tool key={item.key} item={item} />
    ) : (
      <Thinking key={item.key} item={item} now={running && item === last} />
    );
  const asks = items.map(
    (item) =>
      item.kind === "tool" &&
      item.state === "running" &&
      item.subagent && <SubagentAsks key={item.key} work={item.subagent} />,
  );
  if (tools < MANY)
    return (
      <div className="flex flex-col">
        {items.map(one)}
        {asks}
      </div>
    );
  const failed = items.filter((item) => item.kind === "tool" && item.state === "failed").length;
  const now = running && last?.kind === "tool" && last.state === "running" ? last : undefined;
  return (
    <div className="flex flex-col">
      <Fold
        line={
          <>
            {running ? <Pulse /> : <Wrench size={14} aria-hidden />}
            <span>
              {t("assistant.steps", { count: tools })}
              {failed > 0 && (
                <span className="text-danger"> · {t("assistant.steps.failed", { count: failed })}</span>
              )}
              {now && <bdi> · {now.summary || now.name}</bdi>}
            </span>
          </>
        }
      >
        {() => items.map(one)}
      </Fold>
      {asks}
    </div>
  );
}
