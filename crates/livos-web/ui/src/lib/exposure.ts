import { queryOptions } from "@tanstack/react-query";
import { api, ok } from "./api/client";
import { queries } from "./api/queries";
import type { components } from "./api/schema";

type S = components["schemas"];

export type Exposure = S["Exposure"];
export type Domain = S["Domain"];
export type PublicName = S["PublicName"];

const KEY = ["exposure"] as const;

/** Nobody signals that a certificate came; so while one is on its way and somebody looks, it is asked for again. */
const AGAIN = 3_000;

const onItsWay = (exposure: Exposure | undefined) =>
  !!exposure?.domain?.names.some((name) => name.state === "fetching");

/** How this server is reached, tried just now. */
export const exposureQuery = queryOptions({
  queryKey: KEY,
  queryFn: ({ signal }) => ok(api.GET("/api/v1/exposure", { signal })),
  staleTime: 0,
  refetchInterval: (query) => (onItsWay(query.state.data) ? AGAIN : false),
});

export const setAlways = (always: boolean) => ok(api.PUT("/api/v1/exposure/https", { body: { always } }));
export const setDomain = (name: string, email: string) =>
  ok(api.PUT("/api/v1/exposure/domain", { body: { name, email } }));
export const removeDomain = () => ok(api.DELETE("/api/v1/exposure/domain"));
export const refreshExposure = () => queries.invalidateQueries({ queryKey: KEY });
