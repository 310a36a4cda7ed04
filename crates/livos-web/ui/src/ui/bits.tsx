import type { LucideIcon } from "lucide-react";
import type { ReactNode } from "react";
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
