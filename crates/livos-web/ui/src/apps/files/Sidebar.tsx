import {
  AppWindow,
  Clock,
  Folder,
  HardDrive,
  House,
  type LucideIcon,
  Star,
  Trash2,
  Usb,
  Users,
} from "lucide-react";
import { type DragEvent, Fragment } from "react";
import type { EntryInfo } from "@/lib/api";
import { bytes } from "@/lib/format";
import { t } from "@/lib/i18n";
import { Skeleton } from "@/ui";
import { cx } from "@/ui/cx";
import { favouritesRoot, recentsRoot, trashRoot } from "./core/location";
import { displayName, type Place, samePlace } from "./core/paths";
import type { Root } from "./core/transfers";

const icons: Record<string, LucideIcon> = { home: House, shared: Users, apps: AppWindow, drive: Usb };

export function rootIcon(root: Root | undefined): LucideIcon {
  return root ? (icons[root.kind] ?? Folder) : Trash2;
}

/** What is always there beside the places of the server. */
export const collections = () => [
  { id: recentsRoot, label: t("files.place.recents"), icon: Clock },
  { id: favouritesRoot, label: t("files.place.favourites"), icon: Star },
  { id: trashRoot, label: t("files.place.trash"), icon: Trash2 },
];

/** "Home", "Shared", … : what the server calls it. */
export function rootLabel(roots: Root[] | undefined, id: string): string {
  const collection = collections().find((one) => one.id === id);
  if (collection) return collection.label;
  return roots?.find((root) => root.id === id)?.label ?? (id === "home" ? t("files.place.home") : id);
}

/** Roots on one disk have the same numbers; the space is shown once for each disk, and always for drives. */
export function disks(roots: Root[]): { label: string; total: number; free: number }[] {
  const out = new Map<string, { label: string; total: number; free: number }>();
  for (const root of roots) {
    if (root.total === 0) continue;
    const key = root.kind === "drive" ? root.id : `${root.total}/${root.free}`;
    if (!out.has(key)) out.set(key, { label: root.label, total: root.total, free: root.free });
  }
  return [...out.values()];
}

/** More than these are in the list of favourites only. */
const mostFolders = 12;

type Props = {
  roots: Root[] | undefined;
  favourites: EntryInfo[] | undefined;
  current: Place;
  over: Place | undefined;
  onGo(place: Place): void;
  onMenu(event: React.MouseEvent, place: Place): void;
  onDragOver(event: DragEvent<HTMLElement>, place: Place): void;
  onDrop(event: DragEvent<HTMLElement>, place: Place): void;
  onDragLeave(): void;
};

export function Sidebar(props: Props) {
  const { roots, current } = props;
  // A favourite folder is a place of its own, so it is not the place it lies in that is marked.
  const folders = (props.favourites ?? []).filter((info) => info.kind === "dir").slice(0, mostFolders);
  const within = folders.find((info) => samePlace(info, current));
  const item = (at: Place, label: string, Icon: LucideIcon, hint?: string) => {
    const here =
      at.path === "" ? current.root === at.root && !within : within !== undefined && samePlace(within, at);
    return (
      <li key={`${at.root}/${at.path}`}>
        <button
          type="button"
          data-focus="inset"
          aria-current={here ? "page" : undefined}
          title={hint}
          onClick={() => props.onGo(at)}
          onContextMenu={(event) => props.onMenu(event, at)}
          onDragOver={(event) => props.onDragOver(event, at)}
          onDragLeave={props.onDragLeave}
          onDrop={(event) => props.onDrop(event, at)}
          className={cx(
            at.path !== "" && "ps-6",
            "flex min-h-8 touch:min-h-11 w-full items-center gap-2.5 rounded-control px-2.5 text-start text-sm",
            here ? "bg-accent-soft font-medium text-accent-text" : "text-muted hover:bg-fg/5 hover:text-fg",
            props.over !== undefined &&
              samePlace(props.over, at) &&
              "outline-2 -outline-offset-2 outline-accent",
          )}
        >
          <Icon size={16} aria-hidden />
          <span className="truncate">{label}</span>
        </button>
      </li>
    );
  };
  const storage = roots ? disks(roots) : [];
  const several = storage.length > 1;
  return (
    // Several windows may be open, and landmarks of one name could not be told apart; the list has the name.
    <div
      data-places
      className="hidden w-42 shrink-0 flex-col justify-between gap-4 overflow-y-auto border-e border-line bg-sunken p-2 @2xl:flex"
    >
      <ul aria-label={t("files.places")} className="flex flex-col gap-0.5">
        {roots?.map((root) =>
          item(
            { root: root.id, path: "" },
            root.label,
            rootIcon(root),
            root.total > 0
              ? t("files.place.free", { free: bytes(root.free), total: bytes(root.total) })
              : undefined,
          ),
        ) ?? [1, 2, 3].map((n) => <Skeleton key={n} className="m-1 h-6" />)}
        {collections().map(({ id, label, icon }) => (
          <Fragment key={id}>
            {item({ root: id, path: "" }, label, icon)}
            {id === favouritesRoot &&
              folders.map((info) =>
                item({ root: info.root, path: info.path }, displayName(info.name), Folder, info.path),
              )}
          </Fragment>
        ))}
      </ul>
      {storage.length > 0 && (
        <ul className="flex flex-col gap-3 px-2.5 pb-1 text-xs text-muted">
          {storage.map((disk) => {
            const used = 1 - disk.free / disk.total;
            return (
              <li key={disk.label} className="flex flex-col gap-1.5">
                <span className="flex items-center gap-1.5">
                  <HardDrive size={14} aria-hidden />
                  <span className="truncate">
                    {t(several ? "files.place.freeOn" : "files.place.freeShort", {
                      free: bytes(disk.free),
                      place: disk.label,
                    })}
                  </span>
                </span>
                <span aria-hidden className="h-1 overflow-hidden rounded-full bg-fg/12">
                  <span
                    className={cx(
                      "block h-full origin-left rounded-full rtl:origin-right",
                      used > 0.9 ? "bg-danger" : "bg-accent",
                    )}
                    style={{ transform: `scaleX(${Math.max(0.01, used)})` }}
                  />
                </span>
              </li>
            );
          })}
        </ul>
      )}
    </div>
  );
}
