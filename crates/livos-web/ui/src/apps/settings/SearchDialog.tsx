import { CircleAlert } from "lucide-react";
import { useState } from "react";
import { type TextKey, t } from "@/lib/i18n";
import { announce } from "@/lib/notify";
import { refreshWeb, type SearchEngine, type SearchTried, saveSearch } from "@/lib/web";
import { Button, Callout, Dialog, PasswordField, Select, TextField } from "@/ui";
import { useSave } from "./parts";

/** What can search. Their names are their own in every language. */
const ENGINES = [
  { id: "searxng", label: "SearXNG", hint: "settings.web.searxng" },
  { id: "brave", label: "Brave Search", hint: "settings.web.brave" },
  { id: "tavily", label: "Tavily", hint: "settings.web.tavily" },
] as const satisfies readonly { id: string; label: string; hint: TextKey }[];

interface Props {
  /** The one there is. */
  engine: SearchEngine | undefined;
  onTried: (tried: SearchTried) => void;
  onClose: () => void;
}

/** It has to find something before it is saved, so what is saved works. */
export function SearchDialog({ engine, onTried, onClose }: Props) {
  const [id, setId] = useState(engine?.provider ?? "searxng");
  const [address, setAddress] = useState(engine?.provider === "searxng" ? engine.base_url : "");
  const [key, setKey] = useState("");
  const { busy, error, save } = useSave();
  const chosen = ENGINES.find((one) => one.id === id);
  const own = id === "searxng";
  const kept = engine?.provider === id && engine.key === "set";
  const ready = own ? address.trim() !== "" : kept || key.trim() !== "";

  const submit = async () => {
    if (!ready || busy) return;
    let tried: SearchTried | undefined;
    const done = await save(async () => {
      tried = await saveSearch({
        provider: id,
        base_url: own ? address.trim() : "",
        ...(!own && key.trim() ? { key: key.trim() } : {}),
      });
    });
    if (!done || !tried) return;
    onTried(tried);
    await refreshWeb();
    announce(t("settings.web.works", { name: tried.search.label }));
    onClose();
  };
  return (
    <Dialog
      title={t("settings.web.setUp")}
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
        <Select
          label={t("settings.web.engine")}
          value={id}
          onChange={(next) => {
            setId(next);
            setKey("");
          }}
          options={ENGINES.map((one) => ({ value: one.id, label: one.label }))}
        />
        {chosen && <p className="text-xs text-muted">{t(chosen.hint)}</p>}
        {own ? (
          <TextField
            label={t("settings.ai.address")}
            hint={t("settings.web.addressHint")}
            type="url"
            inputMode="url"
            value={address}
            onChange={setAddress}
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            maxLength={500}
          />
        ) : (
          <PasswordField
            label={t("settings.ai.key")}
            hint={kept ? t("settings.ai.keyKept") : t("settings.ai.keyHint")}
            placeholder={kept ? "••••••••••••" : ""}
            value={key}
            onChange={setKey}
            autoComplete="off"
            maxLength={1_000}
          />
        )}
        {busy && (
          <p role="status" className="text-xs text-muted">
            {t("settings.web.testing")}
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
