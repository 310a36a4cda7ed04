import { ArrowDown, ArrowUp } from "lucide-react";
import type { KeyboardEvent } from "react";
import { t } from "@/lib/i18n";
import { cx } from "@/ui/cx";
import type { Sort, SortColumn } from "../core/listing";
import { type Columns, template } from "./Row";

type Head = { column: SortColumn; label: string; className: string; sortable: boolean };

function heads(columns: Columns): Head[] {
  const last = columns === "files" ? "kind" : columns === "trash" ? "from" : "folder";
  return [
    { column: "name", label: t("files.column.name"), className: "", sortable: true },
    { column: "size", label: t("files.column.size"), className: "justify-end pe-3", sortable: true },
    {
      column: "modified",
      label: t(
        columns === "trash"
          ? "files.column.deleted"
          : columns === "recents"
            ? "files.column.used"
            : "files.column.modified",
      ),
      className: "hidden justify-end pe-3 @lg:flex",
      sortable: true,
    },
    {
      column: "kind",
      label: t(`files.column.${last}`),
      className: "hidden ps-4 @3xl:flex touch:hidden",
      sortable: columns === "files",
    },
  ];
}

/**
 * The column titles are part of the grid: ArrowUp from the first row reaches them, arrows walk along them and
 * ArrowDown goes back, so the list stays one stop for Tab.
 */
export function Header({
  columns,
  sort,
  onSort,
  onLeave,
}: {
  columns: Columns;
  sort: Sort;
  onSort(column: SortColumn): void;
  onLeave(): void;
}) {
  const keys = (event: KeyboardEvent<HTMLDivElement>) => {
    const buttons = [...event.currentTarget.querySelectorAll<HTMLElement>("button")].filter(
      (b) => b.offsetParent,
    );
    const at = buttons.indexOf(document.activeElement as HTMLElement);
    if (event.key === "ArrowDown") onLeave();
    else if (event.key === "ArrowRight") buttons[Math.min(buttons.length - 1, at + 1)]?.focus();
    else if (event.key === "ArrowLeft") buttons[Math.max(0, at - 1)]?.focus();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div role="rowgroup" data-header onKeyDown={keys} className="sticky top-0 z-10 bg-surface px-2">
      <div
        role="row"
        tabIndex={-1}
        aria-rowindex={1}
        className={cx(
          "grid h-8 touch:h-11 items-center border-b border-line text-xs text-muted",
          template[columns],
        )}
      >
        <div role="columnheader">
          <span className="sr-only">{t("files.action.selectAll")}</span>
        </div>
        {heads(columns).map(({ column, label, className, sortable }) => {
          const active = sort.column === column && sortable;
          const Arrow = sort.descending ? ArrowDown : ArrowUp;
          return (
            <div
              key={column}
              role="columnheader"
              aria-sort={active ? (sort.descending ? "descending" : "ascending") : undefined}
              className={cx("flex min-w-0", className)}
            >
              {sortable ? (
                <button
                  type="button"
                  tabIndex={-1}
                  data-focus="inset"
                  onClick={() => onSort(column)}
                  className="inline-flex min-h-6 touch:min-h-11 min-w-6 items-center gap-1 rounded-control font-medium hover:text-fg"
                >
                  {label}
                  {active && <Arrow size={12} aria-hidden />}
                </button>
              ) : (
                <span className="font-medium">{label}</span>
              )}
            </div>
          );
        })}
      </div>
    </div>
  );
}
