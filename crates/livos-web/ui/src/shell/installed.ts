import type { InstalledApp } from "@/lib/api";
import { type TextKey, t } from "@/lib/i18n";
import { openApp } from "@/lib/window";

/** Opens an installed app in its own tab, by way of the server, which signs the person in there. */
export function openInstalled(app: InstalledApp): void {
  if (app.state === "running") window.open(`/open/${encodeURIComponent(app.id)}`, "_blank", "noopener");
  else openApp("store", `/installed/${app.id}`);
}

export function stateText(app: InstalledApp): string {
  return t(`shell.app.${app.state}` as TextKey);
}
