import { useState } from "react";
import { errorText } from "@/lib/api/error";
import { downloadLink } from "@/lib/download";
import { Button } from "./Button";
import { Callout } from "./bits";
import { Dialog } from "./Dialog";
import { Checkbox } from "./fields";

/** What is said in it, in the words of the window that it stands in. */
export type ExportTexts = Record<"title" | "text" | "secrets" | "warning" | "cancel" | "action", string>;

/** The way out: an app as a project that needs no LivOS. Secrets leave only when that is asked for. */
export function ExportDialog({ id, texts, onClose }: { id: string; texts: ExportTexts; onClose(): void }) {
  const [secrets, setSecrets] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const submit = async () => {
    if (busy) return;
    setBusy(true);
    setError(undefined);
    try {
      await downloadLink(`/api/v1/apps/${encodeURIComponent(id)}/export${secrets ? "?secrets=1" : ""}`);
      onClose();
    } catch (failure) {
      setError(failure);
      setBusy(false);
    }
  };
  return (
    <Dialog
      title={texts.title}
      onClose={onClose}
      onSubmit={() => void submit()}
      actions={
        <>
          <Button onClick={onClose}>{texts.cancel}</Button>
          <Button type="submit" variant="primary" busy={busy}>
            {texts.action}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        <p>{texts.text}</p>
        <Checkbox label={texts.secrets} checked={secrets} onChange={setSecrets} />
        {secrets && <Callout tone="warn">{texts.warning}</Callout>}
        {error !== undefined && (
          <Callout tone="danger" role="alert">
            {errorText(error)}
          </Callout>
        )}
      </div>
    </Dialog>
  );
}
