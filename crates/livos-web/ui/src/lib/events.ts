import { errorFrom } from "./api/error";
import { request } from "./api/fetch";
import type { Events } from "./api/types";

type Handlers = { [Name in keyof Events]?: Set<(data: Events[Name]) => void> };
const handlers: Handlers = {};

/** Listens to one kind of event from the server; returns the way to stop. */
export function onEvent<Name extends keyof Events>(
  name: Name,
  handler: (data: Events[Name]) => void,
): () => void {
  const set = (handlers[name] ?? new Set()) as Set<(data: Events[Name]) => void>;
  Object.assign(handlers, { [name]: set });
  set.add(handler);
  return () => set.delete(handler);
}

export function dispatch(name: string, data: string): void {
  const set = handlers[name as keyof Events] as Set<(data: unknown) => void> | undefined;
  if (!set?.size) return;
  let value: unknown = {};
  try {
    value = data ? JSON.parse(data) : {};
  } catch {
    return;
  }
  for (const handler of [...set]) handler(value);
}

export interface ServerEvent {
  id: string;
  name: string;
  data: string;
}

/** Splits an event stream into events, however the network cut it. */
export class EventParser {
  #rest = "";
  #id = "";
  #name = "";
  #data: string[] = [];

  push(chunk: string): ServerEvent[] {
    const out: ServerEvent[] = [];
    const lines = (this.#rest + chunk).split(/\r\n|\n|\r(?!$)/);
    this.#rest = lines.pop() ?? "";
    for (const line of lines) {
      if (line === "") {
        if (this.#name || this.#data.length > 0) {
          out.push({ id: this.#id, name: this.#name || "message", data: this.#data.join("\n") });
        }
        this.#name = "";
        this.#data = [];
        continue;
      }
      const colon = line.indexOf(":");
      if (colon === 0) continue;
      const field = colon < 0 ? line : line.slice(0, colon);
      const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
      if (field === "id") this.#id = value;
      else if (field === "event") this.#name = value;
      else if (field === "data") this.#data.push(value);
    }
    return out;
  }
}

/**
 * Reads the stream until it ends. It is fetched rather than opened as an EventSource so that a 401 can be
 * told from a dead server, and so that Last-Event-ID can be sent on a connection of our own making.
 */
export async function readStream(
  lastId: string,
  signal: AbortSignal,
  on: { open: () => void; event: (event: ServerEvent) => void; alive: () => void },
): Promise<void> {
  const headers: Record<string, string> = { Accept: "text/event-stream" };
  if (lastId) headers["Last-Event-ID"] = lastId;
  const url = new URL("/api/v1/events", location.origin);
  const response = await request(new Request(url, { headers, signal, cache: "no-store" }));
  if (!response.ok || !response.body) throw await errorFrom(response);
  on.open();
  const parser = new EventParser();
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    on.alive();
    for (const event of parser.push(value)) on.event(event);
  }
}
