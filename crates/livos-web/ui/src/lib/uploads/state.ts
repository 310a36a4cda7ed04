import type { Conflict, UploadInfo } from "../api/types";
import { createStore } from "../store";

export type UploadState = "waiting" | "uploading" | "paused" | "done" | "failed" | "skipped";

export interface UploadItem {
  id: string;
  batch: string;
  name: string;
  /** The folder below the destination, for uploads of whole folders. */
  relativePath: string;
  size: number;
  sent: number;
  state: UploadState;
  error: string;
  /** A failure that trying again cannot cure, such as a refused name. */
  final: boolean;
}

export interface Batch {
  id: string;
  root: string;
  /** The destination folder. */
  path: string;
  onConflict: Conflict;
  startedAt: number;
  items: UploadItem[];
  /** Bytes per second over the last seconds. */
  rate: number;
}

/** What Files and Activity show. Updated at most four times a second while bytes move. */
export const uploads = createStore<Batch[]>([]);

/** Uploads begun before a reload: they continue when the same files are chosen again. */
export const resumable = createStore<UploadInfo[]>([]);

export interface Totals {
  count: number;
  done: number;
  failed: number;
  active: number;
  paused: number;
  sent: number;
  size: number;
}

export function totals(batch: Batch): Totals {
  const sum: Totals = {
    count: batch.items.length,
    done: 0,
    failed: 0,
    active: 0,
    paused: 0,
    sent: 0,
    size: 0,
  };
  for (const item of batch.items) {
    sum.size += item.size;
    sum.sent += item.state === "done" ? item.size : item.sent;
    if (item.state === "done" || item.state === "skipped") sum.done += 1;
    else if (item.state === "failed") sum.failed += 1;
    else if (item.state === "paused") sum.paused += 1;
    else sum.active += 1;
  }
  return sum;
}

export type BatchState = "uploading" | "paused" | "failed" | "done";

export function batchState(batch: Batch): BatchState {
  const sum = totals(batch);
  if (sum.active > 0) return "uploading";
  if (sum.paused > 0) return "paused";
  return sum.failed > 0 ? "failed" : "done";
}

/** Finds the unfinished upload that a file chosen again belongs to. */
export function findResumable(
  list: UploadInfo[],
  wanted: { root: string; path: string; name: string; size: number },
): UploadInfo | undefined {
  return list.find(
    (upload) =>
      upload.name === wanted.name &&
      upload.size === wanted.size &&
      upload.root === wanted.root &&
      upload.path === wanted.path,
  );
}

export function joinPath(...parts: string[]): string {
  return parts.filter(Boolean).join("/");
}

/** Whether leaving the page would interrupt something. */
export function isUploading(): boolean {
  return uploads
    .get()
    .some((batch) => batch.items.some((item) => ["uploading", "waiting"].includes(item.state)));
}
