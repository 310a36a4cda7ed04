import createClient from "openapi-fetch";
import { errorFrom } from "./error";
import { request } from "./fetch";
import type { paths } from "./schema";

/** The typed client. Wrap every call in `ok(…)`, which throws an ApiError unless the answer is good. */
export const api = createClient<paths>({
  baseUrl: typeof location === "undefined" ? "" : location.origin,
  fetch: request,
});

interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

export async function ok<T>(call: Promise<Answer<T>>): Promise<T> {
  const { data, error, response } = await call;
  if (response.ok) return data as T;
  // openapi-fetch has consumed the body, so it is handed on as a fresh response.
  const body = typeof error === "string" ? error : JSON.stringify(error ?? {});
  throw await errorFrom(new Response(body, { status: response.status, headers: response.headers }));
}

/** For answers that are not JSON, such as logs. */
export async function text(path: string, signal?: AbortSignal): Promise<string> {
  const response = await request(new Request(new URL(path, location.origin), signal ? { signal } : {}));
  if (!response.ok) throw await errorFrom(response);
  return response.text();
}
