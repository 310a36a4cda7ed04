import type { Container, Owner } from "./data";

export const tabs = ["containers", "stacks", "images", "volumes", "networks", "events"] as const;
export type Tab = (typeof tabs)[number];

export const views = ["overview", "logs", "shell", "files"] as const;
export type View = (typeof views)[number];

export type Place = { tab: Tab } | { container: string; view: View } | { compose: string } | { new: true };

/** The window's location: /, /images and so on, /container/<id>, /container/<id>/logs, /compose/<app> and /new. */
export function parsePlace(path: string): Place {
  const [first = "", id = "", more] = (path.split("?")[0] ?? "").split("/").filter(Boolean);
  if (first === "container" && id)
    return { container: id, view: views.find((view) => view === more) ?? "overview" };
  if (first === "compose" && id) return { compose: decodeURIComponent(id) };
  if (first === "new") return { new: true };
  return { tab: tabs.find((tab) => tab === first) ?? "containers" };
}

export function formatPlace(place: Place): string {
  if ("container" in place)
    return `/container/${place.container}${place.view === "overview" ? "" : `/${place.view}`}`;
  if ("compose" in place) return `/compose/${encodeURIComponent(place.compose)}`;
  if ("new" in place) return "/new";
  return place.tab === "containers" ? "/" : `/${place.tab}`;
}

export const isRunning = (container: Container): boolean =>
  container.state === "running" || container.state === "paused" || container.state === "restarting";

export interface Stack {
  owner: Owner;
  containers: Container[];
  running: number;
}

/** Apps, what was adopted and compose projects with their containers, those that are looked after first. */
export function stacksOf(containers: Container[]): Stack[] {
  const found = new Map<string, Stack>();
  for (const container of containers) {
    const { kind, id } = container.owner;
    if (kind === "nobody" || kind === "docker") continue;
    const key = `${kind} ${id}`;
    const stack = found.get(key) ?? { owner: container.owner, containers: [], running: 0 };
    stack.containers.push(container);
    if (isRunning(container)) stack.running += 1;
    found.set(key, stack);
  }
  const rank = (stack: Stack) => (["app", "adopted"].includes(stack.owner.kind) ? 0 : 1);
  return [...found.values()].sort((a, b) => rank(a) - rank(b) || a.owner.name.localeCompare(b.owner.name));
}

/** "8080 → 80": where it is reached, the same port of several addresses once. */
export function portWords(container: Container): string[] {
  const words = container.ports.map(({ address, port, inside, protocol }) => {
    const host = address.includes(":") ? `[${address}]:` : address ? `${address}:` : "";
    return `${host}${port} → ${inside}${protocol === "tcp" ? "" : `/${protocol}`}`;
  });
  return [...new Set(words)];
}

/** What a search finds: a word of its name, its image or its owner. */
export function matches(words: string, ...texts: string[]): boolean {
  const all = texts.join(" ").toLowerCase();
  return words
    .toLowerCase()
    .split(/\s+/)
    .every((word) => all.includes(word));
}
