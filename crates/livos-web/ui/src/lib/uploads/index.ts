import type { Upload } from "tus-js-client";
import { api, csrfHeader, errorText, keys, ok, queries, refresh } from "../api";
import { ApiError } from "../api/error";
import { sessionEnded } from "../api/session";
import type { Conflict, ItemRef, UploadInfo } from "../api/types";
import { connection, isOnline } from "../connection";
import { tx } from "../i18n";
import { randomId } from "../storage";
import { type Batch, findResumable, joinPath, resumable, type UploadItem, uploads } from "./state";

export * from "./state";

const AT_ONCE = 4;
const PART = 8 * 1024 * 1024;

export interface Chosen {
  file: File;
  /** The folder below the destination ("Photos/2024"), empty for single files. */
  relativePath: string;
}

interface Source {
  file: File;
  uploadUrl: string;
  upload?: Upload;
  release?: () => void;
}

/** The parts of an upload that are no state to render. */
const sources = new Map<string, Source>();

function patchItem(id: string, change: Partial<UploadItem>): void {
  uploads.set((batches) =>
    batches.map((batch) =>
      batch.items.some((item) => item.id === id)
        ? { ...batch, items: batch.items.map((item) => (item.id === id ? { ...item, ...change } : item)) }
        : batch,
    ),
  );
}

function findItem(id: string): { batch: Batch; item: UploadItem } | undefined {
  for (const batch of uploads.get()) {
    const item = batch.items.find((other) => other.id === id);
    if (item) return { batch, item };
  }
  return undefined;
}

/** Starts uploading into a folder. Files that an earlier visit began go on where they stopped. */
export function addUploads(chosen: Chosen[], to: ItemRef, onConflict: Conflict = "keep_both"): string {
  const batch: Batch = {
    id: randomId(),
    root: to.root,
    path: to.path,
    onConflict,
    startedAt: Date.now(),
    rate: 0,
    items: [],
  };
  batch.items = chosen.map(({ file, relativePath }) => {
    const id = randomId();
    const folder = joinPath(to.path, relativePath);
    const earlier = findResumable(resumable.get(), { ...to, path: folder, name: file.name, size: file.size });
    if (earlier) resumable.set((list) => list.filter((other) => other.id !== earlier.id));
    sources.set(id, { file, uploadUrl: earlier ? `/api/v1/uploads/${earlier.id}` : "" });
    return {
      id,
      batch: batch.id,
      name: file.name,
      relativePath,
      size: file.size,
      sent: earlier?.offset ?? 0,
      state: "waiting" as const,
      error: "",
      final: false,
    };
  });
  uploads.set((batches) => [batch, ...batches]);
  pump();
  return batch.id;
}

/** Continues the unfinished uploads that match; returns the files that match none. */
export function chooseAgain(files: File[]): File[] {
  const left: File[] = [];
  const groups = new Map<string, { to: ItemRef; chosen: Chosen[] }>();
  for (const file of files) {
    const match = resumable.get().find((upload) => upload.name === file.name && upload.size === file.size);
    if (!match) {
      left.push(file);
      continue;
    }
    const key = `${match.root}/${match.path}`;
    const group = groups.get(key) ?? { to: { root: match.root, path: match.path }, chosen: [] };
    group.chosen.push({ file, relativePath: "" });
    groups.set(key, group);
  }
  for (const { to, chosen } of groups.values()) addUploads(chosen, to);
  return left;
}

/** Gives up an upload of an earlier visit. */
export async function discardResumable(ids: string[]): Promise<void> {
  for (const id of ids) {
    const response = await fetch(`/api/v1/uploads/${id}`, {
      method: "DELETE",
      headers: { "Tus-Resumable": "1.0.0", ...csrfHeader() },
    });
    if (response.ok || response.status === 404 || response.status === 410) {
      resumable.set((list) => list.filter((upload) => upload.id !== id));
    }
  }
}

