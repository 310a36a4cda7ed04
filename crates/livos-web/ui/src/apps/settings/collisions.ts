/** A shortcut as the settings show it. */
export interface Line {
  id: string;
  /** The app in whose windows it works; "" for the whole desktop. */
  scope: string;
  title: string;
  usual: string[];
  keys: string[];
}

/** For each shortcut, the others that the same keys would run in the same place. */
export function collisions(lines: Line[]): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const line of lines) {
    const others = lines.filter(
      (other) =>
        other.id !== line.id &&
        (other.scope === line.scope || other.scope === "" || line.scope === "") &&
        other.keys.some((keys) => keys !== "" && line.keys.includes(keys)),
    );
    if (others.length > 0)
      found.set(
        line.id,
        others.map(({ title }) => title),
      );
  }
  return found;
}
