import { type ReactNode, useState } from "react";
import { errorText } from "@/lib/api";
import { t } from "@/lib/i18n";
import { Badge, Button, Callout, Checkbox, Dialog } from "@/ui";

interface Props {
  title: string;
  /** What the button says that does it. */
  action: string;
  permissions: { code: string; text: string; risk: string }[];
  /** What stands over the permissions. */
  asks?: string;
  /** What is agreed to where something in it carries a risk. */
  agree: string;
  wide?: boolean;
  children?: ReactNode;
  footer?: ReactNode;
  /** Begins it with exactly these permissions; answers the job's id. */
  begin(accept: string[]): Promise<string>;
  onBegun(job: string): void;
  onClose(): void;
}

/** What something may do, in words, agreed to before it is begun. */
export function AgreeDialog(props: Props) {
  const { title, action, permissions, asks, agree, wide, children, footer, begin, onBegun, onClose } = props;
  const [agreed, setAgreed] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const risky = permissions.some((permission) => permission.risk !== "low");
  const submit = async () => {
    if (busy || (risky && !agreed)) return;
    setBusy(true);
    setError(undefined);
    try {
      onBegun(await begin(permissions.map((permission) => permission.code)));
    } catch (failure) {
      setError(failure);
      setBusy(false);
    }
  };
  return (
    <Dialog
      wide={wide}
      title={title}
      onClose={onClose}
      onSubmit={() => void submit()}
      actions={
        <>
          <Button onClick={onClose}>{t("shell.action.cancel")}</Button>
          <Button
            type="submit"
            variant="primary"
            write
            busy={busy}
            disabled={risky && !agreed}
            reason={t("containers.compose.agreeFirst")}
          >
            {action}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-5">
        {error !== undefined && (
          <Callout tone="danger" role="alert">
            {errorText(error)}
          </Callout>
        )}
        {children}
        {permissions.length > 0 && (
          <section className="flex flex-col gap-2">
            {asks && <h4 className="font-semibold">{asks}</h4>}
            <ul className="flex flex-col divide-y divide-line rounded-card border border-line text-sm">
              {permissions.map((permission) => (
                <li key={permission.code} className="flex items-start justify-between gap-3 px-3 py-2">
                  <span className="min-w-0 break-words">{permission.text}</span>
                  {permission.risk === "high" && (
                    <Badge tone="danger">{t("containers.compose.highRisk")}</Badge>
                  )}
                </li>
              ))}
            </ul>
            {risky && <Checkbox label={agree} checked={agreed} onChange={setAgreed} />}
          </section>
        )}
        {footer}
      </div>
    </Dialog>
  );
}
