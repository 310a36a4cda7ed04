/** An app's picture when no icon may be loaded: its first letter on one of the desktop's tints. */

/** The tints of the desktop's own apps: white text has at least 4.5:1 on every one. */
export const tints: readonly string[] = [
  "oklch(0.55 0.09 240)",
  "oklch(0.52 0.085 195)",
  "oklch(0.55 0.10 285)",
  "oklch(0.53 0.08 215)",
  "oklch(0.53 0.10 152)",
  "oklch(0.55 0.09 70)",
  "oklch(0.55 0.09 40)",
  "oklch(0.55 0.10 330)",
  "oklch(0.50 0.02 230)",
  "oklch(0.53 0.12 20)",
];

/** The same name has the same tint on every page and device (FNV-1a). */
export function tintOf(name: string): string {
  let hash = 0x811c9dc5;
  for (const char of name.toLowerCase()) {
    hash ^= char.codePointAt(0) ?? 0;
    hash = Math.imul(hash, 0x01000193);
  }
  return tints[(hash >>> 0) % tints.length] as string;
}

export function letterOf(name: string): string {
  const match = /[\p{L}\p{N}]/u.exec(name);
  return (match?.[0] ?? "?").toLocaleUpperCase();
}
