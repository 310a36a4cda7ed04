import { letterOf, tintOf } from "./core/letter";

/** Pictures from other servers are never loaded, so an app is its letter on a tint that stays the same. */
export function AppIcon({ name, size = 44 }: { name: string; size?: number }) {
  return (
    <span
      aria-hidden
      className="flex shrink-0 items-center justify-center rounded-card font-semibold text-white select-none"
      style={{ width: size, height: size, background: tintOf(name), fontSize: size * 0.42 }}
    >
      {letterOf(name)}
    </span>
  );
}
