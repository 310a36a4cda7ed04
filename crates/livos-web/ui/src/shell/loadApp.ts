import type { ComponentType } from "react";
import type { AppManifest } from "@/lib/apps";
import { loadTexts } from "@/lib/i18n";

const modules = new Map<string, Promise<{ default: ComponentType }>>();

/**
 * A server that changes what it listens to drops what waits there, once.
 * Each file is asked for again by itself: a second request beside one that is about to fail would fail with it.
 */
const twice = <T>(load: () => Promise<T>): Promise<T> => load().catch(load);

/** The code and the texts of an app, once. */
export function loadApp(manifest: AppManifest): Promise<{ default: ComponentType }> {
  let loading = modules.get(manifest.id);
  if (!loading) {
    const module = twice(() => manifest.load());
    loading = Promise.all([module, twice(() => loadTexts(manifest.id))]).then(() => module);
    modules.set(manifest.id, loading);
  }
  return loading;
}

/** The next opening asks for the code again. */
export function forgetApp(id: string): void {
  modules.delete(id);
}
