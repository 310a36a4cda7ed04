import { queryOptions } from "@tanstack/react-query";
import { api, ok } from "./api/client";
import { queries } from "./api/queries";
import type { components } from "./api/schema";

type S = components["schemas"];

export type Embeddings = S["EmbeddingsReply"];
export type EmbeddingsInfo = S["EmbeddingsInfo"];
export type VectorProvider = S["VectorProvider"];

const KEY = ["assistant", "embeddings"] as const;

/** Who makes vectors of what is remembered, and who could. */
export const embeddingsQuery = queryOptions({
  queryKey: KEY,
  queryFn: ({ signal }) => ok(api.GET("/api/v1/assistant/embeddings", { signal })),
  // Every note and every question changes it, which no event tells.
  staleTime: 0,
});

/** It is tried first. */
export const setEmbeddings = (body: S["EmbeddingsBody"]) =>
  ok(api.PUT("/api/v1/assistant/embeddings", { body }));
export const removeEmbeddings = () => ok(api.DELETE("/api/v1/assistant/embeddings"));
export const refreshEmbeddings = () => queries.invalidateQueries({ queryKey: KEY });
