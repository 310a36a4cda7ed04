import { CircleAlert } from "lucide-react";
import { useState } from "react";
import { forgetPrice, type Provider, refreshProviders, setPrice } from "@/lib/assistant";
import { t } from "@/lib/i18n";
import { millionths, typedDollars } from "@/lib/money";
import { announce } from "@/lib/notify";
import { Button, Callout, Dialog, TextField } from "@/ui";
import { useSave } from "./parts";

const FIELDS = ["input", "output", "cached", "cache_written"] as const;
type Field = (typeof FIELDS)[number];

/** What a model costs, where LivOS does not know it or knows it wrong. */
export function PriceDialog({ provider, onClose }: { provider: Provider; onClose: () => void }) {
  const known = provider.price;
  const [typed, setTyped] = useState<Record<Field, string>>(() => ({
    input: known ? typedDollars(known.input) : "",
    output: known ? typedDollars(known.output) : "",
    cached: known ? typedDollars(known.cached) : "",
    cache_written: known ? typedDollars(known.cache_written) : "",
  }));
  const { busy, error, save } = useSave();
  const needed = (field: Field) => field === "input" || field === "output";
  const fits = (field: Field) =>
    typed[field].trim() === "" ? !needed(field) : millionths(typed[field]) !== undefined;
  const ready = FIELDS.every(fits);
  const done = async (work: () => Promise<unknown>) => {
    if (busy || !(await save(work))) return;
    await refreshProviders();
    announce(t("shell.action.saved"));
    onClose();
  };
  const submit = () => {
    if (!ready) return;
    const value = (field: Field) => millionths(typed[field]);
    const input = value("input") ?? 0;
    void done(() =>
      setPrice(provider.id, {
        input,
        output: value("output") ?? 0,
        cached: value("cached") ?? input,
        cache_written: value("cache_written") ?? input,
      }),
    );
  };
  return (
    <Dialog
      title={t("settings.price.title", { model: provider.model })}
      onClose={onClose}
      onSubmit={submit}
      actions={
        <>
          {known && !known.date && (
            <Button onClick={() => void done(() => forgetPrice(provider.id))} write>
              {t("settings.price.forget")}
            </Button>
          )}
          <Button onClick={onClose}>{t("shell.action.cancel")}</Button>
          <Button type="submit" variant="primary" write busy={busy} disabled={!ready}>
            {t("shell.action.save")}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-3">
        <p className="text-sm text-muted">{t("settings.price.text")}</p>
        {FIELDS.map((field) => (
          <TextField
            key={field}
            label={t(`settings.price.${field}`)}
            hint={needed(field) ? undefined : t("settings.price.optional")}
            inputMode="decimal"
            value={typed[field]}
            onChange={(value) => setTyped((all) => ({ ...all, [field]: value }))}
            error={typed[field].trim() === "" || fits(field) ? undefined : t("settings.budgets.money.wrong")}
            autoComplete="off"
          />
        ))}
        {error && (
          <Callout tone="danger" icon={CircleAlert} role="alert">
            {error}
          </Callout>
        )}
      </div>
    </Dialog>
  );
}
