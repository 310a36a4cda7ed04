import {
  ArrowUp,
  Folder,
  FolderPlus,
  FolderTree,
  LayoutGrid,
  List,
  Search,
  Trash2,
  Upload as UploadIcon,
  X,
} from "lucide-react";
import { type ReactNode, type RefObject, useRef } from "react";
import { t } from "@/lib/i18n";
import { useStore } from "@/lib/store";
import { Button, IconButton, MenuButton, type MenuItem } from "@/ui";
import type { Sort, SortColumn } from "./core/listing";
import { type FilesLocation, isCollection, recentsRoot, trashRoot } from "./core/location";
import type { Place } from "./core/paths";
import { fromFileList, type Root, type UploadItem } from "./core/transfers";
import { options, setOption } from "./options";
import { crumbsOf } from "./PathBar";
import { collections, rootIcon } from "./Sidebar";

const columns: readonly SortColumn[] = ["name", "size", "modified", "kind"];

export function viewItems(
  location: FilesLocation,
  change: (next: Partial<FilesLocation>) => void,
): MenuItem[] {
  const { view, sort, place } = location;
  const set = (next: Partial<Sort>) => change({ sort: { ...sort, ...next } });
  const { foldersFirst, hidden } = options.get();
  return [
    { label: t("files.view.list"), checked: view === "list", onSelect: () => change({ view: "list" }) },
    { label: t("files.view.grid"), checked: view === "grid", onSelect: () => change({ view: "grid" }) },
    { heading: t("files.view.sortBy") },
    ...columns.map((column): MenuItem => {
      const times = { [trashRoot]: "deleted", [recentsRoot]: "used" } as const;
      const time = times[place.root as keyof typeof times] ?? "modified";
      const label = t(`files.column.${column === "modified" ? time : column}`);
      return {
        label,
        checked: sort.column === column,
        onSelect: () => set({ column, descending: column === "size" || column === "modified" }),
      };
    }),
    { separator: true },
    {
      label: t("files.view.ascending"),
      checked: !sort.descending,
      onSelect: () => set({ descending: false }),
    },
    {
      label: t("files.view.descending"),
      checked: sort.descending,
      onSelect: () => set({ descending: true }),
    },
    { separator: true },
    {
      label: t("files.view.foldersFirst"),
      checked: foldersFirst,
      onSelect: () => setOption("foldersFirst", !foldersFirst),
    },
    ...(isCollection(place.root)
      ? []
      : [{ label: t("files.view.hidden"), checked: hidden, onSelect: () => setOption("hidden", !hidden) }]),
  ];
}

/** The places as a menu, where there is no room for the sidebar. */
export function placeItems(
  roots: Root[] | undefined,
  place: Place,
  onGo: (place: Place) => void,
): MenuItem[] {
  const current = place.root;
  const above = crumbsOf(place, roots).slice(0, -1);
  return [
    ...above.map(
      (crumb): MenuItem => ({ label: crumb.label, icon: Folder, onSelect: () => onGo(crumb.place) }),
    ),
    ...(above.length > 0 ? [{ separator: true as const }] : []),
    ...(roots ?? []).map((root) => ({
      label: root.label,
      icon: rootIcon(root),
      checked: root.id === current,
      onSelect: () => onGo({ root: root.id, path: "" }),
    })),
    ...collections().map(({ id, label, icon }) => ({
      label,
      icon,
      checked: id === current,
      onSelect: () => onGo({ root: id, path: "" }),
    })),
  ];
}

export type Pickers = { files(): void; folder(): void };

/** The two hidden inputs behind every Upload button; the camera is offered by the first on phones. */
export function usePickers(onChosen: (items: UploadItem[]) => void): { pickers: Pickers; inputs: ReactNode } {
  const files = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement>(null);
  const input = (ref: RefObject<HTMLInputElement | null>, more: object) => (
    <input
      ref={ref}
      type="file"
      multiple
      hidden
      {...more}
      onChange={(event) => {
        const items = fromFileList(event.target.files ?? []);
        event.target.value = "";
        if (items.length > 0) onChosen(items);
      }}
    />
  );
  return {
    pickers: { files: () => files.current?.click(), folder: () => folder.current?.click() },
    inputs: (
      <>
        {input(files, {})}
        {input(folder, { webkitdirectory: "" })}
      </>
    ),
  };
}

