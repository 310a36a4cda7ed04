/**
 * Paths inside a root are segments joined by "/", never starting or ending with one; "" is the root itself.
 * A place is a root id and such a path. Nothing here touches the network, so all of it is tested as plain functions.
 */

export type Place = { root: string; path: string };

export function segments(path: string): string[] {
  return path.split("/").filter((segment) => segment !== "");
}

export function join(folder: string, name: string): string {
  return folder === "" ? name : `${folder}/${name}`;
}

export function parent(path: string): string {
  const cut = path.lastIndexOf("/");
  return cut < 0 ? "" : path.slice(0, cut);
}

export function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

export function samePlace(a: Place, b: Place): boolean {
  return a.root === b.root && a.path === b.path;
}

/** True when `inner` is `outer` or lies below it. */
export function isInside(inner: Place, outer: Place): boolean {
  if (inner.root !== outer.root) return false;
  if (outer.path === "") return true;
  return inner.path === outer.path || inner.path.startsWith(`${outer.path}/`);
}

/** Where the extension starts, or the end of the name. A leading dot is no extension. */
export function stemLength(name: string): number {
  const lower = name.toLowerCase();
  for (const double of [".tar.gz", ".tar.xz", ".tar.bz2", ".tar.zst"]) {
    if (lower.endsWith(double) && name.length > double.length) return name.length - double.length;
  }
  const dot = name.lastIndexOf(".");
  return dot > 0 ? dot : name.length;
}

export function extension(name: string): string {
  const dot = name.lastIndexOf(".");
  return dot > 0 && dot < name.length - 1 ? name.slice(dot + 1).toLowerCase() : "";
}

export type NameProblem = "empty" | "dots" | "slash" | "control" | "long" | "taken";

/** What keeps a name from being used for a file, checked while typing; the server checks again. */
export function nameProblem(name: string, taken: (name: string) => boolean): NameProblem | undefined {
  if (name.trim() === "") return "empty";
  if (name === "." || name === "..") return "dots";
  if (name.includes("/")) return "slash";
  for (const char of name) {
    const code = char.codePointAt(0) ?? 0;
    if (code < 0x20 || code === 0x7f) return "control";
  }
  if (new TextEncoder().encode(name).length > 255) return "long";
  if (taken(name)) return "taken";
  return undefined;
}

/** "New folder", "New folder 2", … : the first that is free. */
export function freeName(wanted: string, taken: (name: string) => boolean): string {
  if (!taken(wanted)) return wanted;
  for (let n = 2; ; n += 1) {
    const candidate = `${wanted} ${n}`;
    if (!taken(candidate)) return candidate;
  }
}

/** Follows what a person typed in the path field: a root's label or id first, then folders; ".." goes up. */
export function parseTyped(
  text: string,
  roots: { id: string; label: string }[],
  here: Place,
): Place | undefined {
  const typed = text.trim().replace(/\\/g, "/");
  if (typed === "") return undefined;
  const parts = segments(typed);
  const absolute = typed.startsWith("/");
  const first = parts[0]?.toLowerCase();
  const root = roots.find((r) => r.label.toLowerCase() === first || r.id.toLowerCase() === first);
  let start: Place = here;
  let rest = parts;
  if (root) {
    start = { root: root.id, path: "" };
    rest = parts.slice(1);
  } else if (absolute) {
    start = { root: here.root, path: "" };
  }
  const out = segments(start.path);
  for (const part of rest) {
    if (part === ".") continue;
    if (part === "..") out.pop();
    else out.push(part);
  }
  return { root: start.root, path: out.join("/") };
}

/** Characters that would break or hide a name on screen are shown as a visible mark. */
export function displayName(name: string): string {
  return name.replace(/[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069\uef80-\uefff]/gu, "\u{fffd}");
}
