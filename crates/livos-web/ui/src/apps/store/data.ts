import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, isApiError, keys, ok, queries, text } from "@/lib/api";
import type { components } from "@/lib/api/schema";
import type { CatalogEntry } from "./core/catalog";
import { catalogPage } from "./core/normalise";

export type Source = {
  id: string;
  label: string;
  url: string;
  format: string;
  apps: number;
  refreshed_at: number;
  error?: string;
};

export const catalogQuery = queryOptions({
  queryKey: keys.catalog,
  queryFn: async ({ signal }) => {
    const catalog = await ok(api.GET("/api/v1/store/apps", { signal }));
    return { apps: catalog.apps as CatalogEntry[], sources: catalog.sources as Source[] };
  },
});

export const appQuery = (store: string, id: string) =>
  queryOptions({
    queryKey: keys.catalogApp(store, id),
    queryFn: async ({ signal }) =>
      catalogPage(
        await ok(api.GET("/api/v1/store/apps/{store}/{id}", { params: { path: { store, id } }, signal })),
      ),
  });

export const engineQuery = queryOptions({
  queryKey: keys.engine,
  queryFn: ({ signal }) => ok(api.GET("/api/v1/engine", { signal })),
});

export const jobLogQuery = (id: string) =>
  queryOptions({
    queryKey: ["jobs", id, "log"] as const,
    queryFn: ({ signal }) => text(`/api/v1/jobs/${encodeURIComponent(id)}/log`, signal),
    staleTime: 0,
  });

export const install = (
  store: string,
  app: string,
  answers: Record<string, string>,
  accept: string[],
  docker_control = false,
) => ok(api.POST("/api/v1/apps", { body: { store, app, answers, accept, docker_control } }));

const path = (id: string) => ({ params: { path: { id } } });

export const start = (id: string) => ok(api.POST("/api/v1/apps/{id}/start", path(id)));
export const stop = (id: string, althoughNeeded = false) =>
  ok(
    api.POST("/api/v1/apps/{id}/stop", {
      params: { path: { id }, query: althoughNeeded ? { although_needed: "1" } : {} },
    }),
  );
export const restart = (id: string) => ok(api.POST("/api/v1/apps/{id}/restart", path(id)));
export const update = (id: string, answers: Record<string, string>, accept: string[]) =>
  ok(api.POST("/api/v1/apps/{id}/update", { ...path(id), body: { answers, accept } }));
/** What is said anew about an app's settings; what is left out stays as it is. */
export type SettingsWish = {
  answers: Record<string, string>;
  ports: Record<string, number>;
  memory: Record<string, number>;
  docker?: string;
  images: Record<string, string>;
  accept: string[];
};

export const settingsQuery = (id: string) =>
  queryOptions({
    queryKey: [...keys.apps, id, "settings"] as const,
    queryFn: ({ signal }) => ok(api.GET("/api/v1/apps/{id}/settings", { ...path(id), signal })),
    staleTime: 0,
    // What is being typed is compared with it.
    refetchOnWindowFocus: false,
  });
export const lookAtSettings = (id: string, body: SettingsWish) =>
  ok(api.POST("/api/v1/apps/{id}/settings/look", { ...path(id), body }));
export const changeSettings = (id: string, body: SettingsWish) =>
  ok(api.PUT("/api/v1/apps/{id}/settings", { ...path(id), body }));
export const pin = (id: string, pinned: boolean) =>
  ok(pinned ? api.PUT("/api/v1/apps/{id}/pin", path(id)) : api.DELETE("/api/v1/apps/{id}/pin", path(id)));
/** Leaves this newer version out, or with none offers whatever there is again. */
export const skip = (id: string, version?: string) =>
  ok(
    version
      ? api.PUT("/api/v1/apps/{id}/skip", { ...path(id), body: { version } })
      : api.DELETE("/api/v1/apps/{id}/skip", path(id)),
  );
export const updateAll = () => ok(api.POST("/api/v1/store/updates"));
/** What an app can be brought back to. */
export type WayBack = components["schemas"]["WayBack"];
export const rollback = (id: string, to: string) =>
  ok(api.POST("/api/v1/apps/{id}/rollback", { params: { path: { id }, query: { to } } }));

/** What is typed into the sheet of an app so far. */
export type Typed = components["schemas"]["ChecksBody"];

/**
 * What stands in the way of installing an app with these answers. What runs meanwhile changes it, so it is asked each
 * time; answers may be secrets, so nothing of them stays behind.
 */
export const installChecksQuery = (store: string, id: string, typed: Typed) =>
  queryOptions({
    // By itself: what happens to apps must not have everything counted again.
    queryKey: ["checks", store, id, typed] as const,
    queryFn: ({ signal }) =>
      ok(
        api.POST("/api/v1/store/apps/{store}/{id}/checks", {
          params: { path: { store, id } },
          body: typed,
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
    staleTime: 0,
    gcTime: 0,
  });

/** What stands in the way of an installed app's update; counting what it has stored takes a moment. */
export const changeChecksQuery = (id: string) =>
  queryOptions({
    queryKey: ["checks", id] as const,
    queryFn: ({ signal }) => ok(api.GET("/api/v1/apps/{id}/checks", { ...path(id), signal })),
    staleTime: 0,
  });

/** What stands in the way of an app's update with these answers, of which nothing stays behind. */
export const updateChecksQuery = (id: string, answers: Record<string, string>) =>
  queryOptions({
    queryKey: ["checks", id, answers] as const,
    queryFn: ({ signal }) =>
      ok(api.POST("/api/v1/apps/{id}/checks", { ...path(id), body: { answers }, signal })),
    placeholderData: keepPreviousData,
    staleTime: 0,
    gcTime: 0,
  });

/** What an update of an installed app would change. */
export const updateQuery = (id: string) =>
  queryOptions({
    queryKey: [...keys.apps, id, "update"] as const,
    queryFn: ({ signal }) => ok(api.GET("/api/v1/apps/{id}/update", { ...path(id), signal })),
    staleTime: 0,
  });

export const remove = (id: string, data: "keep" | "delete", althoughNeeded = false) =>
  ok(
    api.DELETE("/api/v1/apps/{id}", {
      params: { path: { id }, query: althoughNeeded ? { data, although_needed: "1" } : { data } },
    }),
  );

/** Refused because other apps need it; whoever means it may say so. */
export const isNeeded = (error: unknown): boolean => isApiError(error) && error.code === "needed_by_others";

export const cancelJob = (id: string) => ok(api.POST("/api/v1/jobs/{id}/cancel", path(id)));
export const retryJob = (id: string) => ok(api.POST("/api/v1/jobs/{id}/retry", path(id)));
export const dismissJob = (id: string) => ok(api.DELETE("/api/v1/jobs/{id}", path(id)));

export const addSource = (url: string) => ok(api.POST("/api/v1/store/sources", { body: { url } }));
export const removeSource = (id: string) => ok(api.DELETE("/api/v1/store/sources/{id}", path(id)));
export const refreshSource = (id: string) => ok(api.POST("/api/v1/store/sources/{id}/refresh", path(id)));

/** The server's events say the same a moment later; this is for the person who pressed. */
export function refreshStore(): void {
  void queries.invalidateQueries({ queryKey: keys.store });
  void queries.invalidateQueries({ queryKey: keys.apps });
}
