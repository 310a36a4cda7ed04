import { t } from "@/lib/i18n";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";

/** Asks before a window with unsaved changes closes. */
export default function DiscardDialog({
  title,
  onKeep,
  onDiscard,
}: {
  title: string;
  onKeep: () => void;
  onDiscard: () => void;
}) {
  return (
    <Dialog
      role="alertdialog"
      title={t("shell.confirm.discardTitle")}
      onClose={onKeep}
      actions={
        <>
          <Button variant="danger" onClick={onDiscard}>
            {t("shell.action.discard")}
          </Button>
          <Button variant="primary" data-autofocus onClick={onKeep}>
            {t("shell.action.keepEditing")}
          </Button>
        </>
      }
    >
      <p className="text-muted">{t("shell.confirm.discardText", { title })}</p>
    </Dialog>
  );
}
