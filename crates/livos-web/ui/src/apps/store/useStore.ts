import { useQuery } from "@tanstack/react-query";
import { createContext, useContext, useMemo } from "react";
import { type InstalledApp, isAdmin, type JobInfo, useInstalledApps, useJobs } from "@/lib/api";
import { language, t } from "@/lib/i18n";
import type { CatalogEntry } from "./core/catalog";
import { indexCatalog } from "./core/catalog";
import { type CardAction, cardAction } from "./core/install";
import type { StorePage } from "./core/location";
import { hasAddress } from "./core/normalise";
import { catalogQuery, engineQuery, type WayBack } from "./data";

/** Everything the pages of one store window share. */
export type StoreState = {
  go(page: StorePage, replace?: boolean): void;
  /** Runs an action; a failure is shown on top of the window until it is dismissed. */
  run(work: () => Promise<unknown>): Promise<boolean>;
  install(app: { store: string; id: string }): void;
  remove(app: InstalledApp): void;
  update(app: InstalledApp): void;
  rollback(app: InstalledApp, way: WayBack): void;
  settings(app: InstalledApp): void;
  exportApp(app: InstalledApp): void;
  showLog(job: JobInfo): void;
  installed: ReadonlyMap<string, InstalledApp>;
  jobs: ReadonlyMap<string, JobInfo>;
  admin: boolean;
  /** Why nothing can be installed now, or undefined. */
  blocked: string | undefined;
};

export const StoreContext = createContext<StoreState | null>(null);

export function useStoreState(): StoreState {
  const state = useContext(StoreContext);
  if (!state) throw new Error("useStoreState is for pages of the store");
  return state;
}

/** The newest job about each app; jobs come newest first. */
export function jobsBySubject(jobs: JobInfo[] | undefined): Map<string, JobInfo> {
  const out = new Map<string, JobInfo>();
  for (const job of jobs ?? []) {
    if (job.kind.startsWith("app.") && !out.has(job.subject)) out.set(job.subject, job);
  }
  return out;
}

/** Installed apps that no source offers any more: they are looked for like the others. */
function withoutSource(listed: CatalogEntry[], apps: InstalledApp[] | undefined): CatalogEntry[] {
  const offered = new Set(listed.map(({ store, id }) => `${store}/${id}`));
  return (apps ?? [])
    .filter(({ store, id }) => !offered.has(`${store}/${id}`))
    .map(({ id, name, store, version, icon }) => ({
      ...{ id, name, store, version, icon },
      tagline: t("store.page.goneShort"),
      category: "",
      developer: "",
      source_label: "",
      format: "",
      installable: false,
      installed: true,
    }));
}

export function useStoreData() {
  const catalog = useQuery(catalogQuery);
  const apps = useInstalledApps().data;
  const jobList = useJobs().data;
  const engine = useQuery(engineQuery);
  const listed = catalog.data?.apps;
  const index = useMemo(
    () => (listed ? indexCatalog([...listed, ...withoutSource(listed, apps)], language) : undefined),
    [listed, apps],
  );
  const installed = useMemo(() => new Map((apps ?? []).map((app) => [app.id, app])), [apps]);
  const jobs = useMemo(() => jobsBySubject(jobList), [jobList]);
  const admin = isAdmin();
  const blocked = !admin
    ? t("store.member.ask")
    : engine.data && !engine.data.usable
      ? engine.data.reason || t("store.engine.short")
      : undefined;
  return { catalog, index, installed, jobs, engine, admin, blocked, known: apps !== undefined };
}

export type AppStatus = {
  action: CardAction;
  app: InstalledApp | undefined;
  job: JobInfo | undefined;
};

/** What a card or page says about an app: its state, the job about it, and the one button that fits. */
export function statusOf(
  entry: Pick<CatalogEntry, "store" | "id" | "installable">,
  installed: ReadonlyMap<string, InstalledApp>,
  jobs: ReadonlyMap<string, JobInfo>,
): AppStatus {
  const found = installed.get(entry.id);
  // The same id may exist in another source; that one is not installed.
  const other = found !== undefined && found.store !== "" && found.store !== entry.store;
  const app = other ? undefined : found;
  const job = other ? undefined : jobs.get(entry.id);
  const action = cardAction({
    installable: entry.installable,
    state: app?.state,
    hasAddress: hasAddress(app),
    jobState: job?.state,
  });
  return { action, app, job };
}