/** Asks the server what is unfinished, leaving out what this or another tab is uploading now. */
export async function findUnfinished(): Promise<void> {
  let list: UploadInfo[];
  try {
    list = await ok(api.GET("/api/v1/uploads"));
  } catch {
    return;
  }
  const busy = new Set<string>();
  for (const source of sources.values()) busy.add(idOf(source.uploadUrl));
  const held = (await navigator.locks?.query())?.held ?? [];
  for (const lock of held) if (lock.name?.startsWith("livos.upload.")) busy.add(lock.name.slice(13));
  resumable.set(list.filter((upload) => !busy.has(upload.id)));
}

const idOf = (url: string) => url.split("/").pop() ?? "";

let running = 0;

function pump(): void {
  if (!isOnline()) return;
  const waiting = uploads
    .get()
    .toReversed()
    .flatMap((batch) => batch.items.filter((item) => item.state === "waiting"));
  for (const item of waiting) {
    if (running >= AT_ONCE) return;
    const source = sources.get(item.id);
    const place = findItem(item.id);
    if (!source || !place) continue;
    running += 1;
    patchItem(item.id, { state: "uploading", error: "" });
    void transfer(item.id, source, place.batch, item.relativePath).finally(() => {
      running -= 1;
      source.release?.();
      delete source.release;
      delete source.upload;
      pump();
    });
  }
}

async function transfer(id: string, source: Source, batch: Batch, relativePath: string): Promise<void> {
  const { Upload } = await import("tus-js-client");
  if (findItem(id)?.item.state !== "uploading") return;
  await new Promise<void>((resolve) => {
    const upload = new Upload(source.file, {
      endpoint: "/api/v1/uploads",
      ...(source.uploadUrl ? { uploadUrl: source.uploadUrl } : {}),
      chunkSize: PART,
      retryDelays: [500, 1_000, 2_000, 4_000, 8_000],
      // The server lists unfinished uploads, so nothing about them is kept in this browser.
      storeFingerprintForResuming: false,
      metadata: {
        root: batch.root,
        path: batch.path,
        filename: source.file.name,
        on_conflict: batch.onConflict,
        ...(relativePath ? { relative_path: joinPath(relativePath, source.file.name) } : {}),
      },
      onBeforeRequest: (request) => {
        for (const [name, value] of Object.entries(csrfHeader())) request.setHeader(name, value);
      },
      onAfterResponse: async (request, response) => {
        if (response.getStatus() !== 401) return;
        if (!(await refresh().catch(() => false))) sessionEnded();
        void request;
      },
      onShouldRetry: (error) => {
        const status = error.originalResponse?.getStatus() ?? 0;
        return (
          status === 0 ||
          status === 401 ||
          status === 409 ||
          status === 423 ||
          status === 429 ||
          status >= 502
        );
      },
      onUploadUrlAvailable: () => {
        source.uploadUrl = upload.url ?? "";
        hold(source);
      },
      onProgress: (sent) => progressed(id, sent),
      onSuccess: () => {
        patchItem(id, { state: "done", sent: source.file.size });
        sources.delete(id);
        void queries.invalidateQueries({ queryKey: keys.directory(batch.root, batch.path) });
        resolve();
      },
      onError: (error) => {
        failed(id, error);
        resolve();
      },
    });
    source.upload = upload;
    source.release = combine(source.release, resolve);
    upload.start();
  });
}

const combine = (first: (() => void) | undefined, second: () => void) => () => {
  first?.();
  second();
};

/** Marks the upload as belonging to this tab, so that other tabs do not offer to continue it. */
function hold(source: Source): void {
  if (!navigator.locks || !source.uploadUrl) return;
  void navigator.locks.request(
    `livos.upload.${idOf(source.uploadUrl)}`,
    () =>
      new Promise<void>((resolve) => {
        source.release = combine(source.release, resolve);
      }),
  );
}

