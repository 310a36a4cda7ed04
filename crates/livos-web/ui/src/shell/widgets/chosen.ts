import { errorText } from "@/lib/api";
import { reportProblem } from "@/lib/notify";
import { changeSettings, type Settings } from "@/lib/settings";

/** What can lie on the desktop beside the icons. Off until someone asks for it. */
export const WIDGETS = ["storage", "load"] as const;
/** One of those, or how one app is. */
export type WidgetKind = (typeof WIDGETS)[number] | `app:${string}`;

const APP = "app:";
export const widgetOfApp = (id: string): WidgetKind => `${APP}${id}`;
export const appOfWidget = (kind: WidgetKind) => (kind.startsWith(APP) ? kind.slice(APP.length) : undefined);

/** Settings can hold anything, also widgets of a newer version. */
export function chosenWidgets({ widgets }: Settings): WidgetKind[] {
  if (!Array.isArray(widgets)) return [];
  const apps = widgets.filter((kind) => typeof kind === "string" && kind.startsWith(APP));
  return [...WIDGETS.filter((kind) => widgets.includes(kind)), ...new Set(apps)];
}

export function withWidget(settings: Settings, kind: WidgetKind, on: boolean): WidgetKind[] {
  const others = chosenWidgets(settings).filter((other) => other !== kind);
  return on ? [...others, kind] : others;
}

/** From a menu, which is gone when it fails. */
export function toggleWidget(settings: Settings, kind: WidgetKind, on: boolean): void {
  changeSettings({ widgets: withWidget(settings, kind, on) }).catch((error) =>
    reportProblem(errorText(error)),
  );
}
