import type { UseQueryResult } from "@tanstack/react-query";
import {
  Archive,
  ArchiveRestore,
  ChevronRight,
  EllipsisVertical,
  Hand,
  Pencil,
  Pin,
  PinOff,
  SquarePen,
  Trash2,
} from "lucide-react";
import { type KeyboardEvent, useRef, useState } from "react";
import type { ConversationLine } from "@/lib/assistant";
import { exact } from "@/lib/format";
import { region, t } from "@/lib/i18n";
import { useStore } from "@/lib/store";
import {
  Button,
  cx,
  Dialog,
  EmptyState,
  IconButton,
  type MenuItem,
  menuPoint,
  openMenu,
  QueryView,
  Skeleton,
  StaleNote,
  TextField,
} from "@/ui";
import { change, leaving, remove } from "./actions";
import { byDay, type Day, matching } from "./core/days";
import { Pulse } from "./Work";

interface Props {
  query: UseQueryResult<ConversationLine[]>;
  current: string | undefined;
  onOpen: (id: string) => void;
  onNew: () => void;
  /** The list is all there is to see: roomy rows, and New is in the header. */
  page: boolean;
}

const weekday = new Intl.DateTimeFormat(region, { weekday: "long" });
const month = new Intl.DateTimeFormat(region, { month: "long", year: "numeric" });

function dayName(day: Day): string {
  if (day === "pinned") return t("assistant.day.pinned");
  if (day === "today") return t("assistant.day.today");
  if (day === "yesterday") return t("assistant.day.yesterday");
  return "day" in day ? weekday.format(day.day * 1000) : month.format(day.month * 1000);
}

/** All conversations by day, a search over their titles, and what was archived at the end. */
export function List({ query, current, onOpen, onNew, page }: Props) {
  const [wanted, setWanted] = useState("");
  const [archive, setArchive] = useState(false);
  const [renaming, setRenaming] = useState<ConversationLine | null>(null);
  const gone = useStore(leaving);
  const list = useRef<HTMLDivElement>(null);
  const [focused, setFocused] = useState<string>();

  const rows = (all: ConversationLine[]) => {
    // A subagent's are found where it was asked.
    const there = all.filter((one) => !gone.has(one.id) && !one.subagent);
    const found = matching(there, wanted);
    const archived = found.filter((one) => one.archived);
    const shown = archive || wanted ? archived : [];
    return {
      there,
      groups: byDay(
        found.filter((one) => !one.archived),
        Date.now(),
      ),
      archived,
      shown,
    };
  };

  const moveFocus = (event: KeyboardEvent, id: string) => {
    const buttons = [...(list.current?.querySelectorAll<HTMLElement>("[data-conversation]") ?? [])];
    const at = buttons.findIndex((button) => button.dataset.conversation === id);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: buttons.length - 1 }[event.key];
    if (to === undefined) return false;
    buttons[Math.min(Math.max(0, to), buttons.length - 1)]?.focus();
    return true;
  };

  const removeOne = (one: ConversationLine) => {
    const open = one.id === current;
    if (open) onNew();
    remove(one, () => open && onOpen(one.id));
  };

  const menuOf = (one: ConversationLine): MenuItem[] => [
    { label: t("assistant.rename"), icon: Pencil, keys: "F2", onSelect: () => setRenaming(one) },
    one.pinned
      ? { label: t("assistant.unpin"), icon: PinOff, onSelect: () => void change(one.id, { pinned: false }) }
      : { label: t("assistant.pin"), icon: Pin, onSelect: () => void change(one.id, { pinned: true }) },
    one.archived
      ? {
          label: t("assistant.unarchive"),
          icon: ArchiveRestore,
          onSelect: () => void change(one.id, { archived: false }),
        }
      : {
          label: t("assistant.archive"),
          icon: Archive,
          onSelect: () => void change(one.id, { archived: true }),
        },
    { separator: true },
    {
      label: t("assistant.delete"),
      icon: Trash2,
      keys: "Delete",
      danger: true,
      onSelect: () => removeOne(one),
    },
  ];

  return (
    <div className="flex h-full flex-col">
      <div className="flex flex-none flex-col gap-2 p-2">
        {!page && (
          <Button icon={SquarePen} variant="quiet" onClick={onNew} className="justify-start">
            {t("assistant.new")}
          </Button>
        )}
        <TextField
          label={t("assistant.search")}
          hideLabel
          placeholder={t("assistant.search")}
          type="search"
          value={wanted}
          onChange={setWanted}
        />
      </div>
      <div ref={list} className="min-h-0 flex-1 overflow-y-auto px-2 pb-2">
        <QueryView query={query} skeleton={<ListSkeleton />} failed={t("assistant.list.failed")}>
          {(all) => {
            const { there, groups, archived, shown } = rows(all);
            const first = groups[0]?.conversations[0]?.id ?? shown[0]?.id;
            const known = [...groups.flatMap((group) => group.conversations), ...shown];
            const stop = [focused, current].find((id) => known.some((one) => one.id === id)) ?? first;
            const row = (one: ConversationLine) => (
              <Line
                key={one.id}
                one={one}
                current={one.id === current}
                stop={one.id === stop}
                page={page}
                items={() => menuOf(one)}
                onFocus={() => setFocused(one.id)}
                onOpen={() => onOpen(one.id)}
                onKeyDown={(event) => {
                  if (event.key === "F2") setRenaming(one);
                  else if (event.key === "Delete") removeOne(one);
                  else if (!moveFocus(event, one.id)) return;
                  event.preventDefault();
                }}
              />
            );
            if (there.length === 0)
              return <EmptyState title={t("assistant.list.empty")} text={t("assistant.list.emptyText")} />;
            return (
              <div className="flex flex-col gap-3">
                <StaleNote at={query.dataUpdatedAt} />
                {groups.map((group) => (
                  <section key={group.key} aria-label={dayName(group.day)}>
                    <h3 className="px-2.5 pb-1 text-xs font-medium text-muted">{dayName(group.day)}</h3>
                    <ul className="flex flex-col gap-0.5">{group.conversations.map(row)}</ul>
                  </section>
                ))}
                {archived.length > 0 && (
                  <section aria-label={t("assistant.archived")}>
                    <button
                      type="button"
                      aria-expanded={shown.length > 0}
                      data-focus="inset"
                      onClick={() => setArchive(!archive)}
                      className="flex min-h-7 touch:min-h-11 w-full items-center gap-1.5 rounded-control px-2.5 text-start text-xs font-medium text-muted hover:bg-fg/5"
                    >
                      <ChevronRight
                        size={12}
                        aria-hidden
                        className={cx("rtl:-scale-x-100", shown.length > 0 && "rotate-90 rtl:-rotate-90")}
                      />
                      {t("assistant.archived.count", { count: archived.length })}
                    </button>
                    {shown.length > 0 && <ul className="flex flex-col gap-0.5">{shown.map(row)}</ul>}
                  </section>
                )}
                {known.length === 0 && archived.length === 0 && (
                  <p className="px-2.5 py-4 text-sm text-muted">
                    {t("assistant.search.none", { query: wanted.trim() })}
                  </p>
                )}
              </div>
            );
          }}
        </QueryView>
      </div>
      {renaming && <Rename one={renaming} onClose={() => setRenaming(null)} />}
    </div>
  );
}

