import type { ReactNode } from "react";
import { cx } from "./cx";

/** A scrolling part with a name. It takes the focus, so that the keyboard can scroll it. */
export function Scroll({
  label,
  className,
  children,
}: {
  label: string;
  className?: string;
  children: ReactNode;
}) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: without it, text that scrolls cannot be read by keyboard.
    <section aria-label={label} tabIndex={0} data-focus="inset" className={cx("overflow-y-auto", className)}>
      {children}
    </section>
  );
}
