/**
 * What Files does, as functions that talk to the server and to the person. They know nothing of React: a window
 * hands in how to ask, confirm and report, so each action can be tested with plain objects.
 */
import type { ReactNode } from "react";
import { ApiError, keys, queries, rootsQuery, type TrashEntry } from "@/lib/api";
import { downloadLink } from "@/lib/download";
import { bytes } from "@/lib/format";
import { t } from "@/lib/i18n";
import { ownWallpaper } from "@/lib/look";
import { announce, toast } from "@/lib/notify";
import { changeSettings } from "@/lib/settings";
import { share, shareWrites, unshare } from "@/lib/shares";
import { addUploads, type Chosen } from "@/lib/uploads";
import type { Question } from "@/ui";
import { FOLDER } from "./core/listing";
import { baseName, displayName, join, type Place, parent } from "./core/paths";
import { clipboard, forget, remember, takeUndo, type UndoStep } from "./core/shared";
import { missingSpace, planTransfer, planUpload, type Root, type UploadItem } from "./core/transfers";
import {
  addFavourite,
  archiveUrl,
  clearRecents,
  contentUrl,
  createFolder,
  deleteForGood,
  emptyTrash,
  longestUrl,
  makeWallpaper,
  markKey,
  moveToTrash,
  namesIn,
  noteOpened,
  type OnConflict,
  refreshFolder,
  refreshTrash,
  removeFavourite,
  rename,
  restore,
  transfer,
} from "./data";

export type Ui = {
  ask: <T>(render: (answer: (value: T | undefined) => void) => ReactNode) => Promise<T | undefined>;
  confirm: (question: Question) => Promise<boolean>;
  /** A failed action is shown in the window until it is dismissed; undefined takes the last one away. */
  report: (problem: { title: string; error: unknown } | undefined) => void;
  labelOf: (place: Place) => string;
  clash: (names: string[], folder: string) => Promise<OnConflict | undefined>;
  noSpace: (needed: number, free: number) => Promise<void>;
};

/** An item an action is about: where it is, and what to call it. */
export type Item = { place: Place; name: string; kind: number; size: number };

const roots = (): Promise<Root[]> => queries.ensureQueryData(rootsQuery);

const folders = (items: Place[]): Place[] => {
  const seen = new Map<string, Place>();
  for (const { root, path } of items) {
    const folder = { root, path: parent(path) };
    seen.set(`${folder.root}/${folder.path}`, folder);
  }
  return [...seen.values()];
};

/** What the server has not answered yet. Undo waits for it, or it would take back the step before. */
const underWay = new Set<Promise<unknown>>();

async function attempt<T>(ui: Ui, title: string, work: () => Promise<T>): Promise<T | undefined> {
  ui.report(undefined);
  const doing = work();
  underWay.add(doing);
  try {
    return await doing;
  } catch (error) {
    ui.report({ title, error });
    return undefined;
  } finally {
    underWay.delete(doing);
  }
}

const firstName = (items: Place[]): string => displayName(baseName(items[0]?.path ?? ""));

export async function transferItems(
  ui: Ui,
  effect: "move" | "copy",
  items: Place[],
  target: Place,
): Promise<boolean> {
  const title = t(effect === "move" ? "files.fail.move" : "files.fail.copy");
  const done = await attempt(ui, title, async () => {
    const names = await namesIn(target);
    const plan = planTransfer(items, target, effect, (name) => names.has(name));
    if (plan.intoItself) throw new ApiError(409, { code: "conflict", message: t("files.pick.itself") });
    if (plan.items.length === 0) return false;
    let conflict: OnConflict = "keep_both";
    if (plan.clashes.length > 0) {
      const answer = await ui.clash(plan.clashes, ui.labelOf(target));
      if (!answer) return false;
      conflict = answer;
    }
    await transfer(effect, plan.items, target, conflict);
    const values = { count: plan.items.length, name: firstName(plan.items), folder: ui.labelOf(target) };
    announce(t(effect === "move" ? "files.done.moving" : "files.done.copying", values));
    // A move whose names may have changed cannot be taken back name by name.
    const from = folders(plan.items)[0];
    if (effect === "move" && plan.clashes.length === 0 && from && folders(plan.items).length === 1) {
      remember({
        kind: "move",
        items: plan.items.map((item) => ({
          root: target.root,
          path: join(target.path, baseName(item.path)),
        })),
        from,
      });
    }
    return true;
  });
  return done === true;
}

