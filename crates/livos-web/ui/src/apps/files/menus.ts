/** The menus of Files. Everything that can be dragged or typed is in one of them. */
import {
  AppWindow,
  ClipboardPaste,
  Copy,
  Download,
  Eraser,
  Eye,
  FilePen,
  FolderInput,
  FolderOpen,
  FolderPlus,
  FolderUp,
  Image,
  Info,
  PencilLine,
  RefreshCw,
  RotateCcw,
  Scissors,
  Sparkles,
  SquareDashedMousePointer,
  Star,
  StarOff,
  Trash2,
  Undo2,
  Upload,
} from "lucide-react";
import { t } from "@/lib/i18n";
import type { MenuItem } from "@/ui";
import { canBeWallpaper } from "./core/kinds";
import { type Entry, isFolder } from "./core/listing";
import type { Place } from "./core/paths";
import { type Clipboard, undoSteps } from "./core/shared";
import type { Mode } from "./useFolder";

export type MenuContext = {
  mode: Mode;
  selected: Entry[];
  place: Place;
  /** The items here may be moved, renamed and deleted. */
  mayChange: boolean;
  /** Something may be added to this folder. */
  canWrite: boolean;
  held: Clipboard;
  phone: boolean;
  placeOf(entry: Entry): Place | undefined;
  isFavourite(at: Place): boolean;
  isShared(at: Place): boolean;
  /** Nexus may change files there. */
  isWritable(at: Place): boolean;
  on: {
    open(): void;
    preview(): void;
    download(): void;
    rename(): void;
    cut(): void;
    copy(): void;
    paste(): void;
    pasteInto(at: Place): void;
    moveTo(): void;
    copyTo(): void;
    trash(): void;
    delete(): void;
    restore(): void;
    emptyTrash(): void;
    undo(): void;
    selectAll(): void;
    newFolder(): Promise<void>;
    upload(): void;
    uploadFolder(): void;
    details(): void;
    showFolder(): void;
    setFavourites(on: boolean): void;
    setShares(on: boolean): void;
    setShareWrites(on: boolean): void;
    makeWallpaper(): void;
    clearRecents(): void;
    newWindow(at: Place): void;
    find(): void;
    up(): void;
    refresh(): void;
  };
};

type Items = (MenuItem | false | undefined)[];
const line: MenuItem = { separator: true };

export function itemMenu(context: MenuContext): Items {
  const { mode, selected, on, mayChange, held } = context;
  const [first] = selected;
  if (!first) return [];
  if (mode === "trash") {
    return [
      { label: t("files.action.restore"), icon: RotateCcw, onSelect: on.restore },
      line,
      {
        label: t("files.action.deleteForGood"),
        icon: Trash2,
        keys: "Delete",
        danger: true,
        onSelect: on.delete,
      },
    ];
  }
  const one = selected.length === 1;
  const at = context.placeOf(first);
  const oneFolder = one && isFolder(first);
  const all = (is: (at: Place) => boolean) =>
    selected.every((entry) => {
      const it = context.placeOf(entry);
      return it !== undefined && is(it);
    });
  const favourites = all(context.isFavourite);
  const shared = all(context.isShared);
  const writable = shared && all(context.isWritable);
  return [
    one && { label: t("files.action.open"), icon: FolderOpen, keys: "Enter", onSelect: on.open },
    one && !oneFolder && { label: t("files.action.preview"), icon: Eye, keys: " ", onSelect: on.preview },
    oneFolder &&
      !context.phone &&
      at !== undefined && {
        label: t("files.action.newWindow"),
        icon: AppWindow,
        onSelect: () => on.newWindow(at),
      },
    mode !== "files" &&
      one && { label: t("files.action.showFolder"), icon: FolderUp, onSelect: on.showFolder },
    {
      label: t(one && !oneFolder ? "files.action.download" : "files.action.downloadZip"),
      icon: Download,
      onSelect: on.download,
    },
    line,
    mayChange && { label: t("files.action.cut"), icon: Scissors, keys: "Mod+X", onSelect: on.cut },
    { label: t("files.action.copy"), icon: Copy, keys: "Mod+C", onSelect: on.copy },
    oneFolder &&
      held !== undefined &&
      mayChange &&
      at !== undefined && {
        label: t("files.action.pasteInto"),
        icon: ClipboardPaste,
        onSelect: () => on.pasteInto(at),
      },
    mayChange && { label: t("files.action.moveTo"), icon: FolderInput, onSelect: on.moveTo },
    { label: t("files.action.copyTo"), icon: Copy, onSelect: on.copyTo },
    mayChange &&
      one &&
      mode === "files" && {
        label: t("files.action.rename"),
        icon: PencilLine,
        keys: "F2",
        onSelect: on.rename,
      },
    line,
    {
      label: t(favourites ? "files.action.unfavourite" : "files.action.favourite"),
      icon: favourites ? StarOff : Star,
      onSelect: () => on.setFavourites(!favourites),
    },
    selected.every(isFolder) && {
      label: t(shared ? "files.action.unshare" : "files.action.share"),
      icon: Sparkles,
      onSelect: () => on.setShares(!shared),
    },
    mayChange &&
      shared &&
      selected.every(isFolder) && {
        label: t(writable ? "files.action.shareLooks" : "files.action.shareWrites"),
        icon: writable ? Eye : FilePen,
        onSelect: () => on.setShareWrites(!writable),
      },
    one &&
      canBeWallpaper(first) && {
        label: t("files.action.wallpaper"),
        icon: Image,
        onSelect: on.makeWallpaper,
      },
    { label: t("files.action.details"), icon: Info, onSelect: on.details },
    mayChange && line,
    mayChange && { label: t("files.action.trash"), icon: Trash2, keys: "Delete", onSelect: on.trash },
    mayChange && {
      label: t("files.action.deleteForGood"),
      icon: Trash2,
      keys: "Shift+Delete",
      danger: true,
      onSelect: on.delete,
    },
  ];
}

