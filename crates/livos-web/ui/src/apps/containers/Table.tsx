import { ArrowDown, ArrowUp } from "lucide-react";
import { type ReactNode, useMemo, useState } from "react";
import { collator } from "@/lib/format";
import { t } from "@/lib/i18n";
import { Checkbox } from "@/ui";
import { cx } from "@/ui/cx";

export interface Column<T> {
  label: string;
  cell: (row: T) => ReactNode;
  /** What the rows are sorted by when its heading is pressed; numbers the largest first. */
  sort?: (row: T) => string | number;
  /** Left out where the window is narrow, or not wide. */
  wide?: boolean | "middle";
  /** No wider than a button, and its heading is for screen readers. */
  small?: boolean;
  /** Numbers stand below each other. */
  end?: boolean;
}

/** Which rows are chosen, by what names them. */
export interface Selection<T> {
  chosen: ReadonlySet<string>;
  onChange: (chosen: ReadonlySet<string>) => void;
  label: (row: T) => string;
}

interface Order {
  column: string;
  down: boolean;
}

/** The rows in the order that was asked for; in the server's as long as nothing was. */
export function sorted<T>(rows: T[], columns: Column<T>[], order: Order | undefined): T[] {
  const by = columns.find((column) => column.label === order?.column)?.sort;
  if (!by || !order) return rows;
  const compare = (a: string | number, b: string | number) =>
    typeof a === "number" && typeof b === "number" ? a - b : collator.compare(String(a), String(b));
  const turn = order.down ? -1 : 1;
  return [...rows].sort((a, b) => turn * compare(by(a), by(b)));
}

/** A table whose first column names the row; what is not shown in a narrow window is in the row's own page. */
export function Table<T>({
  label,
  columns,
  rows,
  name,
  selection,
}: {
  label: string;
  columns: Column<T>[];
  rows: T[];
  name: (row: T) => string;
  selection?: Selection<T>;
}) {
  const [order, setOrder] = useState<Order>();
  const shown = useMemo(() => sorted(rows, columns, order), [rows, columns, order]);
  const look = (column: Column<T>) =>
    cx(
      column.wide === "middle" && "hidden @xl:table-cell",
      column.wide === true && "hidden @3xl:table-cell",
      column.small && "w-14",
      column.end && "text-end tabular-nums",
    );
  const turn = (column: Column<T>) => {
    const first = rows[0] !== undefined && typeof column.sort?.(rows[0]) === "number";
    if (order?.column !== column.label) setOrder({ column: column.label, down: first });
    else if (order.down === first) setOrder({ column: column.label, down: !first });
    else setOrder(undefined);
  };
  const pick = (keys: string[], on: boolean) => {
    const next = new Set(selection?.chosen);
    for (const key of keys) on ? next.add(key) : next.delete(key);
    selection?.onChange(next);
  };
  return (
    <table aria-label={label} className="w-full table-fixed border-collapse text-sm">
      <thead>
        <tr className="border-b border-line text-start text-xs text-muted">
          {selection && (
            <th scope="col" className="w-10 touch:w-12 ps-4 py-1 text-start">
              <Checkbox
                hideLabel
                label={t("containers.select.all")}
                checked={rows.every((row) => selection.chosen.has(name(row)))}
                onChange={(on) => pick(rows.map(name), on)}
              />
            </th>
          )}
          {columns.map((column) => (
            <th
              key={column.label}
              scope="col"
              aria-sort={
                order?.column === column.label ? (order.down ? "descending" : "ascending") : undefined
              }
              className={`px-2 py-2 font-medium first:ps-4 last:pe-4 ${column.end ? "" : "text-start"} ${look(column)}`}
            >
              {column.small ? (
                <span className="sr-only">{column.label}</span>
              ) : column.sort ? (
                <button
                  type="button"
                  className="inline-flex min-h-6 touch:min-h-11 items-center gap-1 text-start hover:text-fg"
                  onClick={() => turn(column)}
                >
                  {column.label}
                  {order?.column === column.label &&
                    (order.down ? <ArrowDown size={12} aria-hidden /> : <ArrowUp size={12} aria-hidden />)}
                </button>
              ) : (
                column.label
              )}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {shown.map((row) => (
          <tr key={name(row)} className="border-b border-line align-middle">
            {selection && (
              <td className="ps-4 py-1">
                <Checkbox
                  hideLabel
                  label={t("containers.select.one", { name: selection.label(row) })}
                  checked={selection.chosen.has(name(row))}
                  onChange={(on) => pick([name(row)], on)}
                />
              </td>
            )}
            {columns.map((column, index) =>
              index === 0 ? (
                <th
                  key={column.label}
                  scope="row"
                  className="px-2 py-2 text-start font-medium break-words first:ps-4"
                >
                  {column.cell(row)}
                </th>
              ) : (
                <td key={column.label} className={`px-2 py-2 break-words last:pe-4 ${look(column)}`}>
                  {column.cell(row)}
                </td>
              ),
            )}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
