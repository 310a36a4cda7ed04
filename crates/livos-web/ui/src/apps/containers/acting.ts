import { queryOptions } from "@tanstack/react-query";
import { api, ok } from "@/lib/api";
import type { components } from "@/lib/api/schema";

type S = components["schemas"];

export type Step = S["DockerStep"];
export type Sample = S["DockerUsage"];
export type Happened = S["DockerEvent"];
export type Verb = "start" | "stop" | "restart" | "kill" | "remove";
export type Kind = "container" | "image" | "volume" | "network";

/** Something in Docker: its id, or the name of a volume. */
export interface Thing {
  kind: Kind;
  id: string;
}

/** What is said is agreed to word for word, so it is asked for each time and does not change under the hand. */
export const planQuery = (verb: Verb, things: Thing[]) =>
  queryOptions({
    queryKey: ["docker-plan", verb, things] as const,
    queryFn: ({ signal }) =>
      ok(api.POST("/api/v1/docker/look", { body: { verb, things: things.map(bare) }, signal })),
    staleTime: 0,
    gcTime: 0,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  });

const bare = ({ kind, id }: Thing) => ({ kind, id, code: "" });

export const act = (verb: Verb, steps: Step[]) =>
  ok(
    api.POST("/api/v1/docker/act", {
      body: { verb, things: steps.map(({ kind, id, code }) => ({ kind, id, code })) },
    }),
  );

/** Not under the key of everything in Docker: it is asked for by the clock, and only while somebody looks. */
export const statsQuery = queryOptions({
  queryKey: ["docker-stats"] as const,
  queryFn: ({ signal }) => ok(api.GET("/api/v1/docker/stats", { signal })),
  staleTime: 0,
  gcTime: 0,
  retry: false,
});

export const startEngine = () => ok(api.POST("/api/v1/docker/engine/start"));

export const engineLogUrl = "/api/v1/docker/engine/log?tail=1000";

export const eventsUrl = "/api/v1/docker/events?follow=1";

export interface Usage {
  /** Of all processors together, 0 to 1; unknown until there are two samples. */
  cpu: number | undefined;
  memory: number;
}

/** What each container uses, from two samples of counters that only grow. */
export function usageOf(now: Sample[], before: Sample[]): Map<string, Usage> {
  const first = new Map(before.map((sample) => [sample.id, sample]));
  return new Map(
    now.map((sample) => {
      const then = first.get(sample.id);
      const whole = then ? sample.machine_ns - then.machine_ns : 0;
      const part = then ? sample.cpu_ns - then.cpu_ns : 0;
      // A container that was started again counts from the beginning.
      const cpu = whole > 0 && part >= 0 ? Math.min(1, part / whole) : undefined;
      return [sample.id, { cpu, memory: sample.memory }];
    }),
  );
}

/** What has to be typed before data is removed for good: one volume's name, or how many they are. */
export function typedFor(steps: Step[]): string | undefined {
  const volumes = steps.filter((step) => step.kind === "volume");
  if (volumes.length === 0) return undefined;
  return volumes.length === 1 ? volumes[0]?.name : String(volumes.length);
}

/** A line of the stream; `undefined` for one that is none, such as the half of one that broke off. */
export function happened(line: string): Happened | undefined {
  try {
    return JSON.parse(line) as Happened;
  } catch {
    return undefined;
  }
}
