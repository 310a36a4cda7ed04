/** The folders that a person lets Nexus look into, or change files in: chosen in Files, listed in Settings. */
import { queryOptions } from "@tanstack/react-query";
import { api, keys, ok } from "./api";
import type { components } from "./api/schema";

export type SharedFolder = components["schemas"]["SharedFolder"];
type Place = { root: string; path: string };

export const sharesQuery = queryOptions({
  queryKey: keys.shares,
  queryFn: ({ signal }) => ok(api.GET("/api/v1/files/shares", { signal })),
});

export const share = ({ root, path }: Place) => ok(api.PUT("/api/v1/files/shares", { body: { root, path } }));
/** Nexus may also change files there, or look only; either way it is shared. */
export const shareWrites = ({ root, path }: Place, writes: boolean) =>
  ok(api.PUT("/api/v1/files/shares", { body: { root, path, writes } }));
export const unshare = ({ root, path }: Place) =>
  ok(api.DELETE("/api/v1/files/shares", { params: { query: { root, path } } }));
