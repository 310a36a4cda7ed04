import { layout } from "./manager";

/** The window whose commands apply now. */
export function focusedWindow(): string | null {
  return layout.get().focused;
}
