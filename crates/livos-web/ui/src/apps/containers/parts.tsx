import type { ReactNode } from "react";
import { t, tx } from "@/lib/i18n";
import { openApp } from "@/lib/window";
import { Badge } from "@/ui";
import { cx } from "@/ui/cx";
import { isRunning } from "./core";
import type { Container, Owner } from "./data";

/** The container's state in a word, and what its health check says. */
export function State({ container }: { container: Container }) {
  const bad =
    container.health === "unhealthy" || container.state === "dead" || container.state === "restarting";
  return (
    <span className="flex min-h-6 flex-wrap items-center gap-1">
      <Badge tone={bad ? "danger" : isRunning(container) ? "ok" : "neutral"}>
        {tx(`containers.state.${container.state}`, container.state)}
      </Badge>
      {container.health && container.health !== "healthy" && (
        <Badge tone={bad ? "danger" : "warn"}>
          {tx(`containers.health.${container.health}`, container.health)}
        </Badge>
      )}
    </span>
  );
}

/** Whose something is. An app's leads to the app. */
export function OwnerName({ owner }: { owner: Owner }) {
  if (owner.kind === "app") {
    return (
      <button
        type="button"
        className="min-h-6 text-start text-accent-text underline touch:min-h-11"
        onClick={() => openApp("store", `/installed/${encodeURIComponent(owner.id)}`)}
      >
        {owner.name}
      </button>
    );
  }
  return <span>{ownerWords(owner)}</span>;
}

export function ownerWords(owner: Owner): string {
  if (owner.kind === "app") return owner.name;
  if (owner.kind === "adopted") return t("containers.owner.adopted", { name: owner.name });
  if (owner.kind === "stack") return t("containers.owner.stack", { name: owner.name });
  if (owner.kind === "livos") return t("containers.owner.livos", { name: owner.name });
  if (owner.kind === "docker") return t("containers.owner.docker");
  return t("containers.owner.nobody");
}

export interface Column<T> {
  label: string;
  cell: (row: T) => ReactNode;
  /** Left out where the window is narrow, or not wide. */
  wide?: boolean | "middle";
  /** No wider than a button, and its heading is for screen readers. */
  small?: boolean;
}

/** A table whose first column names the row; what is not shown in a narrow window is in the row's own page. */
export function Table<T>({
  label,
  columns,
  rows,
  name,
}: {
  label: string;
  columns: Column<T>[];
  rows: T[];
  name: (row: T) => string;
}) {
  const look = (column: Column<T>) =>
    cx(
      column.wide === "middle" && "hidden @xl:table-cell",
      column.wide === true && "hidden @3xl:table-cell",
      column.small && "w-14",
    );
  return (
    <table aria-label={label} className="w-full table-fixed border-collapse text-sm">
      <thead>
        <tr className="border-b border-line text-start text-xs text-muted">
          {columns.map((column) => (
            <th
              key={column.label}
              scope="col"
              className={`px-2 py-2 text-start font-medium first:ps-4 last:pe-4 ${look(column)}`}
            >
              {column.small ? <span className="sr-only">{column.label}</span> : column.label}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={name(row)} className="border-b border-line align-middle">
            {columns.map((column, index) =>
              index === 0 ? (
                <th
                  key={column.label}
                  scope="row"
                  className="ps-4 pe-2 py-2 text-start font-medium break-words"
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

export function Names({ names }: { names: string[] }) {
  if (names.length === 0) return <span className="text-muted">{t("containers.nothing")}</span>;
  return <span>{names.join(", ")}</span>;
}
