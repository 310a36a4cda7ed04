import { Check, Copy, WrapText } from "lucide-react";
import { useEffect, useState } from "react";
import { t } from "@/lib/i18n";
import { announce } from "@/lib/notify";
import { copyText } from "@/lib/storage";
import { cx, IconButton } from "@/ui";

/** Longer ones are cut on the screen; Copy still takes all of it. */
const LONGEST = 60_000;

export function CopyIcon({ text, label }: { text: () => string; label: string }) {
  const [done, setDone] = useState(false);
  useEffect(() => {
    if (!done) return;
    const timer = setTimeout(() => setDone(false), 2_000);
    return () => clearTimeout(timer);
  }, [done]);
  return (
    <IconButton
      size="sm"
      label={label}
      icon={done ? Check : Copy}
      onClick={async () => {
        const copied = await copyText(text());
        setDone(copied);
        announce(t(copied ? "shell.action.copied" : "shell.action.copyFailed"));
      }}
    />
  );
}

/** A block of code or of output: what language it is in, Copy, and long lines in full or in one line. */
export function Code({
  text,
  language,
  label,
  most = LONGEST,
}: {
  text: string;
  language: string;
  label?: string;
  most?: number;
}) {
  const [wrap, setWrap] = useState(false);
  const name = label ?? (language || t("assistant.code"));
  return (
    <div dir="ltr" className="code min-w-0 overflow-hidden rounded-control border border-line bg-sunken">
      <div className="flex items-center justify-between gap-2 ps-3 pe-1 text-xs text-muted">
        <span className="min-w-0 truncate py-1.5">{name}</span>
        <span className="flex">
          <IconButton
            size="sm"
            label={t("assistant.code.wrap")}
            icon={WrapText}
            aria-pressed={wrap}
            onClick={() => setWrap(!wrap)}
          />
          <CopyIcon label={t("assistant.code.copy")} text={() => text} />
        </span>
      </div>
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset is for controls. */}
      <pre
        // biome-ignore lint/a11y/noNoninteractiveTabindex: long lines are scrolled by keyboard, too.
        tabIndex={0}
        data-focus="inset"
        aria-label={name}
        role="group"
        className={cx(
          "max-h-96 overflow-auto px-3 pb-2.5 text-sm leading-5",
          wrap ? "break-words whitespace-pre-wrap" : "whitespace-pre",
        )}
      >
        <code>{text.length > most ? `${text.slice(0, most)}\n…` : text}</code>
      </pre>
    </div>
  );
}
