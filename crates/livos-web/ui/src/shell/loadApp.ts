import type { ComponentType } from "react";
import type { AppManifest } from "@/lib/apps";
import { loadTexts } from "@/lib/i18n";

const modules = new Map<string, Promise<{ default: ComponentType }>>();

/** The code and the texts of an app, once. */
export function loadApp(manifest: AppManifest): Promise<{ default: ComponentType }> {
  let loading = modules.get(manifest.id);
  if (!loading) {
    loading = Promise.all([manifest.load(), loadTexts(manifest.id)]).then(([module]) => module);
    modules.set(manifest.id, loading);
  }
  return loading;
}

/** The next opening asks for the code again. */
export function forgetApp(id: string): void {
  modules.delete(id);
}
