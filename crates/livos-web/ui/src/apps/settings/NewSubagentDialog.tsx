import { CircleAlert } from "lucide-react";
import { useState } from "react";
import { addSubagent, refreshSubagents } from "@/lib/assistant";
import { t } from "@/lib/i18n";
import { announce } from "@/lib/notify";
import { Button, Callout, Dialog, TextField } from "@/ui";
import { TextArea, useSave } from "./parts";

/** As often as one that is kept asks its model, if nobody says otherwise. */
const TURNS = 15;

/** A subagent that its person makes, instead of asking the assistant for one. */
export default function NewSubagentDialog({ onClose }: { onClose: () => void }) {
  const [id, setId] = useState("");
  const [name, setName] = useState("");
  const [description, setDescription] = useState("");
  const [instructions, setInstructions] = useState("");
  const [tools, setTools] = useState("");
  const { busy, error, save } = useSave();
  const fits = /^[a-z0-9-]{0,64}$/.test(id);
  const whole = fits && id !== "" && description.trim() !== "";
  const submit = async () => {
    if (!whole || busy) return;
    const named = tools.split(/[\s,]+/).filter(Boolean);
    const made = {
      id,
      name: name.trim() || id,
      description,
      instructions,
      tools: named.length > 0 ? named : null,
      turns: TURNS,
    };
    if (!(await save(() => addSubagent(made)))) return;
    await refreshSubagents().catch(() => undefined);
    announce(t("settings.subagents.created", { name: made.name }));
    onClose();
  };
  return (
    <Dialog
      title={t("settings.subagents.new")}
      onClose={onClose}
      onSubmit={() => void submit()}
      actions={
        <>
          <Button onClick={onClose}>{t("shell.action.cancel")}</Button>
          <Button type="submit" variant="primary" write busy={busy} disabled={!whole}>
            {t("settings.subagents.create")}
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
        <TextField
          label={t("settings.subagents.id")}
          hint={t("settings.subagents.id.hint")}
          error={fits ? undefined : t("settings.subagents.id.wrong")}
          value={id}
          onChange={setId}
          autoCapitalize="none"
          autoComplete="off"
          spellCheck={false}
        />
        <TextField label={t("settings.subagents.name")} value={name} onChange={setName} maxLength={64} />
        <TextField
          label={t("settings.subagents.description")}
          value={description}
          onChange={setDescription}
          maxLength={500}
        />
        <TextArea
          label={t("settings.subagents.instructions")}
          value={instructions}
          onChange={setInstructions}
        />
        <TextField
          label={t("settings.subagents.tools")}
          hint={t("settings.subagents.tools.hint")}
          value={tools}
          onChange={setTools}
          autoComplete="off"
        />
      </div>
    </Dialog>
  );
}
