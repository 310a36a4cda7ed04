import { useMemo } from "react";
import { useInstalledApps } from "@/lib/api";
import { useSettings } from "@/lib/settings";
import { createStore } from "@/lib/store";
import type { Cell, Item } from "./model";
import { complete, itemsOf } from "./model";

/** What is open over the icons: a folder, its new name, or the choice of a folder for an app. */
export type IconDialog =
  | { kind: "folder"; folder: string }
  | { kind: "rename"; folder: string }
  | { kind: "move"; id: string }
  | null;

export const iconDialog = createStore<IconDialog>(null);

/** Where the icons stand now; empty on phones, which have no cells. */
export const shownCells = createStore<Map<string, Cell>>(new Map());

/** The icon that is being dragged. */
export const dragged = createStore<string | null>(null);

export function useIcons(): Item[] {
  const { data: apps } = useInstalledApps();
  const { icons } = useSettings();
  return useMemo(() => itemsOf(complete(icons, apps ?? []), apps ?? []), [icons, apps]);
}
