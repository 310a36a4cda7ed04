import type { InstalledApp, SystemInfo } from "@/lib/api/types";
import { percent } from "@/lib/format";
import { t } from "@/lib/i18n";

type System = Pick<SystemInfo, "disks" | "services">;
type App = Pick<InstalledApp, "name" | "state" | "update">;

/** From this part of a disk on, its filling up is worth a question. */
const FULL = 0.75;

/** Three questions about how things are right now, the pressing ones first; general ones when all is well. */
export function suggestionsOf(system: System | undefined, apps: App[]): string[] {
  const full = Math.max(
    0,
    ...(system?.disks ?? []).filter((disk) => disk.total > 0).map((disk) => 1 - disk.free / disk.total),
  );
  const broken = apps.filter((app) => app.state === "problem");
  const newer = apps.filter((app) => app.update);
  const down = (system?.services ?? []).filter((service) => ["down", "failed"].includes(service.state));
  return [
    full >= FULL && t("assistant.suggest.full", { percent: percent(full) }),
    ...broken.slice(0, 2).map((app) => t("assistant.suggest.broken", { name: app.name })),
    ...down.slice(0, 1).map((service) => t("assistant.suggest.down", { name: service.name })),
    ...newer.slice(0, 1).map((app) => t("assistant.suggest.update", { name: app.name })),
    t("assistant.suggest.fine"),
    t("assistant.suggest.room"),
    t("assistant.suggest.apps"),
  ]
    .filter((one) => one !== false)
    .slice(0, 3);
}
