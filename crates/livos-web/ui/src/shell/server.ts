import { load, save } from "@/lib/storage";

/** The server's name as it was last heard; sign-in and setup learn it, the desktop shows it. */
export function serverName(): string {
  return load("server-name", "LivOS");
}

export function rememberServerName(name: string): void {
  if (!name) return;
  save("server-name", name);
  document.title = name;
}