function failed(id: string, error: Error): void {
  const answer = "originalResponse" in error ? (error.originalResponse as TusAnswer | null) : null;
  const status = answer?.getStatus() ?? 0;
  if (status === 0) {
    // The network is gone; the connection coming back sets it going again.
    patchItem(id, { state: isOnline() ? "failed" : "waiting", error: errorText(new ApiError(0, {})) });
    return;
  }
  let body = {};
  try {
    body = JSON.parse(answer?.getBody() ?? "{}") as object;
  } catch {
    // The status alone has to do.
  }
  const problem = new ApiError(status, body);
  const known = tx(`shell.upload.error.${problem.code}`, "");
  const gone = status === 404 || status === 410;
  const source = sources.get(id);
  if (gone && source) source.uploadUrl = "";
  patchItem(id, {
    state: "failed",
    error: known || errorText(problem),
    final: status >= 400 && status < 500 && !gone && ![401, 408, 409, 423, 429].includes(status),
    ...(gone ? { sent: 0 } : {}),
  });
}

interface TusAnswer {
  getStatus(): number;
  getBody(): string;
}

const moved = new Map<string, number>();
const samples = new Map<string, { at: number; sent: number }[]>();
let flush: ReturnType<typeof setTimeout> | undefined;

function progressed(id: string, sent: number): void {
  moved.set(id, sent);
  if (flush) return;
  flush = setTimeout(() => {
    flush = undefined;
    const now = Date.now();
    uploads.set((batches) =>
      batches.map((batch) => {
        if (!batch.items.some((item) => moved.has(item.id))) return batch;
        const items = batch.items.map((item) => {
          const value = moved.get(item.id);
          return value === undefined || item.state !== "uploading" ? item : { ...item, sent: value };
        });
        const total = items.reduce((sum, item) => sum + item.sent, 0);
        const recent = [...(samples.get(batch.id) ?? []), { at: now, sent: total }].filter(
          (s) => now - s.at < 5_000,
        );
        samples.set(batch.id, recent);
        const first = recent[0];
        const rate =
          first && now > first.at ? Math.max(0, ((total - first.sent) * 1000) / (now - first.at)) : 0;
        return { ...batch, items, rate };
      }),
    );
    moved.clear();
  }, 250);
}

function each(target: string, act: (item: UploadItem) => void): void {
  for (const batch of uploads.get()) {
    for (const item of batch.items) if (batch.id === target || item.id === target) act(item);
  }
}

/** The following take the id of a batch or of one item. */
export function pauseUploads(target: string): void {
  each(target, (item) => {
    if (item.state !== "uploading" && item.state !== "waiting") return;
    patchItem(item.id, { state: "paused" });
    void sources.get(item.id)?.upload?.abort();
    sources.get(item.id)?.release?.();
  });
}

export function resumeUploads(target: string): void {
  each(target, (item) => item.state === "paused" && patchItem(item.id, { state: "waiting" }));
  pump();
}

export function retryUploads(target: string): void {
  each(
    target,
    (item) => item.state === "failed" && patchItem(item.id, { state: "waiting", error: "", final: false }),
  );
  pump();
}

/** Stops and removes what arrived so far; finished files stay. */
export function cancelUploads(target: string): void {
  each(target, (item) => {
    const source = sources.get(item.id);
    if (item.state !== "done") {
      void source?.upload?.abort();
      source?.release?.();
      if (source?.uploadUrl) void discardResumable([idOf(source.uploadUrl)]);
    }
    sources.delete(item.id);
  });
  uploads.set((batches) =>
    batches
      .filter((batch) => batch.id !== target)
      .map((batch) => ({ ...batch, items: batch.items.filter((item) => item.id !== target) }))
      .filter((batch) => batch.items.length > 0),
  );
}

export function dismissUploads(batch: string): void {
  cancelUploads(batch);
}

connection.subscribe(() => {
  if (isOnline() && running < AT_ONCE) pump();
});
