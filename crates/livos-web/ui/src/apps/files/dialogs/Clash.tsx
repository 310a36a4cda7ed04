import { useId, useState } from "react";
import { bytes } from "@/lib/format";
import { t } from "@/lib/i18n";
import { Button, Dialog } from "@/ui";
import { displayName } from "../core/paths";
import type { OnConflict } from "../data";

const choices = [
  { value: "keep_both", label: "files.clash.keepBoth", hint: "files.clash.keepBothHint" },
  { value: "replace", label: "files.clash.replace", hint: "files.clash.replaceHint" },
  { value: "skip", label: "files.clash.skip", hint: "files.clash.skipHint" },
] as const;

/** Asked once for everything that is moved, copied or uploaded together. */
export function ClashDialog({
  names,
  folder,
  onAnswer,
}: {
  names: string[];
  folder: string;
  onAnswer(answer: OnConflict | undefined): void;
}) {
  const [choice, setChoice] = useState<OnConflict>("keep_both");
  const id = useId();
  const shown = names.slice(0, 5);
  return (
    <Dialog
      title={t("files.clash.title", { count: names.length, name: displayName(names[0] ?? "") })}
      onClose={() => onAnswer(undefined)}
      onSubmit={() => onAnswer(choice)}
      actions={
        <>
          <Button onClick={() => onAnswer(undefined)}>{t("files.action.cancel")}</Button>
          <Button type="submit" variant={choice === "replace" ? "danger" : "primary"}>
            {t("files.clash.continue")}
          </Button>
        </>
      }
    >
      {names.length > 1 && (
        <div className="mb-3 text-muted">
          <p>{t("files.clash.where", { folder })}</p>
          <ul className="mt-1 ps-4">
            {shown.map((name) => (
              <li key={name} className="list-disc break-words">
                {displayName(name)}
              </li>
            ))}
            {names.length > shown.length && (
              <li className="list-disc">{t("files.clash.more", { count: names.length - shown.length })}</li>
            )}
          </ul>
        </div>
      )}
      <fieldset className="flex flex-col gap-2">
        <legend className="mb-2 font-medium">{t("files.clash.question", { count: names.length })}</legend>
        {choices.map(({ value, label, hint }) => (
          <label
            key={value}
            className="flex min-h-11 items-center gap-3 rounded-control border border-line px-3 py-2 has-checked:border-accent has-checked:bg-accent-soft"
          >
            <input
              type="radio"
              name={id}
              value={value}
              checked={choice === value}
              data-autofocus={value === "keep_both" || undefined}
              onChange={() => setChoice(value)}
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
    </Dialog>
  );
}

export function SpaceDialog({
  needed,
  free,
  onTrash,
  onClose,
}: {
  needed: number;
  free: number;
  onTrash(): void;
  onClose(): void;
}) {
  return (
    <Dialog
      role="alertdialog"
      title={t("files.space.title")}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onTrash}>{t("files.space.trash")}</Button>
          <Button data-autofocus variant="primary" onClick={onClose}>
            {t("files.action.close")}
          </Button>
        </>
      }
    >
      <p>{t("files.space.text", { needed: bytes(needed), free: bytes(free) })}</p>
      <p className="mt-1 text-muted">{t("files.space.hint")}</p>
    </Dialog>
  );
}
