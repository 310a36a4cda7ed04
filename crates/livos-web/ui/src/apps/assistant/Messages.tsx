import { AlarmClock, ArrowDown, Clock } from "lucide-react";
import {
  memo,
  type ReactNode,
  useCallback,
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from "react";
import type { AnswerItem, Conversation, PersonItem } from "@/lib/assistant";
import { clock, exact, number } from "@/lib/format";
import { t } from "@/lib/i18n";
import { dollars } from "@/lib/money";
import { copyText } from "@/lib/storage";
import { Button, cx, MenuButton } from "@/ui";
import { CopyIcon } from "./Code";
import { type Row, rowsOf } from "./core/rows";
import { Markdown } from "./Markdown";
import { AnswerEnd, NotSent } from "./Problems";
import { ProposalCard, Rules } from "./Proposal";
import { AskedIn, Report } from "./Subagent";
import type { Sending } from "./sending";
import { UndoRun } from "./Undo";
import { Condensed, InConversation, Pulse, Work } from "./Work";

/** So many are shown at first, and so many more each time that somebody asks for earlier ones. */
const SHOWN = 80;
/** Nearer to the end than this, a view counts as being at it. */
const NEAR = 48;

interface Props {
  conversation: Conversation;
  sendings: Sending[];
  /** What the window itself says at the end, such as the answer to a command. */
  notes: ReactNode;
  onSend: (text: string) => void;
  onEdit: (text: string) => void;
}

export function Messages({ conversation, sendings, notes, onSend, onEdit }: Props) {
  const { items, running, queued } = conversation;
  const rows = useMemo(() => rowsOf(items, running), [items, running]);
  const [shown, setShown] = useState(SHOWN);
  const visible = rows.slice(-shown);
  const lastAnswer = rows.findLast((row) => row.kind === "answer")?.key;
  const over = !running && rows.findLast((row) => row.kind !== "undo")?.kind === "answer";
  const lastQuestion = items.findLast((item) => item.kind === "person")?.text ?? "";
  const { scroller, atEnd, jump, stay } = useEnd();
  // biome-ignore lint/correctness/useExhaustiveDependencies: whatever is new is a reason to stay at the end.
  useLayoutEffect(stay, [rows, sendings, queued, notes]);
  const last = rows.at(-1);
  const silent =
    running && last?.kind !== "answer" && !(last?.kind === "work" && isBusy(last)) && !isOpen(last);

  return (
    <div className="relative min-h-0 flex-1">
      <div
        ref={scroller}
        role="log"
        aria-live="off"
        aria-label={t("assistant.messages")}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard.
        tabIndex={0}
        data-focus="inset"
        className="h-full overflow-x-hidden overflow-y-auto scroll-pb-4"
      >
        <div className="mx-auto flex max-w-180 flex-col gap-4 px-5 pt-5 pb-8 @max-md:px-4">
          {rows.length > visible.length && (
            <Button variant="quiet" className="self-center" onClick={() => setShown(shown + SHOWN)}>
              {t("assistant.earlier")}
            </Button>
          )}
          <InConversation value={conversation.id}>
            {visible.map((row) => (
              <RowView
                key={row.key}
                row={row}
                running={running && row === last}
                last={over && row.key === lastAnswer}
                onRetry={() => onSend(lastQuestion)}
                onContinue={() => onSend(t("assistant.continue.message"))}
              />
            ))}
          </InConversation>
          {silent && (
            <p className="flex min-h-7 items-center gap-2 text-sm text-muted">
              <Pulse />
              {t("assistant.working")}
            </p>
          )}
          {queued.map((one) => (
            <Person key={one.run} text={one.text} at={one.at}>
              <p className="flex items-center justify-end gap-1.5 text-xs text-muted">
                <Clock size={12} aria-hidden />
                {t("assistant.queued")}
              </p>
            </Person>
          ))}
          {sendings.map((one) => (
            <Person key={one.key} text={one.text} faint={one.error === undefined}>
              {one.error !== undefined && <NotSent one={one} onEdit={onEdit} />}
            </Person>
          ))}
          <Rules conversation={conversation} />
          {notes}
        </div>
      </div>
      {!atEnd && (
        <div className="pointer-events-none absolute inset-x-0 bottom-2 flex justify-center">
          <Button icon={ArrowDown} onClick={jump} className="pointer-events-auto bg-raised shadow-menu">
            {t("assistant.latest")}
          </Button>
        </div>
      )}
    </div>
  );
}

/** It says itself that it waits or is being done. */
function isOpen(row: Row | undefined): boolean {
  return row?.kind === "proposal" && row.item.state === "running";
}

function isBusy({ items }: Extract<Row, { kind: "work" }>): boolean {
  const last = items.at(-1);
  return last?.kind === "thinking" || last?.state === "running";
}

/**
 * Stays at the end while it is at the end, and never moves what somebody reads further up. What was opened
 * last is not a reason to move: only new content and less room are.
 */
function useEnd() {
  const scroller = useRef<HTMLDivElement>(null);
  const following = useRef(true);
  const [atEnd, setAtEnd] = useState(true);
  const toEnd = useCallback(() => {
    const box = scroller.current;
    if (box) box.scrollTop = box.scrollHeight;
  }, []);
  const stay = useCallback(() => {
    if (following.current) toEnd();
  }, [toEnd]);
  useEffect(() => {
    const box = scroller.current;
    if (!box) return;
    const look = () => {
      following.current = box.scrollHeight - box.scrollTop - box.clientHeight < NEAR;
      setAtEnd(following.current);
    };
    const room = new ResizeObserver(() => {
      if (following.current) toEnd();
    });
    const length = new ResizeObserver(look);
    box.addEventListener("scroll", look, { passive: true });
    room.observe(box);
    if (box.firstElementChild) length.observe(box.firstElementChild);
    return () => {
      box.removeEventListener("scroll", look);
      room.disconnect();
      length.disconnect();
    };
  }, [toEnd]);
  const jump = () => {
    following.current = true;
    toEnd();
    scroller.current?.focus({ preventScroll: true });
  };
  return { scroller, atEnd, jump, stay };
}

interface RowProps {
  row: Row;
  running: boolean;
  last: boolean;
  onRetry: () => void;
  onContinue: () => void;
}

const RowView = memo(
  ({ row, running, last, onRetry, onContinue }: RowProps) => {
    if (row.kind === "person")
      return (
        <Person
          text={row.item.text}
          at={row.item.at}
          scheduled={row.item.scheduled}
          askedIn={row.item.asked_in}
        />
      );
    if (row.kind === "proposal") return <ProposalCard item={row.item} />;
    if (row.kind === "undo") return <UndoRun run={row.run} />;
    if (row.kind === "condensed") return <Condensed item={row.item} />;
    if (row.kind === "report") return <Report item={row.item} />;
    if (row.kind === "work") return <Work items={row.items} tools={row.tools} running={running} />;
    return <Answer item={row.item} last={last} onRetry={onRetry} onContinue={onContinue} />;
  },
  (before, after) =>
    before.running === after.running && before.last === after.last && sameRow(before.row, after.row),
);

function sameRow(a: Row, b: Row): boolean {
  if (a.kind === "work" && b.kind === "work")
    return a.items.length === b.items.length && a.items.every((item, index) => item === b.items[index]);
  // Its item is made anew from the same parts each time.
  if (a.kind === "proposal" && b.kind === "proposal") return a.item.proposal === b.item.proposal;
  if (a.kind === "undo" || b.kind === "undo") return a.kind === b.kind && a.key === b.key;
  return a.kind !== "work" && b.kind !== "work" && a.item === b.item;
}

interface PersonProps {
  /** It was written before, to be asked then. */
  scheduled?: PersonItem["scheduled"];
  /** The assistant wrote it, in that conversation. */
  askedIn?: PersonItem["asked_in"];
  text: string;
  at?: number;
  faint?: boolean;
  children?: ReactNode;
}

function Person({ text, at, scheduled, askedIn, faint, children }: PersonProps) {
  const by = askedIn ? "assistant.by.assistant" : "assistant.by.person";
  return (
    <article
      aria-label={at ? t(by, { time: clock(at) }) : t("assistant.by.personNow")}
      className="flex flex-col gap-1 ps-10"
    >
      <p
        dir="auto"
        data-user-text
        title={at ? exact(at) : undefined}
        className={cx(
          "card max-w-full self-end rounded-card rounded-ee-sm bg-accent-soft px-3.5 py-2 break-words whitespace-pre-wrap",
          faint && "opacity-80",
        )}
      >
        {text}
      </p>
      {scheduled && (
        <p className="flex items-center gap-1.5 self-end text-xs text-muted">
          <AlarmClock size={12} aria-hidden />
          {t(scheduled.late ? "assistant.person.late" : "assistant.person.scheduled", {
            when: exact(scheduled.due_at),
          })}
        </p>
      )}
      {askedIn && <AskedIn conversation={askedIn} />}
      {children}
    </article>
  );
}

function Answer({
  item,
  last,
  onRetry,
  onContinue,
}: Omit<RowProps, "row" | "running"> & { item: AnswerItem }) {
  const streaming = item.state === "streaming";
  return (
    <article
      aria-label={t("assistant.by.assistant", { time: clock(item.at) })}
      className="group/answer flex min-w-0 flex-col gap-2"
    >
      {item.text && <Markdown text={item.text} growing={streaming} />}
      {!item.text && item.state === "done" && (
        <p className="text-sm text-muted">{t("assistant.answer.none")}</p>
      )}
      <AnswerEnd item={item} last={last} onRetry={onRetry} onContinue={onContinue} />
      {!streaming && item.text && (
        <div
          className="-ms-1.5 -mt-1 flex items-center gap-0.5 text-muted opacity-0 transition-opacity duration-(--quick) group-hover/answer:opacity-100 group-focus-within/answer:opacity-100 touch:opacity-100 data-last:opacity-100"
          data-last={last || undefined}
        >
          <CopyIcon label={t("assistant.answer.copy")} text={() => item.text} />
          <MenuButton
            size="sm"
            label={t("assistant.answer.menu")}
            items={() => [
              { heading: exact(item.at) },
              item.usage && {
                heading: [
                  t("assistant.answer.usage", {
                    input: number(item.usage.input),
                    output: number(item.usage.output),
                  }),
                  typeof item.usage.cost === "number"
                    ? dollars(item.usage.cost)
                    : t("assistant.answer.noPrice"),
                ].join(" · "),
              },
              { label: t("assistant.answer.copy"), onSelect: () => void copyText(item.text) },
            ]}
          />
        </div>
      )}
    </article>
  );
}
