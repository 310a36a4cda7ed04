import { useState } from "react";
import { cx } from "./cx";

const TINTS = [
  "oklch(0.55 0.09 240)",
  "oklch(0.52 0.085 195)",
  "oklch(0.55 0.10 285)",
  "oklch(0.53 0.08 215)",
  "oklch(0.53 0.10 152)",
  "oklch(0.55 0.09 70)",
  "oklch(0.55 0.09 40)",
  "oklch(0.55 0.10 330)",
];

function tintOf(name: string): string {
  let sum = 0;
  for (const letter of name) sum = (sum * 31 + (letter.codePointAt(0) ?? 0)) % 9973;
  return TINTS[sum % TINTS.length] ?? "oklch(0.55 0.09 240)";
}

/** An app's own picture, or its first letter on a tint while there is none. */
interface AppIconProps {
  name: string;
  icon?: string;
  className?: string;
  /** For lines of text rather than tiles. */
  small?: boolean;
}

export function AppIcon({ name, icon, className, small }: AppIconProps) {
  const [broken, setBroken] = useState("");
  const usable = icon && icon !== broken && (icon.startsWith("/") || icon.startsWith("data:image/"));
  if (usable) {
    return (
      <img
        src={icon}
        alt=""
        loading="lazy"
        draggable={false}
        onError={() => setBroken(icon)}
        className={cx("flex-none rounded-[24%] object-cover", className)}
      />
    );
  }
  return (
    <span
      aria-hidden
      className={cx("tile rounded-[24%] font-semibold", small ? "text-xs" : "text-xl", className)}
      style={{ background: tintOf(name) }}
    >
      {name.trim().charAt(0).toUpperCase() || "?"}
    </span>
  );
}
