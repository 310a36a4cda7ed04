import { useQuery } from "@tanstack/react-query";
import {
  currentUser,
  type InstalledApp,
  isAdmin,
  type SystemInfo,
  session,
  systemQuery,
  useInstalledApps,
} from "@/lib/api";
import { connection } from "@/lib/connection";
import { clock, percent } from "@/lib/format";
import { t } from "@/lib/i18n";
import { useStore } from "@/lib/store";

export interface Status {
  text: string;
  tone: "ok" | "problem" | "news";
  open?: { app: string; path: string };
}

const FULL = 0.9;

/** One sentence: the most important thing to know, or that all is well. */
export function useStatus(): Status | null {
  const { data: system } = useQuery(systemQuery);
  const { data: apps } = useInstalledApps();
  const temporary = useStore(session, () => currentUser()?.temporary_password === true);
  // What was true when the server was last heard is not said as if it were true now.
  const since = useStore(connection, ({ phase, heardAt }) => (phase === "offline" ? heardAt : 0));
  if (since > 0) {
    return { text: t("shell.connection.offline", { time: clock(since / 1000) }), tone: "problem" };
  }
  if (!system) return null;
  return statusOf(system, apps ?? [], { admin: isAdmin(), temporary });
}

/** Data at risk comes first, then security, what is down, and updates. */
export function statusOf(
  system: Pick<SystemInfo, "disks" | "services">,
  apps: Pick<InstalledApp, "id" | "state" | "update">[],
  who: { admin: boolean; temporary: boolean },
): Status {
  const full = Math.max(
    0,
    ...(system.disks ?? []).filter((disk) => disk.total > 0).map((disk) => 1 - disk.free / disk.total),
  );
  if (full >= FULL) {
    const text = t("shell.status.storage", { percent: percent(full) });
    return { text, tone: "problem", open: { app: "files", path: "/" } };
  }
  if (who.temporary) {
    return { text: t("shell.status.password"), tone: "problem", open: { app: "settings", path: "/you" } };
  }
  const about = { app: "settings", path: "/about" };
  const down = system.services.find((service) => isDown(service.state));
  if (down) {
    return { text: t("shell.status.service", { name: down.name }), tone: "problem", open: about };
  }
  const broken = apps.filter((app) => app.state === "problem");
  if (broken.length > 0) {
    const text = t("shell.status.attention", { count: broken.length });
    return { text, tone: "problem", open: storePlace(broken) };
  }
  const partly = system.services.find((service) => service.state === "degraded" && service.detail);
  if (partly) return { text: partly.detail, tone: "problem", open: about };
  // Only who can install updates is told of them here; others see them on the app's page.
  const newer = who.admin ? apps.filter((app) => app.update) : [];
  if (newer.length > 0) {
    return {
      text: t("shell.status.updates", { count: newer.length }),
      tone: "news",
      open: storePlace(newer),
    };
  }
  return { text: t("shell.status.allRunning"), tone: "ok" };
}

function storePlace(apps: Pick<InstalledApp, "id">[]): { app: string; path: string } {
  const [first] = apps;
  return { app: "store", path: apps.length === 1 && first ? `/installed/${first.id}` : "/" };
}

export function isDown(state: string): boolean {
  return ["down", "failed", "stopped", "error"].includes(state);
}
