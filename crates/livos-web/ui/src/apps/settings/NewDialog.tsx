import { CircleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { t } from "@/lib/i18n";
import { Button, Callout, Dialog } from "@/ui";

/** A form that makes something: what went wrong with it stands above its fields. */
export function NewDialog(props: {
  title: string;
  /** What pressing its button does. */
  action: string;
  /** Nothing that it needs is missing. */
  whole: boolean;
  busy: boolean;
  error?: string | undefined;
  onSubmit(): Promise<void>;
  onClose(): void;
  children: ReactNode;
}) {
  const { title, action, whole, busy, error, onSubmit, onClose, children } = props;
  return (
    <Dialog
      title={title}
      onClose={onClose}
      onSubmit={() => whole && !busy && void onSubmit()}
      actions={
        <>
          <Button onClick={onClose}>{t("shell.action.cancel")}</Button>
          <Button type="submit" variant="primary" write busy={busy} disabled={!whole}>
            {action}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-3">
        {error && (
          <Callout tone="danger" icon={CircleAlert} role="alert">
            {error}
          </Callout>
        )}
        {children}
      </div>
    </Dialog>
  );
}
