import { errorFrom } from "@/lib/api/error";
import { request } from "@/lib/api/fetch";
import type { Picture } from "@/lib/assistant";
import { randomId } from "@/lib/storage";
import { createStore } from "@/lib/store";

/** Of one message, as the server takes them. */
export const MOST_PICTURES = 4;
export const KINDS = "image/png,image/jpeg,image/webp,image/gif";
/** What models look at; what is larger they make smaller themselves. */
const LONGEST_SIDE = 1568;
/** A picture with sharp edges stays one while it is no larger than this. */
const LARGEST_PNG = 1_500_000;

/** A picture that is to be sent. */
export interface Attached {
  key: string;
  name: string;
  /** Where it is to be seen. */
  url: string;
  /** Until the server has it. */
  file?: Blob;
  /** Once it does. */
  id?: string;
}

/** By the conversation that they are for; in memory only, as they are other people's faces and places, too. */
export const attached = createStore<Record<string, Attached[]>>({});

export function attach(draft: string, change: (before: Attached[]) => Attached[]): void {
  attached.set((all) => ({ ...all, [draft]: change(all[draft] ?? []) }));
}

export const pathOf = (conversation: string, picture: string) =>
  `/api/v1/assistant/conversations/${encodeURIComponent(conversation)}/pictures/${encodeURIComponent(picture)}`;

/** Files that were dropped or pasted, without what is no picture. */
export const picturesIn = (files: Iterable<File>) =>
  [...files].filter((file) => file.type.startsWith("image/"));

/**
 * Makes a picture that can be sent: drawn anew, no larger than models look at. What a camera wrote beside it, such as
 * where it was taken, stays behind. Throws for what the browser can't draw.
 */
export async function prepared(file: File): Promise<Attached> {
  const bitmap = await createImageBitmap(file);
  const scale = Math.min(1, LONGEST_SIDE / Math.max(bitmap.width, bitmap.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(bitmap.width * scale));
  canvas.height = Math.max(1, Math.round(bitmap.height * scale));
  const context = canvas.getContext("2d");
  if (!context) throw new Error("no canvas");
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  let blob = file.type === "image/jpeg" ? undefined : await encoded(canvas, "image/png");
  if (!blob || blob.size > LARGEST_PNG) {
    // A photo has nothing behind it to be seen through.
    context.globalCompositeOperation = "destination-over";
    context.fillStyle = "#fff";
    context.fillRect(0, 0, canvas.width, canvas.height);
    blob = await encoded(canvas, "image/jpeg");
  }
  return { key: randomId(), name: file.name, url: URL.createObjectURL(blob), file: blob };
}

function encoded(canvas: HTMLCanvasElement, kind: string): Promise<Blob> {
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("not encoded"))), kind, 0.85);
  });
}

/** Hands a picture to the server; again, it is the same one. */
export async function upload(conversation: string, one: Attached): Promise<string> {
  if (one.id) return one.id;
  const url = new URL(pathOf(conversation, "").slice(0, -1), location.origin);
  const headers = { "Content-Type": "application/octet-stream" };
  const init = { method: "POST", headers, body: one.file ?? null };
  const response = await request(new Request(url, init));
  if (!response.ok) throw await errorFrom(response);
  return ((await response.json()) as Picture).id;
}
