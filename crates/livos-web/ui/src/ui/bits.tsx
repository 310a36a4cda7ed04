import type { LucideIcon } from "lucide-react";
import { type ReactNode, useId, useRef } from "react";
import { cx } from "./cx";

type Tone = "neutral" | "accent" | "ok" | "warn" | "danger";
const TONES: Record<Tone, string> = {
  neutral: "bg-sunken text-muted border border-line",
  accent: "bg-accent-soft text-accent-text",
  ok: "bg-ok-soft text-ok",
  warn: "bg-warn-soft text-warn",
  danger: "bg-danger-soft text-danger",
};

export function Badge({ tone = "neutral", children }: { tone?: Tone; children: ReactNode }) {
  return (
    <span
      className={cx(
        "inline-flex items-center rounded-full px-2 text-xs font-medium whitespace-nowrap",
        TONES[tone],
      )}
    >
      {children}
    </span>
  );
}

/** A short message that belongs to a place: an error of a form, a warning above a list. */
export function Callout({
  tone = "neutral",
  icon: Icon,
  role,
  children,
}: {
  tone?: Tone;
  icon?: LucideIcon;
  role?: "alert" | "status";
  children: ReactNode;
}) {
  return (
    <div role={role} className={cx("flex items-start gap-2 rounded-card px-3 py-2 text-sm", TONES[tone])}>
      {Icon && <Icon size={16} aria-hidden className="mt-px" />}
      <div className="min-w-0 text-fg">{children}</div>
    </div>
  );
}

export function Card({ children, className }: { children: ReactNode; className?: string }) {
  return <div className={cx("card rounded-card border border-line bg-surface", className)}>{children}</div>;
}

interface ProgressProps {
  /** From 0 to 1; leave out when the end is unknown. */
  value?: number | undefined;
  label: string;
  className?: string;
}

export function Progress({ value, label, className }: ProgressProps) {
  const known = value !== undefined && Number.isFinite(value);
  const part = known ? Math.min(1, Math.max(0, value)) : 0;
  return (
    <div
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={known ? Math.round(part * 100) : undefined}
      className={cx("progress h-1 overflow-hidden rounded-full bg-fg/12", className)}
    >
      <div
        className={cx(
          "h-full origin-left rounded-full bg-accent rtl:origin-right",
          !known && "indeterminate",
        )}
        style={known ? { transform: `scaleX(${part})` } : undefined}
      />
    </div>
  );
}

interface TabsProps<T extends string> {
  label: string;
  value: T;
  onChange: (value: T) => void;
  tabs: { value: T; label: string }[];
  children: ReactNode;
}

/** One tab stop; arrows choose. The panel is what stands between the tags. */
export function Tabs<T extends string>({ label, value, onChange, tabs, children }: TabsProps<T>) {
  const id = useId();
  const list = useRef<HTMLDivElement>(null);
  const move = (step: number) => {
    const index = tabs.findIndex((tab) => tab.value === value);
    const next = tabs[(index + step + tabs.length) % tabs.length];
    if (!next) return;
    onChange(next.value);
    list.current?.querySelector<HTMLElement>(`[data-value="${next.value}"]`)?.focus();
  };
  return (
    <>
      <div
        ref={list}
        role="tablist"
        aria-label={label}
        className="flex gap-1 overflow-x-auto border-b border-line px-2"
      >
        {tabs.map((tab) => (
          <button
            key={tab.value}
            type="button"
            role="tab"
            id={`${id}-${tab.value}`}
            data-value={tab.value}
            data-focus="inset"
            aria-selected={tab.value === value}
            aria-controls={`${id}-panel`}
            tabIndex={tab.value === value ? 0 : -1}
            onClick={() => onChange(tab.value)}
            onKeyDown={(event) => {
              const forward = document.dir === "rtl" ? "ArrowLeft" : "ArrowRight";
              const back = document.dir === "rtl" ? "ArrowRight" : "ArrowLeft";
              if (event.key === forward) move(1);
              else if (event.key === back) move(-1);
              else return;
              event.preventDefault();
            }}
            className="min-h-9 touch:min-h-11 border-b-2 border-transparent px-3 text-sm font-medium whitespace-nowrap text-muted hover:text-fg aria-selected:border-accent aria-selected:text-fg"
          >
            {tab.label}
          </button>
        ))}
      </div>
      <div role="tabpanel" id={`${id}-panel`} aria-labelledby={`${id}-${value}`} className="contents">
        {children}
      </div>
    </>
  );
}

export function Keys({ names }: { names: string[] }) {
  return (
    <span className="inline-flex gap-1">
      {names.map((name) => (
        <kbd key={name} className="rounded border border-line-strong px-1.5 text-xs text-muted">
          {name}
        </kbd>
      ))}
    </span>
  );
}