export async function trashItems(ui: Ui, items: Place[]): Promise<boolean> {
  const done = await attempt(ui, t("files.fail.trash"), async () => {
    const { ids } = await moveToTrash(items);
    for (const folder of folders(items)) refreshFolder(folder);
    refreshTrash();
    const step: UndoStep = { kind: "trash", ids, count: items.length };
    remember(step);
    toast(t("files.done.trashed", { count: items.length, name: firstName(items) }), {
      label: t("files.action.undo"),
      run: () => {
        if (forget(step)) void undoStep(ui, step);
      },
    });
    return true;
  });
  return done === true;
}

/** Names up to five of them, says how many more there are and what deleting frees. */
export function deleteQuestion(items: Pick<Item, "name" | "kind" | "size">[], emptying = false): Question {
  const size = items.reduce((sum, item) => sum + item.size, 0);
  const withFolders = items.some((item) => item.kind === FOLDER);
  const lines: string[] = [];
  if (items.length > 1) {
    for (const item of items.slice(0, 5)) lines.push(`‘${displayName(item.name)}’`);
    if (items.length > 5) lines.push(t("files.clash.more", { count: items.length - 5 }));
  }
  const frees =
    size === 0
      ? t("files.delete.plain")
      : t(withFolders ? "files.delete.freesAtLeast" : "files.delete.frees", { size: bytes(size) });
  return {
    title: emptying
      ? t("files.delete.emptyTitle")
      : t("files.delete.title", { count: items.length, name: displayName(items[0]?.name ?? "") }),
    text: [lines.join(", "), withFolders ? t("files.delete.folders") : "", frees].filter(Boolean).join(" "),
    action: t(emptying ? "files.delete.emptyAction" : "files.delete.action"),
    cancel: t("files.delete.keep"),
    danger: true,
  };
}

/** Shift+Delete. The server deletes for good only what is in Trash, so that is where it goes first. */
export async function deleteItems(ui: Ui, items: Item[]): Promise<boolean> {
  if (!(await ui.confirm(deleteQuestion(items)))) return false;
  const done = await attempt(ui, t("files.delete.failed"), async () => {
    const { ids } = await moveToTrash(items.map((item) => item.place));
    for (const folder of folders(items.map((item) => item.place))) refreshFolder(folder);
    await deleteForGood(ids);
    refreshTrash();
    announce(t("files.done.deleting", { count: items.length, name: displayName(items[0]?.name ?? "") }));
    return true;
  });
  return done === true;
}

export async function deleteTrashed(
  ui: Ui,
  items: TrashEntry[],
  kinds: (item: TrashEntry) => number,
): Promise<boolean> {
  const named = items.map((item) => ({ name: item.name, kind: kinds(item), size: item.size }));
  if (!(await ui.confirm(deleteQuestion(named)))) return false;
  const done = await attempt(ui, t("files.delete.failed"), async () => {
    await deleteForGood(items.map((item) => item.id));
    refreshTrash();
    announce(t("files.done.deleting", { count: items.length, name: displayName(items[0]?.name ?? "") }));
    return true;
  });
  return done === true;
}

export async function emptyTrashNow(
  ui: Ui,
  items: TrashEntry[],
  kinds: (item: TrashEntry) => number,
): Promise<void> {
  const named = items.map((item) => ({ name: item.name, kind: kinds(item), size: item.size }));
  if (!(await ui.confirm(deleteQuestion(named, true)))) return;
  await attempt(ui, t("files.delete.failed"), async () => {
    await emptyTrash();
    refreshTrash();
    announce(t("files.done.emptying"));
  });
}

