import type { LucideIcon } from "lucide-react";
import type { ComponentType } from "react";
import type { Role } from "./api/types";
import type { TextKey } from "./i18n";

/** src/apps/<id>/manifest.ts: small and loaded at once, so that the dock and the search know the app. */
export interface AppManifest {
  id: string;
  title: TextKey;
  icon: LucideIcon;
  /** The tile's background, from the tints in the design. */
  tint: string;
  /** Default and minimum width and height in px at 100% text. */
  size: [number, number];
  min: [number, number];
  roles: Role[];
  /** Several windows at once. */
  multiple?: boolean;
  /** Its place in the dock; leave out to keep it out of the dock. */
  dock?: number;
  /** Places inside the app that the search offers. */
  places?: { title: TextKey; path: string; roles?: Role[] }[];
  /** The lazy entry, whose default export is the window's content. */
  load: () => Promise<{ default: ComponentType }>;
}

const found = import.meta.glob<AppManifest>("../apps/*/manifest.ts", { eager: true, import: "default" });

export const manifests: AppManifest[] = Object.values(found).sort((a, b) => (a.dock ?? 99) - (b.dock ?? 99));

export function manifestOf(id: string): AppManifest | undefined {
  return manifests.find((manifest) => manifest.id === id);
}

export function allowed(manifest: { roles?: Role[] }, role: Role | undefined): boolean {
  return !manifest.roles || (role !== undefined && manifest.roles.includes(role));
}
