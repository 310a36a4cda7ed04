import { randomId } from "../storage";

/** What the server keeps no outcome of: passwords, codes and uploads, which have their own ways. */
const WITHOUT = /^\/api\/v1\/(me|session|setup|uploads)\b/;
const PAUSES = [500, 1_000, 2_000, 3_000];

export const KEY = "Idempotency-Key";

/** Names a write, so that its outcome can be asked for when its answer is lost. */
export function nameWrite(input: Request): void {
  if (!WITHOUT.test(new URL(input.url).pathname)) input.headers.set(KEY, randomId());
}

interface Outcome {
  state: "done" | "unknown";
  status: number;
  body: unknown;
}

/**
 * A write got no answer. Asks the server what became of it instead of guessing: the answer it would have
 * had, `again` when it never arrived, or nothing when that cannot be found out.
 */
export async function settle(key: string): Promise<Response | "again" | null> {
  for (const pause of PAUSES) {
    await new Promise((resolve) => setTimeout(resolve, pause));
    try {
      const signal = AbortSignal.timeout(4_000);
      const response = await fetch(`/api/v1/outcomes/${key}`, { signal, cache: "no-store" });
      if (response.status === 404) return "again";
      if (response.ok) {
        const { state, status, body } = (await response.json()) as Outcome;
        if (state === "done") return answer(status, body);
      }
    } catch {
      // Still no connection.
    }
  }
  return null;
}

function answer(status: number, body: unknown): Response {
  const empty = status === 204 || status === 205 || status === 304;
  const headers = { "Content-Type": "application/json" };
  return new Response(empty ? null : JSON.stringify(body), { status, headers });
}