export async function restoreItems(ui: Ui, items: { id: string; name: string }[]): Promise<void> {
  await attempt(ui, t("files.fail.restore"), async () => {
    const { restored } = await restore(items.map((item) => item.id));
    refreshTrash();
    for (const folder of folders(restored)) refreshFolder(folder);
    toast(t("files.done.restored", { count: items.length, name: displayName(items[0]?.name ?? "") }));
  });
}

export async function renameItem(ui: Ui, place: Place, name: string): Promise<boolean> {
  const oldName = baseName(place.path);
  const done = await attempt(ui, t("files.rename.failed", { name: displayName(oldName) }), async () => {
    const info = await rename(place, name);
    remember({ kind: "rename", place: { root: info.root, path: info.path }, oldName });
    refreshFolder({ root: place.root, path: parent(place.path) });
    return true;
  });
  return done === true;
}

export async function makeFolder(ui: Ui, folder: Place, name: string): Promise<boolean> {
  const done = await attempt(ui, t("files.create.failed"), async () => {
    const info = await createFolder(folder.root, join(folder.path, name));
    remember({ kind: "create", place: { root: info.root, path: info.path } });
    refreshFolder(folder);
    return true;
  });
  return done === true;
}

async function undoStep(ui: Ui, step: UndoStep): Promise<void> {
  await attempt(ui, t("files.fail.undo"), async () => {
    if (step.kind === "trash") {
      const { restored } = await restore(step.ids);
      refreshTrash();
      for (const folder of folders(restored)) refreshFolder(folder);
    } else if (step.kind === "rename") {
      await rename(step.place, step.oldName);
      refreshFolder({ root: step.place.root, path: parent(step.place.path) });
    } else if (step.kind === "move") {
      await transfer("move", step.items, step.from, "keep_both");
    } else {
      await moveToTrash([step.place]);
      refreshFolder({ root: step.place.root, path: parent(step.place.path) });
    }
    announce(t("files.done.undone"));
  });
}

export async function undo(ui: Ui): Promise<void> {
  await Promise.allSettled(underWay);
  const step = takeUndo();
  if (step) await undoStep(ui, step);
  else announce(t("files.done.nothingToUndo"));
}

export function putOnClipboard(effect: "move" | "copy", items: Place[]): void {
  if (items.length === 0) return;
  clipboard.set({ effect, items });
  announce(t(effect === "move" ? "files.done.cut" : "files.done.copied", { count: items.length }));
}

export async function paste(ui: Ui, target: Place): Promise<void> {
  const held = clipboard.get();
  if (!held) {
    announce(t("files.done.nothingToPaste"));
    return;
  }
  const done = await transferItems(ui, held.effect, held.items, target);
  if (done && held.effect === "move") clipboard.set(undefined);
}

export async function upload(
  ui: Ui,
  found: { items: UploadItem[]; emptyFolders: string[] },
  target: Place,
): Promise<void> {
  await attempt(ui, t("files.fail.upload"), async () => {
    const names = await namesIn(target);
    const plan = planUpload(found.items, found.emptyFolders, (name) => names.has(name));
    const root = (await roots()).find((candidate) => candidate.id === target.root);
    if (root && missingSpace(plan.bytes, root) > 0) {
      await ui.noSpace(plan.bytes, root.free);
      return;
    }
    let conflict: OnConflict = "keep_both";
    if (plan.clashes.length > 0) {
      const answer = await ui.clash(plan.clashes, ui.labelOf(target));
      if (!answer) return;
      conflict = answer;
    }
    for (const folder of plan.emptyFolders) {
      // One that exists already is as good as a new one.
      await createFolder(target.root, join(target.path, folder)).catch((error: unknown) => {
        if (!(error instanceof ApiError && error.status === 409)) throw error;
      });
    }
    const chosen: Chosen[] = plan.items
      .filter((item) => conflict !== "skip" || item.folder !== "" || !names.has(item.file.name))
      .map((item) => ({ file: item.file, relativePath: item.folder }));
    if (chosen.length > 0) addUploads(chosen, target, conflict);
    else if (plan.emptyFolders.length > 0) refreshFolder(target);
  });
}

