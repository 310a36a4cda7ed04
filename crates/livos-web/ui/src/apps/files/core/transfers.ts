/** Plans for moving, copying and uploading: what may go where, what clashes, whether it fits. */
import { baseName, isInside, join, type Place, parent, segments } from "./paths";

export type Root = {
  id: string;
  label: string;
  kind: "home" | "shared" | "apps" | "drive" | "trash" | string;
  writable: boolean;
  total: number;
  free: number;
};

export type Effect = "move" | "copy" | "none";

/** Which storage a root lies on. Every root but a drive lives in the server's data folder. */
const storage = (root: Root | undefined): string => (root?.kind === "drive" ? root.id : "data");

/** Drag moves on the same drive and copies across; Ctrl/⌘ forces a copy. */
export function dropEffect(items: Place[], target: Place, roots: Root[], forceCopy: boolean): Effect {
  const to = roots.find((r) => r.id === target.root);
  if (items.length === 0 || !to?.writable || to.kind === "trash") return "none";
  if (items.some((item) => isInside(target, item))) return "none";
  const from = roots.find((r) => r.id === items[0]?.root);
  const effect = forceCopy || storage(from) !== storage(to) || from?.writable === false ? "copy" : "move";
  if (effect === "move" && items.every((item) => stays(item, target))) return "none";
  return effect;
}

const stays = (item: Place, target: Place): boolean =>
  item.root === target.root && parent(item.path) === target.path;

export type TransferPlan = {
  items: Place[];
  /** Items left out because they already are in the target folder. */
  already: Place[];
  /** Set when the target is one of the items or lies inside one. */
  intoItself: Place | undefined;
  /** Names that exist in the target. */
  clashes: string[];
};

export function planTransfer(
  items: Place[],
  target: Place,
  effect: "move" | "copy",
  exists: (name: string) => boolean,
): TransferPlan {
  const plan: TransferPlan = { items: [], already: [], intoItself: undefined, clashes: [] };
  for (const item of items) {
    if (isInside(target, item)) {
      plan.intoItself ??= item;
      continue;
    }
    if (stays(item, target)) {
      if (effect === "move") {
        plan.already.push(item);
        continue;
      }
      // A copy beside its original always gets a new name, there is nothing to ask.
      plan.items.push(item);
      continue;
    }
    plan.items.push(item);
    if (exists(baseName(item.path))) plan.clashes.push(baseName(item.path));
  }
  return plan;
}

/** A file to upload and the folder, relative to the target, that it goes to. */
export type UploadItem = { file: File; folder: string };

export type UploadPlan = {
  items: UploadItem[];
  /** Folders without a file in them, which no upload would create. */
  emptyFolders: string[];
  bytes: number;
  clashes: string[];
};

export function planUpload(
  items: UploadItem[],
  emptyFolders: string[],
  exists: (name: string) => boolean,
): UploadPlan {
  const tops = new Set<string>();
  let bytes = 0;
  for (const item of items) {
    bytes += item.file.size;
    tops.add(segments(item.folder)[0] ?? item.file.name);
  }
  return { items, emptyFolders, bytes, clashes: [...tops].filter(exists) };
}

/** Files chosen with the folder picker carry their path; a plain choice has none. */
export function fromFileList(files: Iterable<File>): UploadItem[] {
  const out: UploadItem[] = [];
  for (const file of files) {
    const relative = (file as File & { webkitRelativePath?: string }).webkitRelativePath ?? "";
    out.push({ file, folder: parent(relative) });
  }
  return out;
}

/**
 * A drop can hold files and folders. The entries must be taken before the first await, because the browser
 * empties the transfer when the event handler returns.
 */
export async function fromDrop(
  entries: (FileSystemEntry | null)[],
): Promise<{ items: UploadItem[]; emptyFolders: string[] }> {
  const items: UploadItem[] = [];
  const emptyFolders: string[] = [];
  const walk = async (entry: FileSystemEntry, folder: string): Promise<void> => {
    if (entry.isFile) {
      const file = await new Promise<File>((resolve, reject) =>
        (entry as FileSystemFileEntry).file(resolve, reject),
      );
      items.push({ file, folder });
      return;
    }
    const inside = join(folder, entry.name);
    const reader = (entry as FileSystemDirectoryEntry).createReader();
    let count = 0;
    for (;;) {
      // A reader hands out at most a hundred entries at a time and an empty list at the end.
      const part = await new Promise<FileSystemEntry[]>((resolve, reject) =>
        reader.readEntries(resolve, reject),
      );
      if (part.length === 0) break;
      count += part.length;
      for (const child of part) await walk(child, inside);
    }
    if (count === 0) emptyFolders.push(inside);
  };
  for (const entry of entries) if (entry) await walk(entry, "");
  return { items, emptyFolders };
}

/** Bytes missing on the target, or 0 when it fits. Unknown space (0 in total) never blocks. */
export function missingSpace(bytes: number, root: Pick<Root, "free" | "total"> | undefined): number {
  if (!root || root.total === 0) return 0;
  return Math.max(0, bytes - root.free);
}
