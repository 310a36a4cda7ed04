import { errorFrom, isApiError } from "@/lib/api/error";
import { request } from "@/lib/api/fetch";
import { eventsOf } from "@/lib/assistant";
import { connection } from "@/lib/connection";
import { EventParser } from "@/lib/events";
import type { LogEvent } from "./core/view";

/** A screen shows no more than this often what is being written, in milliseconds. */
const PAINT = 50;
const RETRIES = [500, 1_000, 2_000, 4_000, 8_000];

interface Following {
  /** Up to where everything is known, asked anew for each connection. */
  after: () => number;
  take: (events: LogEvent[]) => void;
  /** The conversation is gone or no longer this person's. */
  gone: () => void;
}

/** Collects what comes within a moment, so that a fast answer is painted 20 times a second and not 200. */
export function batched(take: (events: LogEvent[]) => void) {
  let waiting: LogEvent[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  let last = Number.NEGATIVE_INFINITY;
  const flush = () => {
    timer = undefined;
    last = performance.now();
    const events = waiting;
    waiting = [];
    take(events);
  };
  return {
    push(event: LogEvent) {
      waiting.push(event);
      timer ??= setTimeout(flush, Math.max(0, last + PAINT - performance.now()));
    },
    drop() {
      clearTimeout(timer);
      timer = undefined;
      waiting = [];
    },
  };
}

/**
 * Follows a conversation's stream and connects again for as long as it takes: what is missed meanwhile is
 * replayed. `restart` begins from what is known now; `stop` ends it and changes nothing on the server.
 */
export function follow(id: string, { after, take, gone }: Following) {
  let over = false;
  const batch = batched(take);
  let connected = new AbortController();
  let hurry: () => void = () => undefined;
  const restart = () => {
    batch.drop();
    connected.abort();
    hurry();
  };

  const connect = async (signal: AbortSignal) => {
    const init = { headers: { Accept: "text/event-stream" }, signal, cache: "no-store" as const };
    const response = await request(new Request(eventsOf(id, after()), init));
    if (!response.ok || !response.body) throw await errorFrom(response);
    const parser = new EventParser();
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done || signal.aborted) return;
      for (const event of parser.push(value)) batch.push(read(event));
    }
  };

  const run = async () => {
    for (let attempt = 0; !over; attempt += 1) {
      connected = new AbortController();
      const mine = connected;
      const opened = performance.now();
      try {
        await connect(mine.signal);
      } catch (error) {
        if (isApiError(error) && [403, 404].includes(error.status)) return gone();
      }
      if (mine.signal.aborted) {
        // Somebody wants it now: at once, and with short pauses again.
        attempt = -1;
        continue;
      }
      if (performance.now() - opened > 5_000) attempt = 0;
      await new Promise<void>((resolve) => {
        hurry = resolve;
        setTimeout(resolve, RETRIES[Math.min(attempt, RETRIES.length - 1)]);
      });
    }
  };

  // The desktop's own stream notices a dead connection and a wake from sleep; this one begins anew with it.
  let phase = connection.get().phase;
  const unsubscribe = connection.subscribe(() => {
    const before = phase;
    phase = connection.get().phase;
    const alive = phase === "online" || phase === "back";
    if (alive && before !== "online" && before !== "back") restart();
  });
  void run();
  return {
    restart,
    stop() {
      over = true;
      unsubscribe();
      restart();
    },
  };
}

function read({ id, name, data }: { id: string; name: string; data: string }): LogEvent {
  const seq = id === "" ? Number.NaN : Number(id);
  let value: unknown;
  try {
    value = JSON.parse(data);
  } catch {
    // Half an event cannot be used, so the conversation is fetched again.
    return { seq: undefined, name: "reset", data: {} };
  }
  return { seq: Number.isFinite(seq) ? seq : undefined, name, data: value };
}
