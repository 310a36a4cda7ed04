import { QueryClient, queryOptions, useQuery } from "@tanstack/react-query";
import { api, ok } from "./client";
import { ApiError } from "./error";
import type { InstalledApp, JobInfo } from "./types";

/** Every cache key in one place, because events name what they change by these. */
export const keys = {
  jobs: ["jobs"] as const,
  apps: ["apps"] as const,
  app: (id: string) => ["apps", id] as const,
  store: ["store"] as const,
  catalog: ["store", "apps"] as const,
  catalogApp: (store: string, id: string) => ["store", "apps", store, id] as const,
  sources: ["store", "sources"] as const,
  engine: ["engine"] as const,
  docker: ["docker"] as const,
  system: ["system"] as const,
  load: ["system", "load"] as const,
  update: ["update"] as const,
  files: ["files"] as const,
  roots: ["files", "roots"] as const,
  directory: (root: string, path: string) => ["files", "list", root, path] as const,
  trash: ["files", "trash"] as const,
  favourites: ["files", "favourites"] as const,
  recents: ["files", "recents"] as const,
  shares: ["files", "shares"] as const,
  uploads: ["uploads"] as const,
  settings: ["settings"] as const,
  programs: ["programs"] as const,
  users: ["users"] as const,
  sessions: ["sessions"] as const,
  wishes: ["wishes"] as const,
};

/** Events say what changed, so nothing is refetched because of time, focus or a mount. */
export const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: Number.POSITIVE_INFINITY,
      gcTime: 10 * 60_000,
      refetchOnWindowFocus: false,
      refetchOnReconnect: false,
      networkMode: "always",
      retry: (count, error) => count < 1 && error instanceof ApiError && error.status >= 502,
      retryDelay: 800,
    },
    mutations: { networkMode: "always", retry: false },
  },
});

export function newestFirst(jobs: JobInfo[]): JobInfo[] {
  return jobs.toSorted((a, b) => b.created_at - a.created_at || b.id.localeCompare(a.id));
}

export const jobsQuery = queryOptions({
  queryKey: keys.jobs,
  queryFn: async ({ signal }) => newestFirst((await ok(api.GET("/api/v1/jobs", { signal }))) as JobInfo[]),
});

export const appsQuery = queryOptions({
  queryKey: keys.apps,
  queryFn: ({ signal }) => ok(api.GET("/api/v1/apps", { signal })),
});

export const systemQuery = queryOptions({
  queryKey: keys.system,
  queryFn: ({ signal }) => ok(api.GET("/api/v1/system", { signal })),
});

export const rootsQuery = queryOptions({
  queryKey: keys.roots,
  queryFn: async ({ signal }) => {
    const roots = await ok(api.GET("/api/v1/files/roots", { signal }));
    return roots.filter((root) => root.kind !== "trash");
  },
});

/** Newest first. */
export function useJobs() {
  return useQuery(jobsQuery);
}

/** The newest unfinished or failed job about a subject, such as an app id. */
export function useJobFor(subject: string): JobInfo | undefined {
  return useQuery({ ...jobsQuery, select: (jobs) => jobs.find((job) => job.subject === subject) }).data;
}

/** What was adopted has no page and no store; the Containers window shows it. */
const ownApps = (apps: InstalledApp[]) => apps.filter((app) => !app.adopted);

export function useInstalledApps() {
  return useQuery({ ...appsQuery, select: ownApps });
}

export function useInstalledApp(id: string): InstalledApp | undefined {
  return useQuery({ ...appsQuery, select: (apps) => apps.find((app) => app.id === id) }).data;
}
