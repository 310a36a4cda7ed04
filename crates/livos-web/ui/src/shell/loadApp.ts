import type { ComponentType } from "react";
import type { AppManifest } from "@/lib/apps";
import { loadTexts } from "@/lib/i18n";

const modules = new Map<string, Promise<{ default: ComponentType }>>();

/** The code and the texts of an app, once. */
export function loadApp(manifest: AppManifest): Promise<{ default: ComponentType }> {
  let loading = modules.get(manifest.id);
  if (!loading) {
    // A server that changes what it listens to drops what waits there, once.
    const load = () => Promise.all([manifest.load(), loadTexts(manifest.id)]);
    loading = load()
      .catch(load)
      .then(([module]) => module);
    modules.set(manifest.id, loading);
  }
  return loading;
}

/** The next opening asks for the code again. */
export function forgetApp(id: string): void {
  modules.delete(id);
}
