import { t } from "@/lib/i18n";
import { Button, Dialog } from "@/ui";
import { LogView } from "@/ui/LogView";
import { engineLogUrl } from "./acting";

/** What Docker itself wrote into the machine's journal, until now. */
export default function EngineLog({ onClose }: { onClose(): void }) {
  return (
    <Dialog
      wide
      title={t("containers.engineLog.title")}
      onClose={onClose}
      actions={
        <Button data-autofocus onClick={onClose}>
          {t("containers.engineLog.close")}
        </Button>
      }
    >
      <p className="pb-3 text-sm text-muted">{t("containers.engineLog.what")}</p>
      <div className="h-96">
        <LogView source={engineLogUrl} title={t("containers.engineLog.units")} name="docker" />
      </div>
    </Dialog>
  );
}