function ListSkeleton() {
  return (
    <div className="flex flex-col gap-2 p-2">
      {[60, 85, 70, 45].map((width) => (
        <Skeleton key={width} className={cx("h-5", SKELETONS[width])} />
      ))}
    </div>
  );
}

const SKELETONS: Record<number, string> = { 60: "w-3/5", 85: "w-5/6", 70: "w-2/3", 45: "w-2/5" };

interface LineProps {
  one: ConversationLine;
  current: boolean;
  stop: boolean;
  page: boolean;
  items: () => MenuItem[];
  onFocus: () => void;
  onOpen: () => void;
  onKeyDown: (event: KeyboardEvent) => void;
}

/** One tab stop for the list and one for the menu of the row in it; arrows choose the row. */
function Line({ one, current, stop, page, items, onFocus, onOpen, onKeyDown }: LineProps) {
  const [open, setOpen] = useState(false);
  const title = one.title || t("assistant.untitled");
  const name = t("assistant.menu", { title });
  const show = (at: Element | { x: number; y: number }) => {
    setOpen(true);
    openMenu(at, name, items(), { align: "end", onClose: () => setOpen(false) });
  };
  return (
    <li
      className={cx(
        "group/line relative flex items-center rounded-control",
        current ? "bg-accent-soft text-accent-text" : "hover:bg-fg/5",
      )}
    >
      <button
        type="button"
        data-conversation={one.id}
        data-focus="inset"
        tabIndex={stop ? 0 : -1}
        aria-current={current ? "page" : undefined}
        title={exact(one.updated_at)}
        onFocus={onFocus}
        onKeyDown={onKeyDown}
        onClick={onOpen}
        onContextMenu={(event) => show(menuPoint(event))}
        className={cx(
          "flex min-w-0 flex-1 items-center gap-2 rounded-control ps-2.5 text-start text-sm group-hover/line:pe-8 group-focus-within/line:pe-8 touch:pe-12!",
          page ? "min-h-12 text-base" : "min-h-8 touch:min-h-11",
          current ? "pe-8 font-medium" : "pe-2.5",
        )}
      >
        {one.asks ? <Hand size={12} aria-hidden className="text-accent-text" /> : one.running && <Pulse />}
        <bdi className="truncate">{title}</bdi>
        {(one.asks || one.running) && (
          <span className="sr-only">, {t(one.asks ? "assistant.list.asks" : "assistant.say.answering")}</span>
        )}
        {one.pinned && <Pin size={12} aria-hidden className="text-subtle" />}
      </button>
      <IconButton
        size="sm"
        label={name}
        icon={EllipsisVertical}
        tooltip={false}
        tabIndex={stop ? 0 : -1}
        aria-haspopup="menu"
        aria-expanded={open}
        onClick={(event) => show(event.currentTarget)}
        className={cx(
          "absolute end-0.5 opacity-0 group-hover/line:opacity-100 focus-visible:opacity-100 touch:opacity-100",
          (open || current) && "opacity-100",
        )}
      />
    </li>
  );
}

function Rename({ one, onClose }: { one: ConversationLine; onClose: () => void }) {
  const [title, setTitle] = useState(one.title);
  const ready = title.trim() !== "";
  const submit = () => {
    if (!ready) return;
    onClose();
    if (title.trim() !== one.title) void change(one.id, { title: title.trim() });
  };
  return (
    <Dialog
      title={t("assistant.rename.title")}
      onClose={onClose}
      onSubmit={submit}
      actions={
        <>
          <Button onClick={onClose}>{t("shell.action.cancel")}</Button>
          <Button type="submit" variant="primary" write disabled={!ready}>
            {t("shell.action.save")}
          </Button>
        </>
      }
    >
      <TextField
        label={t("assistant.rename.field")}
        value={title}
        onChange={setTitle}
        maxLength={120}
        autoComplete="off"
      />
    </Dialog>
  );
}
