import { queryOptions } from "@tanstack/react-query";
import { api, keys, ok, text } from "@/lib/api";
import type { components } from "@/lib/api/schema";

type S = components["schemas"];

export type Overview = S["DockerOverview"];
export type Container = S["DockerContainer"];
export type Image = S["DockerImage"];
export type Volume = S["DockerVolume"];
export type Network = S["DockerNetwork"];
export type Owner = S["DockerOwner"];
export type Detail = S["DockerDetail"];
export type Variable = S["DockerVariable"];

export const overviewQuery = queryOptions({
  queryKey: keys.docker,
  queryFn: ({ signal }) => ok(api.GET("/api/v1/docker", { signal })),
});

const of = (id: string) => ({ params: { path: { id } } });

export const containerQuery = (id: string) =>
  queryOptions({
    queryKey: [...keys.docker, "container", id] as const,
    queryFn: ({ signal }) => ok(api.GET("/api/v1/docker/containers/{id}", { ...of(id), signal })),
  });

export const environment = (id: string) => ok(api.GET("/api/v1/docker/containers/{id}/environment", of(id)));

/** Only after the person was asked, which the server wants to be told. */
const sure = (id: string) => ({ ...of(id), body: { sure: true } });

export const start = (id: string) => ok(api.POST("/api/v1/docker/containers/{id}/start", sure(id)));
export const stop = (id: string) => ok(api.POST("/api/v1/docker/containers/{id}/stop", sure(id)));
export const restart = (id: string) => ok(api.POST("/api/v1/docker/containers/{id}/restart", sure(id)));

/** Looks after a compose project (by its name) or one container (by its id), without touching it. */
export const adopt = (kind: "stack" | "container", subject: string) =>
  ok(api.POST("/api/v1/docker/adopted", { body: { kind, subject } }));
export const release = (id: string) => ok(api.DELETE("/api/v1/docker/adopted/{id}", of(id)));

/** What was adopted is acted on as a whole, like an app. */
export const startAdopted = (id: string) => ok(api.POST("/api/v1/apps/{id}/start", of(id)));
export const stopAdopted = (id: string) => ok(api.POST("/api/v1/apps/{id}/stop", of(id)));
export const restartAdopted = (id: string) => ok(api.POST("/api/v1/apps/{id}/restart", of(id)));
export const removeAdopted = (id: string) =>
  ok(api.DELETE("/api/v1/apps/{id}", { params: { path: { id }, query: { data: "keep" } } }));

export type Compose = S["AppCompose"];
export type Check = S["ComposeCheck"];
export type Problem = S["ComposeProblem"];
export type Line = S["ComposeLine"];
export type ServiceChange = S["ServiceChange"];

/** Under the key of everything in Docker, so that it is read again when an app's containers change. */
export const composeQuery = (id: string) =>
  queryOptions({
    queryKey: [...keys.docker, "compose", id] as const,
    queryFn: ({ signal }) => ok(api.GET("/api/v1/apps/{id}/compose", { ...of(id), signal })),
  });
export const checkCompose = (id: string, text: string, signal: AbortSignal) =>
  ok(api.POST("/api/v1/apps/{id}/compose/check", { ...of(id), body: { text }, signal }));
export const editCompose = (id: string, body: { text: string; revision: string; accept: string[] }) =>
  ok(api.PUT("/api/v1/apps/{id}/compose", { ...of(id), body }));

export type Stack = Required<S["StackRequest"]>;
export type CheckedStack = S["StackCheck"];
export type MovedPort = S["MovedPort"];

export const checkStack = (body: Stack, signal: AbortSignal) =>
  ok(api.POST("/api/v1/stacks/check", { body, signal }));
export const createStack = (body: Stack) => ok(api.POST("/api/v1/stacks", { body }));

export type ReclaimItem = S["ReclaimItem"];

/** What is unused changes with every container, so it is asked for whenever it is looked at. */
export const reclaimQuery = queryOptions({
  queryKey: [...keys.docker, "reclaim"] as const,
  queryFn: ({ signal }) => ok(api.GET("/api/v1/docker/reclaim", { signal })),
  staleTime: 0,
  gcTime: 0,
});

export const reclaim = (codes: string[]) => ok(api.POST("/api/v1/docker/reclaim", { body: { codes } }));

export const jobLogQuery = (id: string) =>
  queryOptions({
    queryKey: ["jobs", id, "log"] as const,
    queryFn: ({ signal }) => text(`/api/v1/jobs/${encodeURIComponent(id)}/log`, signal),
    staleTime: 0,
  });

export type Inside = S["ContainerFolder"];

/** A container changes what is in it whenever it likes, and what was seen may be anybody's, so nothing is kept. */
export const folderQuery = (id: string, path: string) =>
  queryOptions({
    queryKey: ["container-folder", id, path] as const,
    queryFn: ({ signal }) =>
      ok(
        api.GET("/api/v1/docker/containers/{id}/files", {
          params: { path: { id }, query: { path } },
          signal,
        }),
      ),
    staleTime: 0,
    gcTime: 0,
    refetchOnWindowFocus: false,
    retry: false,
  });

export const insideUrl = (id: string, path: string) =>
  `/api/v1/docker/containers/${id}/file?path=${encodeURIComponent(path)}`;

export const logsUrl = (id: string) => `/api/v1/docker/containers/${id}/logs?tail=1000&follow=1`;
