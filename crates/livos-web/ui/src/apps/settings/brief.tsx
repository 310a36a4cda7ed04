import { useState } from "react";
import type { Subagent } from "@/lib/assistant";
import { t } from "@/lib/i18n";
import { TextField } from "@/ui";
import { TextArea } from "./parts";

/** What a subagent is called, told and may use, as it is typed; `tools` are the names among them. */
export function useBrief(one?: Subagent) {
  const [name, setName] = useState(one?.name ?? "");
  const [description, setDescription] = useState(one?.description ?? "");
  const [instructions, setInstructions] = useState(one?.instructions ?? "");
  const [tools, setTools] = useState((one?.tools ?? []).join(", "));
  const fields = (
    <>
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
    </>
  );
  return { name, description, instructions, tools: tools.split(/[\s,]+/).filter(Boolean), fields };
}
