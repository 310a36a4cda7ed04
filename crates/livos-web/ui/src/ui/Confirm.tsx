import { useState } from "react";
import { t } from "@/lib/i18n";
import { Button } from "./Button";
import { Dialog } from "./Dialog";
import type { AskedQuestion } from "./DialogLayer";
import { TextField } from "./fields";

/** What `useConfirm` shows. */
export default function Confirm({ question }: { question: AskedQuestion }) {
  const [typed, setTyped] = useState("");
  const ready = question.typed === undefined || typed.trim() === question.typed;
  return (
    <Dialog
      role="alertdialog"
      title={question.title}
      onClose={() => question.answer(false)}
      onSubmit={() => ready && question.answer(true)}
      actions={
        <>
          <Button
            data-autofocus={question.typed === undefined || undefined}
            onClick={() => question.answer(false)}
          >
            {question.cancel ?? t("shell.action.cancel")}
          </Button>
          <Button type="submit" variant={question.danger ? "danger" : "primary"} disabled={!ready}>
            {question.action}
          </Button>
        </>
      }
    >
      {question.text && <div className="text-muted">{question.text}</div>}
      {question.typed !== undefined && (
        <div className="pt-3">
          <TextField
            data-autofocus
            label={t("shell.confirm.type", { text: question.typed })}
            value={typed}
            onChange={setTyped}
            autoComplete="off"
            spellCheck={false}
          />
        </div>
      )}
    </Dialog>
  );
}
