import type { components } from "@/lib/api/schema";

type S = components["schemas"];

/** What becomes of a shell. */
export type News = S["ShellNews"];
/** What it is told about the screen it is shown on. */
export type Screen = S["ShellScreen"];

/** The server takes no longer messages than twice this. */
const LONGEST = 32 * 1024;
/** So much is shown before it is said: the server sends eight times as much without hearing anything. */
const SAY_SHOWN = 32 * 1024;

/** So many letters fit into what the server keeps for a program that does not read yet. */
export const mostPasted = 200_000;

export interface Shell {
  type(bytes: Uint8Array<ArrayBuffer>): void;
  size(columns: number, rows: number): void;
  /** So many bytes of it are on the screen. */
  shown(bytes: number): void;
  /** Ends it. */
  close(): void;
}

interface Hears {
  bytes(bytes: Uint8Array): void;
  news(news: News): void;
  /** The connection is gone; there may have been news before. */
  gone(): void;
}

export function shellAddress(id: string, columns: number, rows: number): URL {
  const address = new URL(`/api/v1/docker/containers/${id}/shell`, location.href);
  address.search = new URLSearchParams({ columns: String(columns), rows: String(rows) }).toString();
  address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
  return address;
}

/** A shell in a container. Bytes are binary messages; everything else is JSON in text messages. */
export function openShell(id: string, columns: number, rows: number, hears: Hears): Shell {
  const socket = new WebSocket(shellAddress(id, columns, rows));
  socket.binaryType = "arraybuffer";
  let unsaid = 0;
  const send = (data: string | Uint8Array<ArrayBuffer>) => {
    // What is typed after the end reaches nobody.
    if (socket.readyState === WebSocket.OPEN) socket.send(data);
  };
  const tell = (screen: Screen) => send(JSON.stringify(screen));
  socket.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) => {
    if (typeof data === "string") hears.news(JSON.parse(data) as News);
    else hears.bytes(new Uint8Array(data));
  };
  socket.onclose = () => hears.gone();
  return {
    type(bytes) {
      for (let from = 0; from < bytes.length; from += LONGEST) send(bytes.subarray(from, from + LONGEST));
    },
    size: (columns, rows) => tell({ type: "size", columns, rows }),
    shown(bytes) {
      unsaid += bytes;
      if (unsaid < SAY_SHOWN) return;
      tell({ type: "shown", bytes: unsaid });
      unsaid = 0;
    },
    close() {
      socket.onmessage = null;
      socket.onclose = null;
      socket.close();
    },
  };
}

/**
 * Text as it may be pasted. What controls a terminal is left out: it could end the mark around what is pasted, or be a key
 * that runs something.
 */
export const harmless = (text: string): string =>
  text.replace(/\p{Cc}/gu, (control) => ("\t\r\n".includes(control) ? control : ""));

/** How many lines would be run one after the other if this was pasted; one that is not ended waits for Enter. */
export function linesIn(text: string): number {
  return text.split(/\r\n?|\n/).filter((line) => line.trim() !== "").length;
}
