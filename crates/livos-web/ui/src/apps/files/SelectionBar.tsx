import type { LucideIcon } from "lucide-react";
import { Copy, Download, FolderInput, RotateCcw, Trash2, X } from "lucide-react";
import { useEffect, useRef } from "react";
import { bytes } from "@/lib/format";
import { t } from "@/lib/i18n";
import { announce } from "@/lib/notify";
import { IconButton, MenuButton, type MenuItem, StaleNote } from "@/ui";
import { type Entry, totals } from "./core/listing";
import type { Mode } from "./useFolder";

type Action = { label: string; icon: LucideIcon; write: boolean; run(): void };

/** How much there is and how much of it is selected; with a selection, what can be done with it. */
export function SelectionBar(props: {
  mode: Mode;
  /** Undefined while nothing can be counted. */
  count: number | undefined;
  hidden: number;
  filtered: boolean;
  selected: Entry[];
  updatedAt: number;
  writable: boolean;
  menu(): (MenuItem | false | undefined)[];
  onClear(): void;
  on: { download(): void; moveTo(): void; copyTo(): void; trash(): void; restore(): void; delete(): void };
}) {
  const { mode, count, selected, on } = props;
  const amount = selected.length;
  const first = useRef(true);

  useEffect(() => {
    // Half a second, so that holding an arrow key does not speak every step.
    if (first.current && amount === 0) return;
    first.current = false;
    const timer = setTimeout(() => announce(t("files.list.selected", { count: amount })), 500);
    return () => clearTimeout(timer);
  }, [amount]);

  const items =
    count === undefined
      ? ""
      : props.filtered
        ? t("files.list.matches", { count })
        : t("files.list.items", { count });
  const size = totals(selected).bytes;
  const chosen = t("files.list.selected", { count: amount });
  const actions: Action[] =
    mode === "trash"
      ? [
          { label: t("files.action.restore"), icon: RotateCcw, write: true, run: on.restore },
          { label: t("files.action.deleteForGood"), icon: Trash2, write: true, run: on.delete },
        ]
      : [
          { label: t("files.action.download"), icon: Download, write: false, run: on.download },
          ...(props.writable
            ? [{ label: t("files.action.moveTo"), icon: FolderInput, write: true, run: on.moveTo }]
            : []),
          { label: t("files.action.copyTo"), icon: Copy, write: true, run: on.copyTo },
          ...(props.writable
            ? [{ label: t("files.action.trash"), icon: Trash2, write: true, run: on.trash }]
            : []),
        ];
  return (
    <footer className="flex min-h-10 touch:min-h-12 shrink-0 items-center gap-1 border-t border-line ps-4 pe-2 text-sm text-muted">
      <span className="min-w-0 flex-1 truncate tabular-nums">
        {amount === 0
          ? items
          : size > 0
            ? t("files.list.selectedSize", { selected: chosen, size: bytes(size) })
            : t("files.list.status", { items, selected: chosen })}
        {amount === 0 && props.hidden > 0 && ` · ${t("files.list.hidden", { count: props.hidden })}`}
      </span>
      <StaleNote at={props.updatedAt} />
      {amount > 0 && (
        <div role="toolbar" aria-label={chosen} className="flex items-center">
          {actions.map(({ label, icon, write, run }) => (
            <IconButton key={label} label={label} icon={icon} write={write} onClick={run} />
          ))}
          {mode !== "trash" && <MenuButton label={t("files.action.more")} items={props.menu} side="top" />}
          <IconButton label={t("files.action.selectNone")} icon={X} onClick={props.onClear} />
        </div>
      )}
    </footer>
  );
}
