import { useState } from "react";
import { errorText, type InstalledApp } from "@/lib/api";
import { downloadLink } from "@/lib/download";
import { t } from "@/lib/i18n";
import { Button, Callout, Checkbox, Dialog } from "@/ui";
import { exportUrl } from "./data";

/** The way out: the app as a project that needs no LivOS. Secrets leave only when that is asked for. */
export function ExportDialog({ app, onClose }: { app: InstalledApp; onClose(): void }) {
  const [secrets, setSecrets] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const submit = async () => {
    if (busy) return;
    setBusy(true);
    setError(undefined);
    try {
      await downloadLink(exportUrl(app.id, secrets));
      onClose();
    } catch (failure) {
      setError(failure);
      setBusy(false);
    }
  };
  return (
    <Dialog
      title={t("store.export.title", { app: app.name })}
      onClose={onClose}
      onSubmit={() => void submit()}
      actions={
        <>
          <Button onClick={onClose}>{t("store.action.cancel")}</Button>
          <Button type="submit" variant="primary" busy={busy}>
            {t("store.export.action")}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        <p>{t("store.export.text")}</p>
        <Checkbox label={t("store.export.secrets")} checked={secrets} onChange={setSecrets} />
        {secrets && <Callout tone="warn">{t("store.export.warning")}</Callout>}
        {error !== undefined && (
          <Callout tone="danger" role="alert">
            {errorText(error)}
          </Callout>
        )}
      </div>
    </Dialog>
  );
}
