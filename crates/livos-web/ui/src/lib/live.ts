import { type JobInfo, keys, newestFirst, queries } from "./api";
import { onEvent } from "./events";

/** What is being fetched again, and whether it has changed once more since. */
const busy = new Map<string, boolean>();

/**
 * Many events about one thing within a moment cause one refetch, and what takes long to fetch is fetched at
 * most a quarter of the time: a folder with 100,000 entries may change all day.
 */
export function soon(key: readonly unknown[], after = 150): void {
  const name = JSON.stringify(key);
  if (busy.has(name)) {
    busy.set(name, true);
    return;
  }
  busy.set(name, false);
  setTimeout(async () => {
    // What was told until now is in the answer.
    busy.set(name, false);
    const begun = performance.now();
    await queries.invalidateQueries({ queryKey: key });
    const rest = 3 * (performance.now() - begun);
    setTimeout(() => {
      const again = busy.get(name);
      busy.delete(name);
      if (again) soon(key, after);
    }, rest);
  }, after);
}

export function applyJob(jobs: JobInfo[] | undefined, job: JobInfo): JobInfo[] | undefined {
  if (!jobs) return jobs;
  const known = jobs.some((other) => other.id === job.id);
  return known ? jobs.map((other) => (other.id === job.id ? job : other)) : newestFirst([job, ...jobs]);
}

/** Connects the event stream to the query cache. Nothing else keeps the cache up to date. */
export function followServer(): void {
  onEvent("job", (job) => {
    queries.setQueryData<JobInfo[]>(keys.jobs, (jobs) => applyJob(jobs, job));
    queries.setQueryData(["jobs", job.id], job);
  });
  onEvent("job_removed", ({ id }) => {
    queries.setQueryData<JobInfo[]>(keys.jobs, (jobs) => jobs?.filter((job) => job.id !== id));
  });
  onEvent("app", () => {
    soon(keys.apps);
    soon(keys.store, 1_000);
  });
  onEvent("catalog", () => soon(keys.store));
  onEvent("docker", () => soon(keys.docker));
  onEvent("dir", ({ root, path }) => {
    soon(keys.directory(root, path), 20);
    if (root === "trash") soon(keys.trash);
  });
  onEvent("service", ({ name, state }) => {
    soon(keys.system);
    soon(keys.engine);
    if (state === "down") return;
    // Folders are watched because they were listed. The daemon that watched them is gone: list them again.
    if (name === "files") soon(["files"]);
    if (name === "apps") {
      soon(keys.apps);
      soon(keys.store);
      soon(keys.docker);
    }
  });
  onEvent("settings", () => {
    soon(keys.settings);
    soon(keys.favourites);
    soon(keys.shares);
  });
  onEvent("update", () => soon(keys.update));
  onEvent("users", () => soon(keys.users));
  onEvent("wishes", () => soon(keys.wishes));
  // The server no longer has what was missed: what is on screen is fetched again, the rest when shown.
  onEvent("reset", () => void queries.invalidateQueries());
}