export function Toolbar(props: {
  location: FilesLocation;
  roots: Root[] | undefined;
  phone: boolean;
  canWrite: boolean;
  trashCount: number | undefined;
  path: ReactNode;
  finding: boolean;
  more(): (MenuItem | false | undefined)[];
  onGo(place: Place): void;
  onUp(): void;
  onFind(): void;
  onNewFolder(): void;
  onUpload(): void;
  onEmptyTrash(): void;
  change(next: Partial<FilesLocation>): void;
}) {
  const { location, roots, phone, canWrite } = props;
  const { place, view } = location;
  const trash = place.root === trashRoot;
  useStore(options);
  return (
    <div className="flex min-h-12 touch:min-h-14 shrink-0 items-center gap-1 border-b border-line px-3">
      <MenuButton
        className="@2xl:hidden"
        label={t("files.place.show")}
        icon={FolderTree}
        align="start"
        items={() => placeItems(roots, place, props.onGo)}
      />
      {!trash && place.path !== "" && !phone && (
        <IconButton label={t("files.nav.up")} icon={ArrowUp} onClick={props.onUp} />
      )}
      {props.path}
      <div className="flex shrink-0 items-center gap-1">
        {!trash && (
          <IconButton
            label={t("files.action.find")}
            icon={Search}
            aria-pressed={props.finding}
            onClick={props.onFind}
          />
        )}
        {canWrite && !phone && (
          <IconButton
            label={t("files.action.newFolder")}
            icon={FolderPlus}
            write
            onClick={props.onNewFolder}
          />
        )}
        <span className="hidden @md:inline-flex">
          <MenuButton
            label={t("files.view.menu")}
            icon={view === "grid" ? LayoutGrid : List}
            items={() => viewItems(location, props.change)}
          />
        </span>
        <MenuButton label={t("files.action.more")} items={props.more} />
        {canWrite && (
          <Button variant="primary" icon={UploadIcon} write className="ms-1" onClick={props.onUpload}>
            {/* On the narrowest screens the folder's name needs the room more. */}
            <span className="sr-only @sm:not-sr-only">{t("files.action.upload")}</span>
          </Button>
        )}
        {trash && (
          <Button
            icon={Trash2}
            write
            disabled={!props.trashCount}
            reason={t("files.empty.trash")}
            onClick={props.onEmptyTrash}
          >
            <span className="sr-only @sm:not-sr-only">{t("files.action.emptyTrash")}</span>
          </Button>
        )}
      </div>
    </div>
  );
}

export function FindBar(props: {
  value: string;
  folder: string;
  below: boolean;
  input: RefObject<HTMLInputElement | null>;
  onChange(value: string): void;
  /** Absent where there is nothing below. */
  onBelow: (() => void) | undefined;
  onClose(): void;
  onDown(): void;
}) {
  return (
    <form
      className="flex shrink-0 items-center gap-2 border-b border-line px-3 py-2"
      onSubmit={(event) => {
        event.preventDefault();
        if (props.below) props.onBelow?.();
        else props.onDown();
      }}
    >
      <Search size={16} aria-hidden className="ms-1 shrink-0 text-muted" />
      <input
        ref={props.input}
        type="search"
        value={props.value}
        aria-label={t("files.find.label")}
        placeholder={t("files.find.placeholder", { folder: props.folder })}
        spellCheck={false}
        autoComplete="off"
        onChange={(event) => props.onChange(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === "Escape") {
            event.preventDefault();
            event.stopPropagation();
            props.onClose();
          } else if (event.key === "ArrowDown") {
            event.preventDefault();
            props.onDown();
          }
        }}
        className="h-8 touch:h-11 min-w-0 flex-1 rounded-control border border-line-strong bg-surface px-2.5 text-sm touch:text-lg [&::-webkit-search-cancel-button]:hidden"
      />
      {props.value.trim() !== "" && props.onBelow && (
        <Button size="sm" onClick={props.onBelow}>
          {t("files.find.below")}
        </Button>
      )}
      <IconButton label={t("files.find.clear")} icon={X} onClick={props.onClose} />
    </form>
  );
}
