import { load, save } from "../storage";
import { ApiError, errorFrom } from "./error";
import { exclusively } from "./locks";
import { KEY, nameWrite, settle } from "./outcome";
import { csrfToken, session, sessionEnded, signedIn } from "./session";
import type { SessionInfo } from "./types";

const SAFE = new Set(["GET", "HEAD", "OPTIONS"]);
const unreachable = new Set<() => void>();

/** Calls back whenever a request got no answer, which makes the connection check itself. */
export function onUnreachable(listener: () => void): void {
  unreachable.add(listener);
}

let refreshing: Promise<boolean> | null = null;

/** Renews the session once, however many requests and tabs ask at the same moment. */
export function refresh(): Promise<boolean> {
  refreshing ??= exclusively("refresh", async () => {
    // Another tab may have renewed while this one waited for its turn.
    if (Date.now() - load("refreshed-at", 0) < 5_000) return true;
    const response = await fetch("/api/v1/session/refresh", { method: "POST", headers: csrfHeader() });
    if (!response.ok) {
      if (response.status === 401 || response.status === 403) return false;
      throw await errorFrom(response);
    }
    save("refreshed-at", Date.now());
    const info = (await response.json()) as SessionInfo;
    if (session.get().phase === "signed_in") signedIn(info);
    return true;
  }).finally(() => {
    refreshing = null;
  });
  return refreshing;
}

export function csrfHeader(): Record<string, string> {
  const token = csrfToken();
  return token ? { "X-CSRF-Token": token } : {};
}

/**
 * fetch for this server: adds the CSRF token, renews an expired session once and repeats the request,
 * and turns "no answer" into an ApiError. The answer's status is left to the caller.
 */
export async function request(input: Request): Promise<Response> {
  if (!SAFE.has(input.method)) nameWrite(input);
  const spare = input.clone();
  const response = await send(input);
  if (response.status !== 401) return response;
  const { code } = await errorFrom(response.clone());
  const renewable =
    code === "token_expired" || (code === "unauthenticated" && session.get().phase === "signed_in");
  if (renewable && (await renew())) return send(spare);
  if (renewable) sessionEnded();
  return response;
}

async function renew(): Promise<boolean> {
  try {
    return await refresh();
  } catch (error) {
    if (error instanceof ApiError) throw error;
    throw lost(error);
  }
}

async function send(input: Request): Promise<Response> {
  if (!SAFE.has(input.method)) {
    for (const [name, value] of Object.entries(csrfHeader())) input.headers.set(name, value);
  }
  const key = input.headers.get(KEY);
  const spare = key ? input.clone() : null;
  try {
    const response = await fetch(input);
    // The edge answers for a server that died in the middle.
    if (!spare || (response.status !== 502 && response.status !== 504)) return response;
    return (await resolve(key, spare)) ?? response;
  } catch (error) {
    if (input.signal.aborted) throw error;
    const problem = lost(error);
    const settled = await resolve(key, spare);
    if (settled) return settled;
    throw problem;
  }
}

/** The answer to a write whose answer was lost. Sent once more only when the server never saw it. */
async function resolve(key: string | null, spare: Request | null): Promise<Response | null> {
  if (!key || !spare) return null;
  const outcome = await settle(key);
  if (outcome !== "again") return outcome;
  return fetch(spare).catch(() => null);
}

function lost(cause: unknown): ApiError {
  for (const listener of unreachable) listener();
  return new ApiError(0, { code: "unreachable", message: "" }, { cause });
}
