import { ChevronRight, PencilLine } from "lucide-react";
import { type DragEvent, useEffect, useRef, useState } from "react";
import { t } from "@/lib/i18n";
import { IconButton, useMenuTrigger } from "@/ui";
import { cx } from "@/ui/cx";
import { displayName, join, type Place, parseTyped, samePlace, segments } from "./core/paths";
import type { Root } from "./core/transfers";
import { rootLabel } from "./Sidebar";

type Props = {
  /** Only the folder itself: on a phone Back leads up and the places menu has the rest. */
  short: boolean;
  place: Place;
  roots: Root[] | undefined;
  editing: boolean;
  onEdit(editing: boolean): void;
  onGo(place: Place): void;
  over: Place | undefined;
  onDragOver(event: DragEvent<HTMLElement>, place: Place): void;
  onDrop(event: DragEvent<HTMLElement>, place: Place): void;
  onDragLeave(): void;
};

export function crumbsOf(place: Place, roots: Root[] | undefined): { label: string; place: Place }[] {
  const out = [{ label: rootLabel(roots, place.root), place: { root: place.root, path: "" } }];
  let path = "";
  for (const name of segments(place.path)) {
    path = join(path, name);
    out.push({ label: displayName(name), place: { root: place.root, path } });
  }
  return out;
}

/** Each folder above as a button, the middle ones folded into a menu, and the same path as text to type. */
export function PathBar(props: Props) {
  const { place, roots, editing, onEdit, onGo } = props;
  const crumbs = crumbsOf(place, roots);
  const folded = crumbs.length > 3 && !props.short ? crumbs.slice(1, -2) : [];
  const shown = props.short
    ? crumbs.slice(-1)
    : crumbs.length > 3
      ? [crumbs[0], ...crumbs.slice(-2)]
      : crumbs;
  const more = useMenuTrigger(t("files.path.more"), () =>
    folded.map((crumb) => ({ label: crumb.label, onSelect: () => onGo(crumb.place) })),
  );

  if (editing) {
    return (
      <PathField
        text={`/${crumbs.map((crumb) => crumb.label).join("/")}`}
        onDone={(text) => {
          onEdit(false);
          if (text === undefined) return;
          const target = parseTyped(text, roots ?? [], place);
          if (target && !samePlace(target, place)) onGo(target);
        }}
      />
    );
  }
  return (
    <div className="group/path flex min-w-0 flex-1 items-center">
      <ol aria-label={t("files.path.label")} className="flex min-w-0 items-center">
        {shown.map((crumb, index) => {
          if (!crumb) return null;
          const last = index === shown.length - 1;
          return (
            <li key={`${crumb.place.root}/${crumb.place.path}`} className="flex min-w-0 items-center">
              {index > 0 && <ChevronRight size={14} aria-hidden className="text-subtle rtl:rotate-180" />}
              {index === 1 && folded.length > 0 && (
                <>
                  <button
                    type="button"
                    aria-label={t("files.path.more")}
                    {...more}
                    className="flex size-7 touch:size-11 items-center justify-center rounded-control text-muted hover:bg-fg/7"
                  >
                    …
                  </button>
                  <ChevronRight size={14} aria-hidden className="text-subtle rtl:rotate-180" />
                </>
              )}
              <button
                type="button"
                aria-current={last ? "location" : undefined}
                onClick={() => (last ? onEdit(true) : onGo(crumb.place))}
                onDragOver={(event) => props.onDragOver(event, crumb.place)}
                onDragLeave={props.onDragLeave}
                onDrop={(event) => props.onDrop(event, crumb.place)}
                className={cx(
                  "h-7 touch:h-11 min-w-6 truncate rounded-control px-1.5 hover:bg-fg/7",
                  last ? "text-base font-semibold" : "text-sm text-muted hover:text-fg",
                  props.over &&
                    samePlace(props.over, crumb.place) &&
                    "outline-2 -outline-offset-2 outline-accent",
                )}
              >
                {crumb.label}
              </button>
            </li>
          );
        })}
      </ol>
      <span className="hidden opacity-0 group-focus-within/path:opacity-100 group-hover/path:opacity-100 @xl:inline-flex">
        <IconButton size="sm" icon={PencilLine} label={t("files.path.edit")} onClick={() => onEdit(true)} />
      </span>
    </div>
  );
}

function PathField({ text, onDone }: { text: string; onDone(text: string | undefined): void }) {
  const [value, setValue] = useState(text);
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => input.current?.select(), []);
  return (
    <form
      className="flex min-w-0 flex-1"
      onSubmit={(event) => {
        event.preventDefault();
        onDone(value);
      }}
    >
      <input
        ref={input}
        value={value}
        aria-label={t("files.path.field")}
        spellCheck={false}
        autoCapitalize="none"
        autoComplete="off"
        onChange={(event) => setValue(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== "Escape") return;
          event.preventDefault();
          event.stopPropagation();
          onDone(undefined);
        }}
        onBlur={() => onDone(undefined)}
        className="h-8 touch:h-11 w-full min-w-0 rounded-control border border-line-strong bg-surface px-2.5 text-sm touch:text-lg"
      />
    </form>
  );
}
