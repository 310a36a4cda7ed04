import { queryOptions } from "@tanstack/react-query";
import { api, ok } from "./api/client";
import { queries } from "./api/queries";
import type { components } from "./api/schema";

type S = components["schemas"];

export type Web = S["WebReply"];
export type SearchEngine = S["SearchInfo"];
export type SearchTried = S["SearchTried"];

const KEY = ["assistant", "web"] as const;

/** Whether the assistant reads the web, and who searches it. */
export const webQuery = queryOptions({
  queryKey: KEY,
  queryFn: ({ signal }) => ok(api.GET("/api/v1/assistant/web", { signal })),
  // Somebody else may have switched it, and every search may meet a problem, which no event tells.
  staleTime: 0,
});

export const switchWeb = (on: boolean) => ok(api.PUT("/api/v1/assistant/web", { body: { on } }));
export const switchOwnWeb = (on: boolean) => ok(api.PUT("/api/v1/assistant/web/own", { body: { on } }));
/** It is tried first. Without a key the stored one stays. */
export const saveSearch = (body: S["SearchBody"]) => ok(api.PUT("/api/v1/assistant/web/search", { body }));
export const removeSearch = () => ok(api.DELETE("/api/v1/assistant/web/search"));
export const refreshWeb = () => queries.invalidateQueries({ queryKey: KEY });
