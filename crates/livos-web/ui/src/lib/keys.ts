export const isMac = typeof navigator !== "undefined" && /Mac|iPhone|iPad/.test(navigator.platform);

/** Whether the keyboard is writing text, in which case single letters and arrows belong to the field. */
export function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target instanceof HTMLTextAreaElement) return true;
  if (!(target instanceof HTMLInputElement)) return target instanceof HTMLSelectElement;
  return !["checkbox", "radio", "button", "range", "file", "submit"].includes(target.type);
}

/**
 * A combination such as "Mod+A", "Alt+Shift+N", "F2", "Delete", "/" or "?". Mod is Ctrl, or ⌘ on a Mac.
 * Combinations with Alt compare `event.code`, because Alt changes the letter on macOS.
 */
export function matches(event: KeyboardEvent, combination: string): boolean {
  const parts = combination.split("+");
  const key = parts.pop() || "+";
  const mod = parts.includes("Mod");
  const alt = parts.includes("Alt");
  const shift = parts.includes("Shift");
  const command = isMac ? event.metaKey : event.ctrlKey;
  const other = isMac ? event.ctrlKey : event.metaKey;
  if (command !== mod || other || event.altKey !== alt) return false;
  const symbol = key.length === 1 && !/[a-z0-9]/i.test(key);
  if (!symbol && event.shiftKey !== shift) return false;
  if (alt || (mod && key.length === 1 && /[a-z]/i.test(key))) {
    const code = /^[a-z]$/i.test(key) ? `Key${key.toUpperCase()}` : /^\d$/.test(key) ? `Digit${key}` : key;
    if (event.code === code) return true;
  }
  return event.key.toLowerCase() === key.toLowerCase();
}

const NAMES: Record<string, string> = {
  ArrowLeft: "←",
  ArrowRight: "→",
  ArrowUp: "↑",
  ArrowDown: "↓",
  Escape: "Esc",
  " ": "Space",
};

/** The keys of a combination as people read them: ["Ctrl", "K"]. */
export function keyNames(combination: string): string[] {
  const parts = combination.split("+");
  const key = parts.pop() || "+";
  const mods = parts.map((part) =>
    part === "Mod"
      ? isMac
        ? "⌘"
        : "Ctrl"
      : isMac && part === "Alt"
        ? "⌥"
        : isMac && part === "Shift"
          ? "⇧"
          : part,
  );
  return [...mods, NAMES[key] ?? (key.length === 1 ? key.toUpperCase() : key)];
}
