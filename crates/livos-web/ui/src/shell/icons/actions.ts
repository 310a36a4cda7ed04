import { errorText, type InstalledApp, keys, queries } from "@/lib/api";
import { t } from "@/lib/i18n";
import { isPhone } from "@/lib/layout";
import { announce, reportProblem } from "@/lib/notify";
import { changeSettings, type Settings } from "@/lib/settings";
import { randomId } from "@/lib/storage";
import type { MenuItem } from "@/ui/menu";
import * as edit from "./edit";
import { type Cell, complete, type Entry, type Folder, isFolder, itemsOf, keyOf } from "./model";
import { iconDialog, shownCells } from "./state";

function installed(): InstalledApp[] {
  return queries.getQueryData<InstalledApp[]>(keys.apps) ?? [];
}

function entries(): Entry[] {
  return complete(queries.getQueryData<Settings>(keys.settings)?.icons, installed());
}

async function save(next: Entry[], said: string): Promise<void> {
  try {
    await changeSettings({ icons: next });
    announce(said);
  } catch (error) {
    reportProblem(errorText(error));
  }
}

export function nameOf(key: string): string {
  const folder = folderOf(key);
  return folder ? folder.name : (installed().find((app) => app.id === key)?.name ?? key);
}

function folderOf(key: string): Folder | undefined {
  return entries().find((entry): entry is Folder => isFolder(entry) && keyOf(entry) === key);
}

/** Puts an icon into a cell, taking it out of its folder first if it is in one. */
export function moveTo(key: string, cell: Cell): Promise<void> {
  const known = entries();
  const outside = known.some((entry) => keyOf(entry) === key) ? known : edit.takeOut(known, key);
  const [column, row] = cell;
  const said = t("panels.icons.moved", { name: nameOf(key), column: column + 1, row: row + 1 });
  return save(edit.moveTo(outside, key, cell, shownCells.get()), said);
}

/** What dropping one icon on another does: a folder, or a change of places when the first is a folder. */
export function dropOn(key: string, target: string): Promise<void> {
  if (folderOf(key)) {
    const cell = shownCells.get().get(target);
    return cell ? moveTo(key, cell) : Promise.resolve();
  }
  const folder = folderOf(target)?.name ?? t("panels.icons.newFolder");
  const said = t("panels.icons.gathered", { name: nameOf(key), folder });
  return save(edit.gather(entries(), key, target, { folder: randomId(), name: folder }), said);
}

export function moveToFolder(id: string, folder: string): Promise<void> {
  return dropOn(id, `folder:${folder}`);
}

export function moveToNewFolder(id: string, name: string): Promise<void> {
  const said = t("panels.icons.gathered", { name: nameOf(id), folder: name });
  return save(edit.wrap(entries(), id, { folder: randomId(), name }), said);
}

export function renameFolder(folder: string, name: string): Promise<void> {
  return save(edit.changeFolder(entries(), folder, { name }), t("panels.icons.renamed", { name }));
}

function takeOut(id: string): Promise<void> {
  return save(edit.takeOut(entries(), id), t("panels.icons.takenOut", { name: nameOf(id) }));
}

/** Moves within a folder. */
function stepIn(folder: Folder, id: string, by: number): Promise<void> {
  const apps = [...folder.apps];
  const from = apps.indexOf(id);
  apps.splice(from, 1);
  apps.splice(Math.max(0, Math.min(apps.length, from + by)), 0, id);
  return save(
    edit.changeFolder(entries(), folder.folder, { apps }),
    t("panels.icons.movedPlain", { name: nameOf(id) }),
  );
}

export function tidyIcons(): Promise<void> {
  return save(edit.tidy(entries()), t("panels.icons.tidied"));
}

function stepTo(key: string, by: number): Promise<void> {
  const visible = itemsOf(entries(), installed()).map((item) => item.key);
  return save(edit.step(entries(), key, by, visible), t("panels.icons.movedPlain", { name: nameOf(key) }));
}

/** The menu's way to do what dragging does: by cells on the desktop, by order on a phone. */
function moveItems(key: string): MenuItem[] {
  const cell = shownCells.get().get(key);
  if (isPhone() || !cell) {
    const visible = itemsOf(entries(), installed()).map((item) => item.key);
    const index = visible.indexOf(key);
    return [
      { label: t("shell.app.moveForward"), disabled: index <= 0, onSelect: () => void stepTo(key, -1) },
      {
        label: t("shell.app.moveBack"),
        disabled: index >= visible.length - 1,
        onSelect: () => void stepTo(key, 1),
      },
    ];
  }
  const [column, row] = cell;
  const way = (label: string, to: Cell): MenuItem => ({
    label,
    disabled: to[0] < 0 || to[1] < 0,
    onSelect: () => void moveTo(key, to),
  });
  const rtl = document.dir === "rtl";
  return [
    way(t("panels.icons.left"), [column + (rtl ? 1 : -1), row]),
    way(t("panels.icons.right"), [column + (rtl ? -1 : 1), row]),
    way(t("panels.icons.up"), [column, row - 1]),
    way(t("panels.icons.down"), [column, row + 1]),
  ];
}

/** What the menu of an app on the desktop offers about its place. */
export function placeItems(id: string): MenuItem[] {
  const folder = entries().find((entry): entry is Folder => isFolder(entry) && entry.apps.includes(id));
  const toFolder: MenuItem = {
    label: t("panels.icons.toFolder"),
    onSelect: () => iconDialog.set({ kind: "move", id }),
  };
  if (!folder) return [{ label: t("panels.icons.move"), items: moveItems(id) }, toFolder];
  const shown = folder.apps.filter((other) => installed().some((app) => app.id === other));
  const index = shown.indexOf(id);
  return [
    { label: t("shell.app.moveForward"), disabled: index <= 0, onSelect: () => void stepIn(folder, id, -1) },
    {
      label: t("shell.app.moveBack"),
      disabled: index >= shown.length - 1,
      onSelect: () => void stepIn(folder, id, 1),
    },
    toFolder,
    { label: t("panels.icons.takeOut"), onSelect: () => void takeOut(id) },
  ];
}

export function folderMenu(key: string): MenuItem[] {
  const found = folderOf(key);
  if (!found) return [];
  const { folder, name } = found;
  return [
    { label: t("shell.action.open"), onSelect: () => iconDialog.set({ kind: "folder", folder }) },
    { label: t("panels.icons.rename"), onSelect: () => iconDialog.set({ kind: "rename", folder }) },
    { label: t("panels.icons.move"), items: moveItems(key) },
    { separator: true },
    {
      label: t("panels.icons.dissolve"),
      onSelect: () => void save(edit.dissolve(entries(), folder), t("panels.icons.dissolved", { name })),
    },
  ];
}
