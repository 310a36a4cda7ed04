import { useQuery } from "@tanstack/react-query";
import { ChevronRight, Folder, FolderPlus } from "lucide-react";
import { useMemo, useRef, useState } from "react";
import { language, t } from "@/lib/i18n";
import { Button, Callout, Dialog, QueryView, Skeleton } from "@/ui";
import { cx } from "@/ui/cx";
import { type Entry, isFolder, sortEntries, visibleEntries } from "../core/listing";
import { displayName, isInside, join, type Place, parent, samePlace } from "../core/paths";
import type { Root } from "../core/transfers";
import { listQuery } from "../data";
import { useWindowed } from "../list/useWindowed";
import { crumbsOf } from "../PathBar";
import { rootIcon } from "../Sidebar";

/** Chooses the folder that things are moved or copied to: what dragging does, without dragging. */
export default function FolderPicker({
  effect,
  items,
  roots,
  start,
  onNewFolder,
  onAnswer,
}: {
  effect: "move" | "copy";
  items: Place[];
  roots: Root[];
  start: Place;
  onNewFolder(at: Place): Promise<string | undefined>;
  onAnswer(target: Place | undefined): void;
}) {
  const [place, setPlace] = useState(start);
  const query = useQuery(listQuery(place));
  const root = roots.find((candidate) => candidate.id === place.root);
  const crumbs = crumbsOf(place, roots);
  const same =
    effect === "move" &&
    items.every((item) => samePlace({ root: item.root, path: parent(item.path) }, place));
  const itself = items.some((item) => isInside(place, item));
  const reason = itself
    ? t("files.pick.itself")
    : same
      ? t("files.pick.same")
      : root && !root.writable
        ? t("files.pick.readonly")
        : undefined;
  const name = displayName(items[0]?.path.split("/").pop() ?? "");
  return (
    <Dialog
      wide
      title={t(effect === "move" ? "files.pick.moveTitle" : "files.pick.copyTitle", {
        count: items.length,
        name,
      })}
      onClose={() => onAnswer(undefined)}
      actions={
        <>
          <Button
            icon={FolderPlus}
            className="me-auto"
            disabled={root?.writable === false}
            write
            onClick={async () => {
              const made = await onNewFolder(place);
              if (made) setPlace({ root: place.root, path: join(place.path, made) });
            }}
          >
            {t("files.action.newFolder")}
          </Button>
          <Button onClick={() => onAnswer(undefined)}>{t("files.action.cancel")}</Button>
          <Button
            variant="primary"
            write
            disabled={reason !== undefined}
            reason={reason}
            onClick={() => onAnswer(place)}
          >
            {t(effect === "move" ? "files.pick.moveHere" : "files.pick.copyHere")}
          </Button>
        </>
      }
    >
      <fieldset className="flex min-w-0 flex-wrap gap-1" aria-label={t("files.places")}>
        {roots.map((candidate) => {
          const Icon = rootIcon(candidate);
          const current = candidate.id === place.root;
          return (
            <button
              key={candidate.id}
              type="button"
              aria-pressed={current}
              onClick={() => setPlace({ root: candidate.id, path: "" })}
              className={cx(
                "inline-flex min-h-8 touch:min-h-11 items-center gap-2 rounded-full border px-3",
                current
                  ? "border-accent bg-accent-soft text-accent-text"
                  : "border-line-strong hover:bg-sunken",
              )}
            >
              <Icon size={16} aria-hidden />
              {candidate.label}
            </button>
          );
        })}
      </fieldset>
      <div className="mt-3">
        <ol aria-label={t("files.path.label")} className="flex flex-wrap items-center">
          {crumbs.map((crumb, index) => (
            <li key={crumb.place.path} className="flex items-center">
              {index > 0 && <ChevronRight size={14} aria-hidden className="text-subtle rtl:rotate-180" />}
              <button
                type="button"
                aria-current={index === crumbs.length - 1 ? "location" : undefined}
                onClick={() => setPlace(crumb.place)}
                className="min-h-7 touch:min-h-11 min-w-6 max-w-60 truncate rounded-control px-1.5 hover:bg-fg/7 aria-[current]:font-semibold"
              >
                {crumb.label}
              </button>
            </li>
          ))}
        </ol>
      </div>
      <div className="mt-2 flex h-64 flex-col overflow-hidden rounded-card border border-line">
        <QueryView
          key={`${place.root}/${place.path}`}
          query={query}
          failed={t("files.error.load")}
          skeleton={<Skeleton className="m-3 h-6 w-1/2" />}
        >
          {(listing) => (
            <FolderList
              entries={listing.entries as Entry[]}
              label={t("files.pick.folders", { folder: crumbs.at(-1)?.label ?? "" })}
              blocked={(name) =>
                items.some((item) => samePlace(item, { root: place.root, path: join(place.path, name) }))
              }
              onEnter={(name) => setPlace({ root: place.root, path: join(place.path, name) })}
            />
          )}
        </QueryView>
      </div>
      {reason && (
        <div className="mt-2">
          <Callout role="status">{reason}</Callout>
        </div>
      )}
    </Dialog>
  );
}

function FolderList({
  entries,
  label,
  blocked,
  onEnter,
}: {
  entries: Entry[];
  label: string;
  blocked(name: string): boolean;
  onEnter(name: string): void;
}) {
  const scroller = useRef<HTMLDivElement>(null);
  const folders = useMemo(
    () =>
      sortEntries(
        visibleEntries(entries.filter(isFolder), false),
        { column: "name", descending: false },
        {
          foldersFirst: false,
          language,
        },
      ),
    [entries],
  );
  const touch = matchMedia("(pointer: coarse), (width < 48rem)").matches;
  const size = touch ? 48 : 36;
  const windowed = useWindowed({ scroller, count: folders.length, size, overscan: 6, keep: -1, offset: 0 });
  if (folders.length === 0) return <p className="m-auto text-muted">{t("files.pick.noFolders")}</p>;
  return (
    <div ref={scroller} className="min-h-0 flex-1 overflow-y-auto p-1">
      <ul aria-label={label} className="relative" style={{ height: windowed.height }}>
        {windowed.lines.map((line) => {
          const name = folders[line]?.[0] ?? "";
          return (
            <li key={name} className="absolute inset-x-0" style={{ top: line * size, height: size }}>
              <button
                type="button"
                data-focus="inset"
                disabled={blocked(name)}
                onClick={() => onEnter(name)}
                className="flex h-full w-full items-center gap-2.5 rounded-control px-2.5 text-start hover:bg-fg/5 disabled:opacity-50"
              >
                <Folder size={18} aria-hidden className="shrink-0 text-accent-text" />
                <span className="truncate">{displayName(name)}</span>
                <ChevronRight size={14} aria-hidden className="ms-auto shrink-0 text-subtle rtl:rotate-180" />
              </button>
            </li>
          );
        })}
      </ul>
    </div>
  );
}
