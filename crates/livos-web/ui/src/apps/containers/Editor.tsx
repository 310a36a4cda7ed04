import { CircleAlert, TriangleAlert } from "lucide-react";
import { useId, useMemo, useRef } from "react";
import { t } from "@/lib/i18n";
import { cx } from "@/ui";
import type { Problem } from "./data";

interface Props {
  label: string;
  text: string;
  readOnly: boolean;
  problems: Problem[];
  onChange(text: string): void;
}

/**
 * A text area with the numbers of its lines. What is wrong is listed below and marked at its line; Tab goes on to the
 * next control, as everywhere.
 */
export function Editor({ label, text, readOnly, problems, onChange }: Props) {
  const id = useId();
  const area = useRef<HTMLTextAreaElement>(null);
  const gutter = useRef<HTMLDivElement>(null);
  const count = useMemo(() => text.split("\n").length, [text]);
  const marks = new Map<number, boolean>();
  for (const { line, error } of problems) marks.set(line, (marks.get(line) ?? false) || error);

  const goTo = ({ line, column }: Problem) => {
    const field = area.current;
    if (!field || line < 1) return;
    const before = text.split("\n").slice(0, line - 1);
    const start = before.reduce((sum, one) => sum + one.length + 1, 0) + Math.max(0, column - 1);
    field.focus();
    field.setSelectionRange(start, start);
    const height = field.scrollHeight / count;
    field.scrollTop = Math.max(0, (line - 4) * height);
  };

  return (
    <>
      <div className="flex h-96 min-w-0 overflow-hidden rounded-card border border-line-strong bg-sunken font-mono text-sm leading-6">
        <div
          ref={gutter}
          aria-hidden
          className="shrink-0 overflow-hidden border-e border-line py-2 text-end text-subtle select-none tabular-nums"
        >
          {Array.from({ length: count }, (_, index) => {
            const error = marks.get(index + 1);
            return (
              <div
                key={index}
                className={cx(
                  "px-2",
                  error === true && "bg-danger-soft font-semibold text-danger",
                  error === false && "bg-warn-soft text-warn",
                )}
              >
                {index + 1}
              </div>
            );
          })}
        </div>
        <textarea
          ref={area}
          aria-label={label}
          aria-invalid={problems.some((problem) => problem.error)}
          aria-describedby={problems.length > 0 ? id : undefined}
          value={text}
          readOnly={readOnly}
          wrap="off"
          dir="ltr"
          spellCheck={false}
          autoComplete="off"
          autoCapitalize="off"
          data-focus="inset"
          data-scroll-x
          onChange={(event) => onChange(event.target.value)}
          onScroll={(event) => {
            if (gutter.current) gutter.current.scrollTop = event.currentTarget.scrollTop;
          }}
          className="min-w-0 flex-1 resize-none bg-surface px-3 py-2 leading-6 text-fg"
        />
      </div>
      <ul id={id} aria-label={t("containers.compose.problems")} className="flex flex-col gap-1 text-sm">
        {problems.map((problem) => {
          const { line, column, error } = problem;
          const Icon = error ? CircleAlert : TriangleAlert;
          return (
            <li key={`${line} ${column} ${problem.text}`} className="flex items-start gap-2">
              <Icon
                size={16}
                aria-hidden
                className={cx("mt-0.5 shrink-0", error ? "text-danger" : "text-warn")}
              />
              <span className="min-w-0 break-words">
                {line > 0 && (
                  <button
                    type="button"
                    className="min-h-6 text-accent-text underline touch:min-h-11"
                    onClick={() => goTo(problem)}
                  >
                    {t("containers.compose.place", { line: String(line), column: String(column) })}
                  </button>
                )}{" "}
                {problem.text}
              </span>
            </li>
          );
        })}
      </ul>
    </>
  );
}