/** The menu of the free area and of More in the toolbar. */
export function spaceMenu(context: MenuContext, details: boolean): Items {
  const { mode, on, canWrite, held, place } = context;
  const undo = undoSteps.get().length > 0;
  return [
    canWrite && {
      label: t("files.action.newFolder"),
      icon: FolderPlus,
      keys: "Alt+Shift+N",
      onSelect: on.newFolder,
    },
    canWrite && { label: t("files.action.uploadFiles"), icon: Upload, onSelect: on.upload },
    canWrite && { label: t("files.action.uploadFolder"), icon: Upload, onSelect: on.uploadFolder },
    canWrite &&
      held !== undefined && {
        label: t("files.action.paste"),
        icon: ClipboardPaste,
        keys: "Mod+V",
        onSelect: on.paste,
      },
    canWrite && line,
    {
      label: t("files.action.selectAll"),
      icon: SquareDashedMousePointer,
      keys: "Mod+A",
      onSelect: on.selectAll,
    },
    undo && { label: t("files.action.undo"), icon: Undo2, keys: "Mod+Z", onSelect: on.undo },
    mode !== "trash" && {
      label: t("files.action.details"),
      icon: Info,
      ...(context.phone ? {} : { checked: details }),
      onSelect: on.details,
    },
    mode !== "trash" &&
      !context.phone && {
        label: t("files.action.newWindow"),
        icon: AppWindow,
        onSelect: () => on.newWindow(place),
      },
    { label: t("files.action.refresh"), icon: RefreshCw, onSelect: on.refresh },
    mode === "recents" && line,
    mode === "recents" && {
      label: t("files.action.clearRecents"),
      icon: Eraser,
      onSelect: on.clearRecents,
    },
    mode === "trash" && line,
    mode === "trash" && {
      label: t("files.action.emptyTrash"),
      icon: Trash2,
      danger: true,
      onSelect: on.emptyTrash,
    },
  ];
}

export function placeMenu(
  context: MenuContext,
  at: Place,
  go: (place: Place) => void,
  unfavourite: (place: Place) => void,
): Items {
  return [
    { label: t("files.action.open"), icon: FolderOpen, onSelect: () => go(at) },
    { label: t("files.action.newWindow"), icon: AppWindow, onSelect: () => context.on.newWindow(at) },
    at.path !== "" && {
      label: t("files.action.unfavourite"),
      icon: StarOff,
      onSelect: () => unfavourite(at),
    },
  ];
}
