import { useState } from "react";
import { addSubagent, refreshSubagents } from "@/lib/assistant";
import { t } from "@/lib/i18n";
import { announce } from "@/lib/notify";
import { TextField } from "@/ui";
import { useBrief } from "./brief";
import { NewDialog } from "./NewDialog";
import { useSave } from "./parts";

/** As often as one that is kept asks its model, if nobody says otherwise. */
const TURNS = 15;

/** A subagent that its person makes, instead of asking the assistant for one. */
export default function NewSubagentDialog({ onClose }: { onClose: () => void }) {
  const [id, setId] = useState("");
  const { name, description, instructions, tools, fields } = useBrief();
  const { busy, error, save } = useSave();
  const fits = /^[a-z0-9-]{0,64}$/.test(id);
  const submit = async () => {
    const made = {
      id,
      name: name.trim() || id,
      description,
      instructions,
      tools: tools.length > 0 ? tools : null,
      turns: TURNS,
    };
    if (!(await save(() => addSubagent(made)))) return;
    await refreshSubagents().catch(() => undefined);
    announce(t("settings.subagents.created", { name: made.name }));
    onClose();
  };
  return (
    <NewDialog
      title={t("settings.subagents.new")}
      action={t("settings.subagents.create")}
      whole={fits && id !== "" && description.trim() !== ""}
      busy={busy}
      error={error}
      onSubmit={submit}
      onClose={onClose}
    >
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
      {fields}
    </NewDialog>
  );
}
