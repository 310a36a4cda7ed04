import { load, randomId, save } from "../storage";

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * Runs `work` in one tab at a time. Web Locks exist only on secure origins, so plain http falls back to
 * a claim in localStorage that expires by itself when its tab dies.
 */
export async function exclusively<T>(name: string, work: () => Promise<T>): Promise<T> {
  if (navigator.locks) {
    // The cast undoes the DOM typing, which wraps the promise's own type once more.
    return (await navigator.locks.request(`livos.${name}`, work)) as T;
  }
  const key = `lock.${name}`;
  const me = randomId();
  for (let tries = 0; tries < 100; tries++) {
    const held = load<{ by: string; until: number } | null>(key, null);
    if (!held || held.until < Date.now()) {
      save(key, { by: me, until: Date.now() + 10_000 });
      await pause(20 + Math.random() * 20);
      if (load<{ by: string } | null>(key, null)?.by === me) break;
    }
    await pause(100);
  }
  try {
    return await work();
  } finally {
    save(key, undefined);
  }
}
