import { checkConnection, connection, newVersionFound } from "@/lib/connection";
import { isUploading } from "@/lib/uploads/state";

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

const RELOADED = "livos.reloaded";

/**
 * Loads the new version by itself while nobody looks and nothing would be lost, and never twice within a
 * minute, in case the page that comes is the old one again.
 */
export function followNewVersion(isDirty: () => boolean): void {
  const consider = () => {
    if (!connection.get().newVersion || document.visibilityState !== "hidden") return;
    if (isDirty() || isUploading() || document.querySelector(".dialog")) return;
    const before = Number(sessionStorage.getItem(RELOADED) ?? 0);
    if (Date.now() - before < 60_000) return;
    sessionStorage.setItem(RELOADED, String(Date.now()));
    location.reload();
  };
  connection.subscribe(consider);
  document.addEventListener("visibilitychange", consider);
}
