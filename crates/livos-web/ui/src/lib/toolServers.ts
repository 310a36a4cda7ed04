import { queryOptions } from "@tanstack/react-query";
import { api, ok } from "./api/client";
import { queries } from "./api/queries";
import type { components } from "./api/schema";

type S = components["schemas"];

export type ToolServer = S["ToolServerInfo"];
export type ServerTool = S["ServerToolInfo"];
export type Registry = S["RegistryReply"];
export type ServersImported = S["ServersImported"];
export type ToolServers = S["ToolServersReply"];

const KEY = ["assistant", "tool-servers"] as const;

/** Other servers whose tools the assistant uses, for those who run this one. */
export const toolServersQuery = queryOptions({
  queryKey: KEY,
  queryFn: ({ signal }) => ok(api.GET("/api/v1/assistant/tool-servers", { signal })),
  // A tool may be found changed whenever one is used, which no event tells.
  staleTime: 0,
});

const named = (name: string) => ({ params: { path: { name } } });

/** It is asked which tools it has first. Without a key and headers the stored ones stay. */
export const saveToolServer = (name: string, body: S["ToolServerBody"]) =>
  ok(api.PUT("/api/v1/assistant/tool-servers/{name}", { ...named(name), body }));
export const removeToolServer = (name: string) =>
  ok(api.DELETE("/api/v1/assistant/tool-servers/{name}", named(name)));
export const lookAtToolServer = (name: string) =>
  ok(api.POST("/api/v1/assistant/tool-servers/{name}/look", named(name)));
export const switchToolServer = (name: string, on: boolean) =>
  ok(api.PUT("/api/v1/assistant/tool-servers/{name}/on", { ...named(name), body: { on } }));
/** Agrees to exactly what has this digest. */
export const setServerTool = (name: string, body: S["ServerToolBody"]) =>
  ok(api.PUT("/api/v1/assistant/tool-servers/{name}/tools", { ...named(name), body }));
export const exportToolServers = () => ok(api.GET("/api/v1/assistant/tool-server-file"));
/** Programs in it are started only if what they are is among what was agreed to. */
export const importToolServers = (text: string, agreed: string[] = []) =>
  ok(api.POST("/api/v1/assistant/tool-server-file", { body: { text, agreed } }));
export const searchRegistry = (search: string) =>
  ok(api.GET("/api/v1/assistant/tool-server-registry", { params: { query: { search } } }));
export const refreshToolServers = () => queries.invalidateQueries({ queryKey: KEY });
