import { Check, Sparkles } from "lucide-react";
import { memo, useState } from "react";
import { ago, bytes, exact } from "@/lib/format";
import { t } from "@/lib/i18n";
import { cx } from "@/ui/cx";
import { kindOf, kindText } from "../core/kinds";
import { type Entry, isFolder } from "../core/listing";
import { displayName } from "../core/paths";
import { KindIcon } from "./icons";
import { RenameField } from "./Rename";

export type Columns = "files" | "trash" | "search" | "recents" | "favourites";

/** The same template for the header and every row, so columns line up without a table layout. */
const scattered =
  "grid-cols-[2rem_minmax(0,1fr)_5rem] @lg:grid-cols-[2rem_minmax(0,1fr)_5.5rem_8rem] @3xl:grid-cols-[2rem_minmax(0,1fr)_6rem_9rem_14rem] touch:grid-cols-[2.75rem_minmax(0,1fr)_5rem] touch:@lg:grid-cols-[2.75rem_minmax(0,1fr)_5.5rem_8rem]";
export const template: Record<Columns, string> = {
  files:
    "grid-cols-[2rem_minmax(0,1fr)_5rem] @lg:grid-cols-[2rem_minmax(0,1fr)_5.5rem_8rem] @3xl:grid-cols-[2rem_minmax(0,1fr)_6rem_9rem_10rem] touch:grid-cols-[2.75rem_minmax(0,1fr)_5rem] touch:@lg:grid-cols-[2.75rem_minmax(0,1fr)_5.5rem_8rem]",
  trash:
    "grid-cols-[2rem_minmax(0,1fr)_5rem] @lg:grid-cols-[2rem_minmax(0,1fr)_5.5rem_8rem] @3xl:grid-cols-[2rem_minmax(0,1fr)_6rem_9rem_12rem] touch:grid-cols-[2.75rem_minmax(0,1fr)_5rem] touch:@lg:grid-cols-[2.75rem_minmax(0,1fr)_5.5rem_8rem]",
  search: scattered,
  recents: scattered,
  favourites: scattered,
};

export type RowProps = {
  entry: Entry;
  index: number;
  id: string;
  selected: boolean;
  /** The one row that Tab reaches. */
  tabbable: boolean;
  cut: boolean;
  shared: boolean;
  dropTarget: boolean;
  draggable: boolean;
  renaming: boolean;
  columns: Columns;
  /** The last column: the kind, or where the thing was. */
  extra: string | undefined;
  /** Height of a line. */
  size: number;
  taken(name: string): boolean;
  onRenamed(name: string | undefined): void;
};

/** Presses are handled by the list: the box only shows the state and is a target of its own. */
export function SelectBox({ name, selected, always }: { name: string; selected: boolean; always?: boolean }) {
  return (
    <button
      type="button"
      data-check
      role="checkbox"
      aria-checked={selected}
      aria-label={t("files.list.select", { name })}
      tabIndex={-1}
      className={cx(
        "flex size-6 touch:size-11 shrink-0 items-center justify-center rounded-control",
        !selected &&
          !always &&
          "opacity-0 group-hover:opacity-100 group-focus-visible:opacity-100 group-focus-within:opacity-100 touch:opacity-100",
      )}
    >
      <span
        className={cx(
          "flex size-4 items-center justify-center rounded border",
          selected ? "border-accent bg-accent text-on-accent" : "border-line-strong bg-surface",
        )}
      >
        {selected && <Check size={12} aria-hidden className="stroke-3" />}
      </span>
    </button>
  );
}

export function kindWords(entry: Entry): string {
  const { key, ext } = kindText(entry);
  return t(key, { ext });
}

/** Who else sees what is in a folder stands beside its name, which says so to those who hear it. */
function SharedIcon() {
  return (
    <span title={t("files.list.shared")} className="shrink-0 text-accent-text">
      <Sparkles size={14} aria-hidden />
    </span>
  );
}

