import { checkConnection, newVersionFound } from "@/lib/connection";

/** A failed download of code, which usually means that the server was updated meanwhile. */
export function isMissingCode(error: unknown): boolean {
  return (
    error instanceof Error &&
    /dynamically imported module|importing a module|module script|preload/i.test(error.message)
  );
}

/** Code could not be had. When the server answers otherwise, this page is older than what it now has. */
export function codeMissing(error: unknown): void {
  if (!isMissingCode(error)) return;
  void checkConnection();
  void fetch("/api/v1/version", { signal: AbortSignal.timeout(4_000), cache: "no-store" }).then(
    (response) => response.ok && newVersionFound(),
    () => undefined,
  );
}
