import { useQuery } from "@tanstack/react-query";
import { type JobInfo, jobsQuery } from "@/lib/api";
import { connection } from "@/lib/connection";
import { useStore } from "@/lib/store";

/** The steps of an update or a restart during which the server is away or not to be used. */
export const AWAY = ["restarting", "proving", "returning", "returned"];
/** The steps just before them: when the connection goes then, the restart has begun unheard. */
const BEFORE = ["system", "saving", "installing"];

/** The update or restart that somebody chose and that takes the server away now. */
export function restartOf(jobs: JobInfo[] | undefined, connected: boolean): JobInfo | undefined {
  return jobs?.find(
    ({ kind, state, step }) =>
      (kind === "system.update" || kind === "system.restart") &&
      state === "running" &&
      (AWAY.includes(step) || (!connected && BEFORE.includes(step))),
  );
}

export function useRestart(): JobInfo | undefined {
  const { data: jobs } = useQuery(jobsQuery);
  const connected = useStore(connection, ({ phase }) => phase !== "reconnecting" && phase !== "offline");
  return restartOf(jobs, connected);
}
