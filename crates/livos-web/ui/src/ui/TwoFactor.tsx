import { type FormEvent, useState } from "react";
import { api, ok } from "@/lib/api/client";
import { errorText } from "@/lib/api/error";
import type { TotpOffer } from "@/lib/api/types";
import { t } from "@/lib/i18n";
import { Button } from "./Button";
import { TextField } from "./fields";
import { CopyButton } from "./states";

/** A code to scan, the same as text, and the check that it worked. */
export function TwoFactorSetup({ offer, onDone }: { offer: TotpOffer; onDone: (codes: string[]) => void }) {
  const [code, setCode] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState("");
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    event.stopPropagation();
    setBusy(true);
    setError("");
    try {
      onDone(
        (await ok(api.POST("/api/v1/me/totp/confirm", { body: { code: code.replace(/\s/g, "") } })))
          .recovery_codes,
      );
    } catch (problem) {
      setError(errorText(problem));
    } finally {
      setBusy(false);
    }
  };
  const spaced = offer.secret.replace(/(.{4})(?=.)/g, "$1 ");
  return (
    <div className="flex flex-col gap-4">
      <p className="text-sm text-muted">{t("shell.totp.scan")}</p>
      <div className="flex flex-wrap items-center gap-4">
        {/* An image, not markup, so that nothing in it can act inside this page. */}
        <img
          src={`data:image/svg+xml,${encodeURIComponent(offer.qr_svg)}`}
          alt={t("shell.totp.qr")}
          className="size-40 rounded-card bg-white p-2"
        />
        <div className="min-w-40 flex-1">
          <p className="text-xs text-muted">{t("shell.totp.key")}</p>
          <p className="py-1 font-mono text-sm break-all select-text">{spaced}</p>
          <CopyButton text={offer.secret} />
        </div>
      </div>
      <form onSubmit={submit} className="flex items-end gap-2">
        <div className="flex-1">
          <TextField
            label={t("shell.totp.code")}
            inputMode="numeric"
            autoComplete="one-time-code"
            value={code}
            onChange={setCode}
            error={error || undefined}
          />
        </div>
        <Button type="submit" variant="primary" write busy={busy} disabled={code.trim().length < 6}>
          {t("shell.totp.confirm")}
        </Button>
      </form>
    </div>
  );
}
