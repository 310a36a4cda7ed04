import { Check } from "lucide-react";
import { type ReactNode, useEffect, useId, useState } from "react";
import { errorText } from "@/lib/api";
import { t } from "@/lib/i18n";
import { Card } from "@/ui";

export function Group({ title, children, end }: { title: string; children: ReactNode; end?: ReactNode }) {
  return (
    <section>
      <div className="flex min-h-8 flex-wrap items-center justify-between gap-2 pb-1">
        <h4 className="text-sm font-semibold">{title}</h4>
        {end}
      </div>
      <Card>{children}</Card>
    </section>
  );
}

/** One setting: label, one line, control at the end; below it where there is no room. */
export function Row({ label, line, children }: { label: ReactNode; line?: ReactNode; children?: ReactNode }) {
  return (
    <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2 border-b border-line px-4 py-3 last:border-0">
      <div className="min-w-40 flex-1">
        <div className="text-sm font-medium break-words">{label}</div>
        {line && <div className="text-xs break-words text-muted">{line}</div>}
      </div>
      {children && <div className="flex max-w-full flex-wrap items-center gap-2">{children}</div>}
    </div>
  );
}

/** Runs a save, keeps its error, and says "Saved" for a moment. */
export function useSave(): {
  busy: boolean;
  saved: boolean;
  error: string;
  save: (work: () => Promise<unknown>) => Promise<boolean>;
} {
  const [busy, setBusy] = useState(false);
  const [saved, setSaved] = useState(false);
  const [error, setError] = useState("");
  useEffect(() => {
    if (!saved) return;
    const timer = setTimeout(() => setSaved(false), 2_500);
    return () => clearTimeout(timer);
  }, [saved]);
  const save = async (work: () => Promise<unknown>) => {
    setBusy(true);
    setError("");
    try {
      await work();
      setSaved(true);
      return true;
    } catch (problem) {
      setError(errorText(problem));
      return false;
    } finally {
      setBusy(false);
    }
  };
  return { busy, saved, error, save };
}

export function SavedNote({ saved, error }: { saved: boolean; error: string }) {
  return (
    <span role={error ? "alert" : "status"} className={error ? "text-xs text-danger" : "text-xs text-ok"}>
      {error ||
        (saved && (
          <span className="inline-flex items-center gap-1">
            <Check size={14} aria-hidden />
            {t("shell.action.saved")}
          </span>
        ))}
    </span>
  );
}

/** A text of several lines. */
export function TextArea(props: {
  label: string;
  hint?: string;
  value: string;
  onChange: (value: string) => void;
}) {
  const id = useId();
  return (
    <div className="flex min-w-0 flex-col gap-1">
      <label htmlFor={id} className="text-sm font-medium">
        {props.label}
      </label>
      <textarea
        id={id}
        dir="auto"
        rows={5}
        value={props.value}
        aria-describedby={props.hint ? `${id}-hint` : undefined}
        onChange={(event) => props.onChange(event.target.value)}
        className="w-full rounded-control border border-line-strong bg-surface px-3 py-2 text-sm touch:text-lg text-fg outline-offset-0"
      />
      {props.hint && (
        <div id={`${id}-hint`} className="text-xs text-muted">
          {props.hint}
        </div>
      )}
    </div>
  );
}
