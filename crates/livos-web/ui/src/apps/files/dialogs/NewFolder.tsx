import { useState } from "react";
import { t } from "@/lib/i18n";
import { Button, Dialog, TextField } from "@/ui";
import { freeName, nameProblem } from "../core/paths";

export function NewFolderDialog({
  folder,
  taken,
  onAnswer,
}: {
  folder: string;
  taken(name: string): boolean;
  onAnswer(name: string | undefined): void;
}) {
  const [name, setName] = useState(() => freeName(t("files.name.newFolder"), taken));
  const [tried, setTried] = useState(false);
  const problem = nameProblem(name, taken);
  const shown = problem && (tried || problem !== "empty");
  return (
    <Dialog
      title={t("files.new.title")}
      onClose={() => onAnswer(undefined)}
      onSubmit={() => {
        setTried(true);
        if (!problem) onAnswer(name);
      }}
      actions={
        <>
          <Button onClick={() => onAnswer(undefined)}>{t("files.action.cancel")}</Button>
          <Button type="submit" variant="primary" write>
            {t("files.name.create")}
          </Button>
        </>
      }
    >
      <TextField
        data-autofocus
        label={t("files.name.folderLabel")}
        hint={t("files.new.where", { folder })}
        error={shown ? t(`files.name.${problem}`) : undefined}
        value={name}
        onChange={setName}
        onFocus={(event) => event.target.select()}
        spellCheck={false}
        autoComplete="off"
      />
    </Dialog>
  );
}