export async function setFavourites(ui: Ui, items: Place[], on: boolean): Promise<void> {
  await attempt(ui, t("files.fail.favourite"), async () => {
    try {
      for (const item of items) await (on ? addFavourite(item) : removeFavourite(item));
    } finally {
      void queries.invalidateQueries({ queryKey: keys.favourites });
    }
    announce(
      t(on ? "files.done.favourite" : "files.done.unfavourite", {
        count: items.length,
        name: firstName(items),
      }),
    );
  });
}

/**
 * What Nexus may look into, `shared` already doing so. Said where it is seen, because it is about who reads one's files.
 * What is as it should be is left alone, so that undoing doesn't change it either.
 */
export async function setShares(ui: Ui, all: Place[], on: boolean, shared: Set<string>): Promise<void> {
  const items = all.filter((item) => shared.has(markKey(item)) !== on);
  await attempt(ui, t("files.fail.share"), async () => {
    try {
      for (const item of items) await (on ? share(item) : unshare(item));
    } finally {
      void queries.invalidateQueries({ queryKey: keys.shares });
    }
    toast(
      t(on ? "files.done.share" : "files.done.unshare", { count: items.length, name: firstName(items) }),
      {
        label: t("files.action.undo"),
        run: () => void setShares(ui, items, !on, new Set(on ? items.map(markKey) : [])),
      },
    );
  });
}

/** Whether Nexus may change files there; each change is asked about all the same. */
export async function setShareWrites(
  ui: Ui,
  all: Place[],
  on: boolean,
  writable: Set<string>,
): Promise<void> {
  const items = all.filter((item) => writable.has(markKey(item)) !== on);
  await attempt(ui, t("files.fail.share"), async () => {
    try {
      for (const item of items) await shareWrites(item, on);
    } finally {
      void queries.invalidateQueries({ queryKey: keys.shares });
    }
    toast(
      t(on ? "files.done.shareWrites" : "files.done.shareLooks", {
        count: items.length,
        name: firstName(items),
      }),
      {
        label: t("files.action.undo"),
        run: () => void setShareWrites(ui, items, !on, new Set(on ? items.map(markKey) : [])),
      },
    );
  });
}

export async function forgetRecents(ui: Ui): Promise<void> {
  await attempt(ui, t("files.fail.recents"), async () => {
    await clearRecents();
    await queries.invalidateQueries({ queryKey: keys.recents });
  });
}

/** The server cuts and shrinks it, which takes a moment for a large one. */
export async function putOnDesktop(ui: Ui, item: Place): Promise<void> {
  announce(t("files.done.wallpaperMaking"));
  await attempt(ui, t("files.fail.wallpaper"), async () => {
    const { revision } = await makeWallpaper(item);
    const name = ownWallpaper(revision);
    await changeSettings({ wallpaper: name, own_wallpaper: name });
    toast(t("files.done.wallpaper", { name: firstName([item]) }));
  });
}

export async function download(ui: Ui, items: Item[], whole: Place): Promise<void> {
  const [first] = items;
  if (!first) return;
  await attempt(ui, t("files.fail.download"), async () => {
    if (items.length === 1 && first.kind !== FOLDER) {
      await downloadLink(contentUrl(first.place, true));
      noteOpened(first.place);
      return;
    }
    const url = archiveUrl(
      first.place.root,
      items.map((item) => item.place.path),
    );
    if (url.length <= longestUrl) await downloadLink(url);
    else {
      const all = await namesIn(whole);
      const same = items.length === all.size && items.every((item) => parent(item.place.path) === whole.path);
      if (!same) throw new ApiError(413, { code: "too_large", message: t("files.fail.tooMany") });
      await downloadLink(archiveUrl(whole.root, [whole.path]));
    }
  });
}
