import { CircleAlert } from "lucide-react";
import { useState } from "react";
import { type Domain, refreshExposure, setDomain } from "@/lib/exposure";
import { t } from "@/lib/i18n";
import { Button, Callout, Dialog, TextField } from "@/ui";
import { useSave } from "./parts";

/** A name on the internet, and what has to be done elsewhere for it to lead here. */
export function DomainDialog({
  domain,
  address,
  onClose,
}: {
  domain: Domain | undefined;
  address: string;
  onClose: () => void;
}) {
  const [name, setName] = useState(domain?.name ?? "");
  const [email, setEmail] = useState(domain?.email ?? "");
  const { busy, error, save } = useSave();
  const shown = name.trim() || "home.example.org";
  const submit = async () => {
    if (!name.trim() || busy) return;
    if (!(await save(() => setDomain(name.trim(), email.trim())))) return;
    await refreshExposure();
    onClose();
  };
  return (
    <Dialog
      title={t("settings.secure.domainTitle")}
      onClose={onClose}
      onSubmit={() => void submit()}
      actions={
        <>
          <Button onClick={onClose}>{t("shell.action.cancel")}</Button>
          <Button type="submit" variant="primary" write busy={busy} disabled={!name.trim()}>
            {t("settings.secure.save")}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-3">
        <TextField
          label={t("settings.secure.name")}
          placeholder="home.example.org"
          value={name}
          onChange={setName}
          inputMode="url"
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          maxLength={300}
        />
        <TextField
          label={t("settings.secure.email")}
          hint={t("settings.secure.emailHint")}
          type="email"
          value={email}
          onChange={setEmail}
          autoComplete="off"
          maxLength={254}
        />
        <ol className="list-decimal ps-5 text-xs text-muted">
          <li>{t("settings.secure.stepRecord", { name: shown, wildcard: `*.${shown}` })}</li>
          <li>{t("settings.secure.stepPorts", { address: address || t("settings.secure.thisServer") })}</li>
        </ol>
        {error && (
          <Callout tone="danger" icon={CircleAlert} role="alert">
            {error}
          </Callout>
        )}
      </div>
    </Dialog>
  );
}
