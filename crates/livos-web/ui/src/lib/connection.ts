import { isApiError } from "./api/error";
import { onUnreachable } from "./api/fetch";
import { broadcast, session, sessionEnded } from "./api/session";
import { dispatch, readStream, type ServerEvent } from "./events";
import { createStore, useStore } from "./store";

export type ConnectionPhase = "connecting" | "online" | "checking" | "reconnecting" | "offline" | "back";

export interface Connection {
  phase: ConnectionPhase;
  /** When the server was last heard, in milliseconds; the time shown as "Showing 14:02". */
  heardAt: number;
  /** The server was updated while this page stayed open. */
  newVersion: boolean;
}

export const connection = createStore<Connection>({
  phase: "connecting",
  heardAt: Date.now(),
  newVersion: false,
});

const SILENCE = 35_000;
const RETRIES = [500, 1_000, 2_000, 4_000, 8_000, 15_000];

let stream: AbortController | null = null;
let lastId = "";
let version = "";
let attempt = 0;
let lostAt = 0;
let watchdog: ReturnType<typeof setTimeout> | undefined;
let retry: ReturnType<typeof setTimeout> | undefined;
let phaseTimer: ReturnType<typeof setTimeout> | undefined;
let running = false;

function setPhase(phase: ConnectionPhase): void {
  connection.set((now) => (now.phase === phase ? now : { ...now, phase }));
}

export function newVersionFound(): void {
  connection.set((now) => ({ ...now, newVersion: true }));
}

function heard(): void {
  connection.set((now) => ({ ...now, heardAt: Date.now() }));
  clearTimeout(watchdog);
  // The server sends a ping every 15 seconds, so this fires only on a dead connection.
  watchdog = setTimeout(() => lose(), SILENCE);
}

function opened(): void {
  const wasLost = lostAt > 0;
  // Without a last event there is nothing to replay from, so everything may have changed meanwhile.
  if (wasLost && !lastId) dispatch("reset", "");
  clearTimeout(phaseTimer);
  attempt = 0;
  lostAt = 0;
  heard();
  setPhase(wasLost && connection.get().phase !== "checking" ? "back" : "online");
  if (connection.get().phase === "back") phaseTimer = setTimeout(() => setPhase("online"), 3_000);
}

function received(event: ServerEvent): void {
  if (event.id) lastId = event.id;
  if (event.name === "hello") {
    try {
      const hello = JSON.parse(event.data) as { version?: string };
      if (version && hello.version && hello.version !== version) newVersionFound();
      version ||= hello.version ?? "";
    } catch {
      // A greeting that cannot be read says nothing about the version.
    }
  }
  if (event.name === "reset") lastId = event.id;
  dispatch(event.name, event.data);
  if (event.name === "signed_out") {
    stop();
    sessionEnded();
    broadcast("signed_out");
  }
}

/** Drops the stream and starts over, at once. */
function lose(): void {
  stream?.abort();
  stream = null;
  void connect();
}

async function connect(): Promise<void> {
  if (!running || stream) return;
  clearTimeout(retry);
  clearTimeout(watchdog);
  const mine = new AbortController();
  stream = mine;
  const slow = setTimeout(() => mine.abort(), 10_000);
  try {
    await readStream(lastId, mine.signal, {
      open: () => {
        clearTimeout(slow);
        opened();
      },
      event: received,
      alive: heard,
    });
  } catch (error) {
    if (isApiError(error) && error.status === 401) {
      sessionEnded();
      running = false;
    }
  } finally {
    clearTimeout(slow);
  }
  // A newer stream may have replaced this one while it was ending.
  if (stream !== mine) return;
  stream = null;
  clearTimeout(watchdog);
  if (running) schedule();
}

function schedule(): void {
  if (!lostAt) {
    lostAt = Date.now();
    setPhase("checking");
    // Nothing is shown for the first two seconds, because most interruptions are shorter.
    clearTimeout(phaseTimer);
    phaseTimer = setTimeout(() => {
      setPhase("reconnecting");
      phaseTimer = setTimeout(() => setPhase("offline"), 8_000);
    }, 2_000);
  }
  const base = RETRIES[Math.min(attempt, RETRIES.length - 1)] ?? 15_000;
  attempt += 1;
  retry = setTimeout(() => void connect(), base * (0.8 + Math.random() * 0.4));
}

/** Asks at once whether the server is there: on waking, a network change, a failed request or a click. */
export async function checkConnection(): Promise<void> {
  if (!running) return;
  if (!stream || lostAt) {
    attempt = 0;
    stream?.abort();
    stream = null;
    return connect();
  }
  try {
    const response = await fetch("/api/v1/health", { signal: AbortSignal.timeout(4_000), cache: "no-store" });
    if (response.ok && Date.now() - connection.get().heardAt < SILENCE) return;
  } catch {
    // No answer: the stream cannot be alive either.
  }
  lose();
}

function wake(): void {
  if (document.visibilityState === "visible" && Date.now() - connection.get().heardAt > 16_000) {
    void checkConnection();
  }
}

let listening = false;

export function start(): void {
  running = true;
  if (!listening) {
    listening = true;
    addEventListener("online", () => void checkConnection());
    addEventListener("pageshow", wake);
    document.addEventListener("visibilitychange", wake);
    onUnreachable(() => {
      if (connection.get().phase === "online") void checkConnection();
    });
    session.subscribe(() => {
      if (session.get().phase === "signed_in" && !running) start();
    });
  }
  void connect();
}

export function stop(): void {
  running = false;
  clearTimeout(retry);
  clearTimeout(watchdog);
  clearTimeout(phaseTimer);
  stream?.abort();
  stream = null;
}

/** Whether writing makes sense now. Controls that write are disabled with the reason while it is false. */
export function useOnline(): boolean {
  return useStore(connection, ({ phase }) => phase !== "offline" && phase !== "reconnecting");
}

export function isOnline(): boolean {
  const { phase } = connection.get();
  return phase !== "offline" && phase !== "reconnecting";
}
