import { errorText } from "@/lib/api";
import { reportProblem } from "@/lib/notify";
import { changeSettings, type Settings } from "@/lib/settings";

/** What can lie on the desktop beside the icons. Off until someone asks for it. */
export const WIDGETS = ["storage", "load"] as const;
export type WidgetKind = (typeof WIDGETS)[number];

/** Settings can hold anything, also widgets of a newer version. */
export function chosenWidgets({ widgets }: Settings): WidgetKind[] {
  return WIDGETS.filter((kind) => Array.isArray(widgets) && widgets.includes(kind));
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
