import { t } from "../i18n";
import type { ErrorBody } from "./types";

/** What went wrong with a request: the server's own words, or that it could not be reached. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly requestId: string;
  readonly detail: string;
  readonly retryAfter: number;
  readonly at = new Date();

  constructor(status: number, body: Partial<ErrorBody>, options?: ErrorOptions) {
    super(body.message ?? "", options);
    this.name = "ApiError";
    this.status = status;
    this.code = body.code ?? "unknown";
    this.requestId = body.request_id ?? "";
    this.detail = body.detail ?? "";
    this.retryAfter = body.retry_after ?? 0;
  }

  /** The server gave no answer at all. */
  get unreachable(): boolean {
    return this.status === 0;
  }
}

export async function errorFrom(response: Response): Promise<ApiError> {
  let body: Partial<ErrorBody> = {};
  try {
    body = (await response.json()) as Partial<ErrorBody>;
  } catch {
    // A proxy in front may answer with a page; the status still says enough.
  }
  const after = Number(response.headers.get("retry-after") ?? 0);
  return new ApiError(response.status, {
    code: body.code ?? `http_${response.status}`,
    message: body.message ?? "",
    detail: body.detail ?? "",
    request_id: body.request_id ?? response.headers.get("x-request-id") ?? "",
    retry_after: body.retry_after ?? (Number.isFinite(after) ? after : 0),
  });
}

export function isApiError(error: unknown, code?: string): error is ApiError {
  return error instanceof ApiError && (code === undefined || error.code === code);
}

/** One sentence for people. The server's messages are written for them; the rest is ours. */
export function errorText(error: unknown): string {
  if (error instanceof ApiError) {
    if (error.unreachable) return t("shell.error.unreachable");
    if (error.message) return sentence(error.message);
    if (error.status === 403) return t("shell.error.denied");
    if (error.status === 404) return t("shell.error.notFound");
    if (error.status >= 500) return t("shell.error.server");
  }
  return t("shell.error.unknown");
}

/** The lines "Copy details" puts on the clipboard. */
export function errorDetails(error: unknown): string {
  if (error instanceof ApiError) {
    return [
      `time: ${error.at.toISOString()}`,
      `code: ${error.code}`,
      `status: ${error.status}`,
      `request: ${error.requestId || "-"}`,
      `message: ${error.message || "-"}`,
      error.detail && `detail: ${error.detail}`,
      `page: ${location.pathname}`,
    ]
      .filter(Boolean)
      .join("\n");
  }
  const text =
    error instanceof Error ? `${error.name}: ${error.message}\n${error.stack ?? ""}` : String(error);
  return `time: ${new Date().toISOString()}\n${text}\npage: ${location.pathname}`;
}

/** The server's messages begin small and end without a stop; alone on a line they are sentences. */
export function sentence(text: string): string {
  const first = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?…]$/.test(first) ? first : `${first}.`;
}
