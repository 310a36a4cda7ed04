import { useEffect, useId, useRef, useState } from "react";
import { t } from "@/lib/i18n";
import { cx } from "@/ui/cx";
import { nameProblem, stemLength } from "../core/paths";

/** The name as a field in its row. Enter and leaving it keep the new name, Escape keeps the old one. */
export function RenameField({
  name,
  folder,
  taken,
  centred,
  onDone,
}: {
  name: string;
  folder: boolean;
  taken(name: string): boolean;
  centred?: boolean;
  onDone(name: string | undefined): void;
}) {
  const [value, setValue] = useState(name);
  const [told, setTold] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const finished = useRef(false);
  const id = useId();
  const problem = value === name ? undefined : nameProblem(value, taken);

  useEffect(() => {
    input.current?.focus();
    input.current?.setSelectionRange(0, folder ? name.length : stemLength(name));
  }, [name, folder]);

  const finish = (result: string | undefined) => {
    if (finished.current) return;
    finished.current = true;
    onDone(result);
  };

  return (
    <span className="relative block min-w-0 flex-1">
      <input
        ref={input}
        value={value}
        aria-label={t("files.name.label")}
        aria-invalid={problem ? true : undefined}
        aria-describedby={problem ? id : undefined}
        spellCheck={false}
        autoCapitalize="none"
        autoComplete="off"
        onChange={(event) => setValue(event.target.value)}
        onKeyDown={(event) => {
          event.stopPropagation();
          if (event.key === "Escape") {
            event.preventDefault();
            finish(undefined);
          } else if (event.key === "Enter" && !event.nativeEvent.isComposing) {
            event.preventDefault();
            if (problem) setTold(true);
            else finish(value === name ? undefined : value);
          }
        }}
        onBlur={() => finish(problem || value === name ? undefined : value)}
        className={cx(
          "h-7 w-full touch:h-10 rounded-control border border-line-strong bg-raised px-2 text-sm touch:text-lg text-fg aria-invalid:border-danger",
          centred && "text-center",
        )}
      />
      {problem && (
        <span
          id={id}
          role={told ? "alert" : "status"}
          className="absolute start-0 top-full z-20 mt-1 rounded-control bg-danger-soft px-2 py-1 text-xs whitespace-nowrap text-danger shadow-menu"
        >
          {t(`files.name.${problem}`)}
        </span>
      )}
    </span>
  );
}
