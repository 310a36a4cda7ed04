import { useId, useState } from "react";
import { errorText, type InstalledApp } from "@/lib/api";
import { t } from "@/lib/i18n";
import { Button, Callout, Checkbox, Dialog, TextField } from "@/ui";
import { isNeeded, refreshStore, remove } from "./data";

const choices = [
  { value: "keep", label: "store.remove.keep", hint: "store.remove.keepHint" },
  { value: "delete", label: "store.remove.delete", hint: "store.remove.deleteHint" },
] as const;

/** Keeping the data is the default; deleting it needs the app's name typed. */
export function RemoveDialog({ app, onClose }: { app: InstalledApp; onClose(): void }) {
  const [data, setData] = useState<"keep" | "delete">("keep");
  const [typed, setTyped] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const [needed, setNeeded] = useState("");
  const [although, setAlthough] = useState(false);
  const id = useId();
  const ready =
    (needed === "" || although) && (data === "keep" || typed.trim().toLowerCase() === app.name.toLowerCase());

  const submit = async () => {
    if (!ready || busy) return;
    setBusy(true);
    setError(undefined);
    try {
      await remove(app.id, data, although);
      refreshStore();
      onClose();
    } catch (failure) {
      if (isNeeded(failure)) setNeeded(errorText(failure));
      else setError(failure);
      setBusy(false);
    }
  };

  return (
    <Dialog
      role="alertdialog"
      title={t("store.remove.title", { app: app.name })}
      onClose={onClose}
      onSubmit={() => void submit()}
      actions={
        <>
          <Button data-autofocus onClick={onClose}>
            {t("store.remove.keepApp")}
          </Button>
          <Button type="submit" variant="danger" write busy={busy} disabled={!ready}>
            {t(data === "delete" ? "store.remove.deleteAction" : "store.remove.action")}
          </Button>
        </>
      }
    >
      <p className="text-muted">{t("store.remove.text")}</p>
      {error !== undefined && (
        <div className="mt-3">
          <Callout tone="danger" role="alert">
            {errorText(error)}
          </Callout>
        </div>
      )}
      {needed !== "" && (
        <div className="mt-3 flex flex-col gap-2">
          <Callout tone="warn" role="alert">
            {needed}
          </Callout>
          <Checkbox label={t("store.remove.although")} checked={although} onChange={setAlthough} />
        </div>
      )}
      <fieldset className="mt-3 flex flex-col gap-2">
        <legend className="mb-2 font-medium">{t("store.remove.question")}</legend>
        {choices.map(({ value, label, hint }) => (
          <label
            key={value}
            className="flex min-h-11 items-center gap-3 rounded-control border border-line px-3 py-2 has-checked:border-accent has-checked:bg-accent-soft"
          >
            <input
              type="radio"
              name={id}
              checked={data === value}
              onChange={() => setData(value)}
              aria-describedby={`${id}-${value}`}
              className="size-4 accent-accent"
            />
            <span>
              <span className="block font-medium">{t(label)}</span>
              <span id={`${id}-${value}`} className="block text-xs text-muted">
                {t(hint)}
              </span>
            </span>
          </label>
        ))}
      </fieldset>
      {data === "delete" && (
        <div className="mt-3">
          <TextField
            label={t("store.remove.type", { app: app.name })}
            value={typed}
            onChange={setTyped}
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
          />
        </div>
      )}
    </Dialog>
  );
}
