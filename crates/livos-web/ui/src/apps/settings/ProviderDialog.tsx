import { CircleAlert } from "lucide-react";
import { useId, useState } from "react";
import { type Preset, type Provider, type Providers, refreshProviders, saveProvider } from "@/lib/assistant";
import { t } from "@/lib/i18n";
import { announce } from "@/lib/notify";
import { Button, Callout, Dialog, PasswordField, Select, TextField } from "@/ui";
import { useSave } from "./parts";

interface Props {
  /** The one to change; a new one is connected without it. */
  provider: Provider | undefined;
  known: Providers;
  onClose: () => void;
}

/** A name of its own for one more of the same provider. */
export function freeId(preset: string, taken: string[]): string {
  if (!taken.includes(preset)) return preset;
  for (let count = 2; ; count += 1) if (!taken.includes(`${preset}-${count}`)) return `${preset}-${count}`;
}

/** The provider is asked for one word before anything is saved, so what is saved works. */
export function ProviderDialog({ provider, known, onClose }: Props) {
  const { presets, providers } = known;
  const [preset, setPreset] = useState<Preset | undefined>(
    provider ? presets.find(({ id }) => provider.id === id || provider.id.startsWith(`${id}-`)) : presets[0],
  );
  const [label, setLabel] = useState(provider?.label ?? preset?.label ?? "");
  const [address, setAddress] = useState(provider?.base_url ?? preset?.base_url ?? "");
  const [model, setModel] = useState(provider?.model ?? preset?.models[0] ?? "");
  const [key, setKey] = useState("");
  const { busy, error, save } = useSave();
  const list = useId();

  const kept = provider?.key === "set";
  const moved = provider !== undefined && address.trim() !== provider.base_url;
  // A server of one's own may want one or not; the test tells.
  const wanted = preset?.needs_key === true && preset.base_url !== "";
  const needsKey = wanted && (!kept || moved);
  const ready = label.trim() && address.trim() && model.trim() && (!needsKey || key.trim());

  const choose = (id: string) => {
    const next = presets.find((one) => one.id === id);
    setPreset(next);
    setLabel(next?.label ?? "");
    setAddress(next?.base_url ?? "");
    setModel(next?.models[0] ?? "");
  };
  const submit = async () => {
    if (!ready || busy) return;
    const id =
      provider?.id ??
      freeId(
        preset?.id ?? "model",
        providers.map((one) => one.id),
      );
    const change = {
      // What is set up stays spoken to as it is.
      dialect: provider?.dialect ?? preset?.dialect ?? "chat_completions",
      label: label.trim(),
      base_url: address.trim(),
      model: model.trim(),
      ...(key.trim() ? { key: key.trim() } : {}),
    };
    if (!(await save(() => saveProvider(id, change)))) return;
    await refreshProviders();
    announce(t("settings.ai.works", { name: change.label }));
    onClose();
  };
  const keyHint =
    moved && kept
      ? t("settings.ai.keyAgain")
      : kept
        ? t("settings.ai.keyKept")
        : !wanted
          ? t("settings.ai.keyOptional")
          : t("settings.ai.keyHint");
  return (
    <Dialog
      title={provider ? t("settings.ai.editTitle", { name: provider.label }) : t("settings.ai.addTitle")}
      onClose={onClose}
      onSubmit={() => void submit()}
      actions={
        <>
          <Button onClick={onClose}>{t("shell.action.cancel")}</Button>
          <Button type="submit" variant="primary" write busy={busy} disabled={!ready}>
            {t("settings.ai.save")}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-3">
        {!provider && (
          <Select
            label={t("settings.ai.provider")}
            value={preset?.id ?? ""}
            onChange={choose}
            options={presets.map(({ id, label: name }) => ({ value: id, label: name }))}
          />
        )}
        <TextField
          label={t("settings.ai.address")}
          hint={t("settings.ai.addressHint")}
          type="url"
          inputMode="url"
          value={address}
          onChange={setAddress}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
        />
        <TextField
          label={t("settings.ai.model")}
          hint={t("settings.ai.modelHint")}
          list={list}
          value={model}
          onChange={setModel}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          maxLength={200}
        />
        <datalist id={list}>
          {preset?.models.map((name) => (
            <option key={name} value={name} />
          ))}
        </datalist>
        <PasswordField
          label={t("settings.ai.key")}
          hint={keyHint}
          placeholder={kept && !moved ? "••••••••••••" : ""}
          value={key}
          onChange={setKey}
          autoComplete="off"
          maxLength={1_000}
        />
        <TextField
          label={t("settings.ai.name")}
          value={label}
          onChange={setLabel}
          autoComplete="off"
          maxLength={80}
        />
        {busy && (
          <p role="status" className="text-xs text-muted">
            {t("settings.ai.testing")}
          </p>
        )}
        {error && (
          <Callout tone="danger" icon={CircleAlert} role="alert">
            {error}
          </Callout>
        )}
      </div>
    </Dialog>
  );
}
