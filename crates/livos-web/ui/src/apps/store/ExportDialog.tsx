import type { InstalledApp } from "@/lib/api";
import { t } from "@/lib/i18n";
import { ExportDialog as Shared } from "@/ui/ExportDialog";

/** The way out for an app of a store. */
export function ExportDialog({ app, onClose }: { app: InstalledApp; onClose(): void }) {
  const texts = {
    title: t("store.export.title", { app: app.name }),
    text: t("store.export.text"),
    secrets: t("store.export.secrets"),
    warning: t("store.export.warning"),
    cancel: t("store.action.cancel"),
    action: t("store.export.action"),
  };
  return <Shared id={app.id} texts={texts} onClose={onClose} />;
}
