import { useQuery } from "@tanstack/react-query";
import { systemQuery, useInstalledApps } from "@/lib/api";
import { percent } from "@/lib/format";
import { t } from "@/lib/i18n";

export interface Status {
  text: string;
  problem: boolean;
  open?: { app: string; path: string };
}

/** One sentence: the most important problem, or that there is none. Data at risk comes first. */
export function useStatus(): Status | null {
  const { data: system } = useQuery(systemQuery);
  const { data: apps } = useInstalledApps();
  if (!system) return null;
  const full = (system.disks ?? [])
    .filter((disk) => disk.total > 0)
    .map((disk) => 1 - disk.free / disk.total)
    .toSorted((a, b) => b - a)[0];
  if (full !== undefined && full >= 0.9) {
    return {
      text: t("shell.status.storage", { percent: percent(full) }),
      problem: true,
      open: { app: "files", path: "/" },
    };
  }
  const down = system.services.find((service) => isDown(service.state));
  if (down) {
    return {
      text: t("shell.status.service", { name: down.name }),
      problem: true,
      open: { app: "settings", path: "/about" },
    };
  }
  const broken = (apps ?? []).filter((app) => app.state === "problem");
  const first = broken[0];
  if (first) {
    const path = broken.length === 1 ? `/installed/${first.id}` : "/";
    return {
      text: t("shell.status.attention", { count: broken.length }),
      problem: true,
      open: { app: "store", path },
    };
  }
  return { text: t("shell.status.allRunning"), problem: false };
}

export function isDown(state: string): boolean {
  return ["down", "failed", "stopped", "error"].includes(state);
}
