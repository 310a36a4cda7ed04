import type { LucideIcon } from "lucide-react";
import type { ButtonHTMLAttributes, MouseEvent, ReactNode, Ref } from "react";
import { useOnline } from "@/lib/connection";
import { t } from "@/lib/i18n";
import { cx } from "./cx";

type Variant = "primary" | "secondary" | "soft" | "quiet" | "danger";

interface Common extends Omit<ButtonHTMLAttributes<HTMLButtonElement>, "disabled"> {
  ref?: Ref<HTMLButtonElement> | undefined;
  /** Keeps its size and focus, shows that work goes on, and ignores presses. */
  busy?: boolean | undefined;
  disabled?: boolean | undefined;
  /** Why it cannot be used, shown as its tooltip. */
  reason?: string | undefined;
  /** Changes something on the server, so it is disabled while the server cannot be reached. */
  write?: boolean | undefined;
}

/** aria-disabled instead of disabled keeps the control focusable and its reason readable. */
function useBlocked({ busy, disabled, reason, write, onClick }: Common) {
  const online = useOnline();
  const offline = write === true && !online;
  const blocked = Boolean(busy || disabled || offline);
  return {
    blocked,
    tip: offline ? t("shell.offline.reason") : disabled ? reason : undefined,
    click: (event: MouseEvent<HTMLButtonElement>) => {
      if (blocked) {
        event.preventDefault();
        event.stopPropagation();
      } else onClick?.(event);
    },
  };
}

const LOOKS: Record<Variant, string> = {
  primary: "bg-accent text-on-accent hover:brightness-110 active:brightness-95",
  secondary: "border border-line-strong text-fg hover:bg-sunken active:bg-line",
  soft: "bg-accent-soft text-accent-text hover:brightness-97 active:brightness-94 dark:hover:brightness-115",
  quiet: "text-fg hover:bg-fg/7 active:bg-fg/12",
  danger: "border border-danger text-danger hover:bg-danger-soft active:brightness-95",
};

export interface ButtonProps extends Common {
  variant?: Variant;
  size?: "sm" | "md";
  icon?: LucideIcon | undefined;
  children: ReactNode;
}

export function Button(props: ButtonProps) {
  const { variant = "secondary", size = "md", icon: Icon, children, className, ...all } = props;
  const { busy, disabled, reason, write, onClick, ...rest } = all;
  const { blocked, tip, click } = useBlocked(all);
  return (
    <button
      type="button"
      {...rest}
      onClick={click}
      aria-disabled={blocked || undefined}
      aria-busy={busy || undefined}
      data-tip={tip}
      className={cx(
        "inline-flex items-center justify-center gap-2 rounded-control px-3 text-sm font-medium whitespace-nowrap select-none transition-[background-color,filter] duration-(--quick)",
        size === "sm" ? "min-h-7 touch:min-h-11" : "min-h-8 touch:min-h-11",
        LOOKS[variant],
        blocked && "pointer-events-auto opacity-60 saturate-50",
        busy && "busy",
        className,
      )}
    >
      {Icon && <Icon size={16} aria-hidden />}
      <span className="truncate">{children}</span>
    </button>
  );
}

export interface IconButtonProps extends Common {
  /** The accessible name, which is also the tooltip. */
  label: string;
  icon: LucideIcon;
  size?: "sm" | "md";
  /** Set to false where the visible surroundings already say it. */
  tooltip?: boolean;
}

export function IconButton(props: IconButtonProps) {
  const { label, icon: Icon, size = "md", tooltip = true, className, ...all } = props;
  const { busy, disabled, reason, write, onClick, ...rest } = all;
  const { blocked, tip, click } = useBlocked(all);
  return (
    <button
      type="button"
      aria-label={label}
      {...rest}
      onClick={click}
      aria-disabled={blocked || undefined}
      aria-busy={busy || undefined}
      data-tip={tip ?? (tooltip ? label : undefined)}
      className={cx(
        "relative inline-flex shrink-0 items-center justify-center rounded-control text-fg transition-[background-color] duration-(--quick) hover:bg-fg/7 active:bg-fg/12 aria-pressed:bg-accent-soft aria-pressed:text-accent-text",
        size === "sm" ? "size-7 touch:size-11" : "size-8 touch:size-11",
        blocked && "opacity-50",
        busy && "busy",
        className,
      )}
    >
      <Icon size={16} aria-hidden />
    </button>
  );
}