export const Row = memo(function Row(props: RowProps) {
  const { entry, index, selected, tabbable, columns, extra } = props;
  const [name, , length, at] = entry;
  const shown = displayName(name);
  return (
    <div
      role="row"
      id={props.id}
      data-row={index}
      data-focus="inset"
      aria-rowindex={index + 2}
      aria-selected={selected}
      tabIndex={tabbable ? 0 : -1}
      style={{ top: index * props.size, height: props.size }}
      className={cx(
        "group absolute inset-x-2 grid items-center rounded-control text-sm select-none",
        template[columns],
        selected ? "bg-accent-soft text-accent-text" : "hover:bg-fg/5",
        props.dropTarget && "outline-2 -outline-offset-2 outline-accent",
        props.cut && "italic",
      )}
    >
      <div role="gridcell" className="flex items-center justify-center">
        <SelectBox name={shown} selected={selected} />
      </div>
      <div role="gridcell" className="flex h-full min-w-0 items-center">
        <span
          data-grip
          draggable={props.draggable && !props.renaming}
          className={cx(
            "flex min-w-0 items-center gap-2.5",
            props.renaming ? "w-full" : "max-w-full py-1 pe-2",
          )}
        >
          <KindIcon kind={kindOf(entry)} faded={props.cut} />
          {props.renaming ? (
            <RenameField name={name} folder={isFolder(entry)} taken={props.taken} onDone={props.onRenamed} />
          ) : (
            <bdi className="truncate" title={shown.length > 40 ? shown : undefined}>
              {shown}
              {props.cut && <span className="sr-only">, {t("files.list.cut")}</span>}
              {props.shared && <span className="sr-only">, {t("files.list.shared")}</span>}
            </bdi>
          )}
          {props.shared && <SharedIcon />}
        </span>
      </div>
      <div role="gridcell" className={cx("pe-3 text-end tabular-nums", !selected && "text-muted")}>
        {isFolder(entry) && (columns !== "trash" || length === 0) ? (
          <span className="sr-only">{t("files.kind.folder")}</span>
        ) : (
          bytes(length)
        )}
      </div>
      <div
        role="gridcell"
        title={at > 0 ? exact(at) : undefined}
        className={cx("hidden truncate pe-3 text-end tabular-nums @lg:block", !selected && "text-muted")}
      >
        {at > 0 ? ago(at) : ""}
      </div>
      <div
        role="gridcell"
        className={cx("hidden truncate ps-4 pe-3 @3xl:block touch:hidden", !selected && "text-muted")}
        title={columns === "files" ? undefined : extra}
      >
        {extra ?? kindWords(entry)}
      </div>
    </div>
  );
});

export type TileProps = Omit<RowProps, "columns" | "extra"> & {
  column: number;
  left: number;
  width: number;
  /** Small pictures show themselves; larger ones would cost more than they tell. */
  picture: string | undefined;
};

export const Tile = memo(function Tile(props: TileProps) {
  const { entry, index, selected } = props;
  const name = displayName(entry[0]);
  const [broken, setBroken] = useState(false);
  return (
    <div
      role="gridcell"
      id={props.id}
      data-row={index}
      data-focus="inset"
      aria-colindex={props.column + 1}
      aria-selected={selected}
      tabIndex={props.tabbable ? 0 : -1}
      style={{ left: props.left, width: props.width }}
      className={cx(
        "group absolute inset-y-1 flex flex-col items-center gap-1 rounded-card px-2 pt-3 text-sm select-none",
        selected ? "bg-accent-soft text-accent-text" : "hover:bg-fg/5",
        props.dropTarget && "outline-2 -outline-offset-2 outline-accent",
        props.cut && "italic",
      )}
    >
      <span className="absolute start-0 top-0">
        <SelectBox name={name} selected={selected} />
      </span>
      <span
        data-grip
        draggable={props.draggable && !props.renaming}
        className="flex w-full min-w-0 flex-col items-center gap-1"
      >
        <span className="flex size-14 items-center justify-center">
          {props.picture && !broken ? (
            <img
              src={props.picture}
              alt=""
              loading="lazy"
              decoding="async"
              draggable={false}
              onError={() => setBroken(true)}
              className="max-h-full max-w-full rounded object-contain"
            />
          ) : (
            <KindIcon kind={kindOf(entry)} size={44} faded={props.cut} />
          )}
        </span>
        {props.renaming ? (
          <span className="w-full">
            <RenameField
              centred
              name={entry[0]}
              folder={isFolder(entry)}
              taken={props.taken}
              onDone={props.onRenamed}
            />
          </span>
        ) : (
          <bdi className="line-clamp-2 w-full text-center break-words">
            {name}
            {props.cut && <span className="sr-only">, {t("files.list.cut")}</span>}
            {props.shared && <span className="sr-only">, {t("files.list.shared")}</span>}
          </bdi>
        )}
        {props.shared && <SharedIcon />}
      </span>
      <span className="sr-only">{kindWords(entry)}</span>
    </div>
  );
});
