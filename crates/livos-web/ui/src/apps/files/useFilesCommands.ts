import type { RefObject } from "react";
import { type Command, useCommands } from "@/lib/commands";
import { t } from "@/lib/i18n";
import type { MenuContext } from "./menus";

/**
 * The same actions for the palette and the list of shortcuts. Keys that only make sense on a row are handled by
 * the list itself; here they work only while the list has the keyboard, so that Enter still presses buttons.
 */
export function useFilesCommands(context: MenuContext, root: RefObject<HTMLElement | null>): void {
  const { mode, selected, on, mayChange, canWrite } = context;
  const some = selected.length > 0;
  const one = selected.length === 1;
  const outside = () => !root.current?.querySelector("[role=grid]")?.contains(document.activeElement);
  const inList = (command: Command): Command =>
    Object.defineProperty(command, "disabled", { enumerable: true, get: outside });

  useCommands([
    {
      id: "files.folder",
      title: t("files.shortcut.folder"),
      keys: "Alt+Shift+N",
      disabled: !canWrite,
      run: () => void on.newFolder(),
    },
    { id: "files.upload", title: t("files.action.uploadFiles"), disabled: !canWrite, run: on.upload },
    {
      id: "files.uploadFolder",
      title: t("files.action.uploadFolder"),
      disabled: !canWrite,
      run: on.uploadFolder,
    },
    {
      id: "files.find",
      title: t("files.shortcut.find"),
      keys: "/",
      disabled: mode === "trash",
      run: on.find,
    },
    {
      id: "files.up",
      title: t("files.shortcut.up"),
      keys: "Alt+ArrowUp",
      alsoKeys: ["Backspace"],
      run: on.up,
    },
    {
      id: "files.download",
      title: t("files.action.download"),
      disabled: !some || mode === "trash",
      run: on.download,
    },
    { id: "files.moveTo", title: t("files.action.moveTo"), disabled: !some || !mayChange, run: on.moveTo },
    {
      id: "files.copyTo",
      title: t("files.action.copyTo"),
      disabled: !some || mode === "trash",
      run: on.copyTo,
    },
    {
      id: "files.rename",
      title: t("files.shortcut.rename"),
      keys: "F2",
      disabled: !one || !mayChange,
      run: on.rename,
    },
    {
      id: "files.restore",
      title: t("files.action.restore"),
      disabled: !some || mode !== "trash",
      run: on.restore,
    },
    {
      id: "files.paste",
      title: t("files.shortcut.paste"),
      disabled: !canWrite || !context.held,
      run: on.paste,
    },
    { id: "files.undo", title: t("files.shortcut.undo"), keys: "Mod+Z", run: on.undo },
    inList({
      id: "files.trash",
      title: t("files.shortcut.trash"),
      keys: "Delete",
      run: mode === "trash" ? on.delete : on.trash,
    }),
    inList({ id: "files.delete", title: t("files.shortcut.delete"), keys: "Shift+Delete", run: on.delete }),
    inList({ id: "files.all", title: t("files.shortcut.all"), keys: "Mod+A", run: on.selectAll }),
    inList({ id: "files.copy", title: t("files.shortcut.copy"), keys: "Mod+C", run: on.copy }),
    inList({ id: "files.cut", title: t("files.shortcut.cut"), keys: "Mod+X", run: on.cut }),
    inList({ id: "files.open", title: t("files.shortcut.open"), keys: "Enter", listed: false, run: on.open }),
    inList({
      id: "files.preview",
      title: t("files.shortcut.preview"),
      keys: " ",
      listed: false,
      run: on.preview,
    }),
  ]);
}
