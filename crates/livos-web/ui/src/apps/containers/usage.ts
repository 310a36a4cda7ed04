import { useQuery } from "@tanstack/react-query";
import { type RefObject, useEffect, useRef, useState } from "react";
import { useOnline } from "@/lib/connection";
import { type Sample, statsQuery, type Usage, usageOf } from "./acting";

const EVERY = 2000;
/** After an answer that was none. */
const AGAIN = 15_000;
const nothing: ReadonlyMap<string, Usage> = new Map();

/** True while any of it is on the screen: a window that is minimised shows nothing. */
function useSeen(ref: RefObject<Element | null>): boolean {
  const [seen, setSeen] = useState(false);
  useEffect(() => {
    if (!ref.current) return;
    const watch = new IntersectionObserver((entries) => {
      setSeen(entries.some((entry) => entry.isIntersecting));
    });
    watch.observe(ref.current);
    return () => watch.disconnect();
  }, [ref]);
  return seen;
}

/** What containers use, asked for every two seconds while `ref` is seen, in a page that is looked at. */
export function useUsage(ref: RefObject<Element | null>): ReadonlyMap<string, Usage> {
  const seen = useSeen(ref);
  const online = useOnline();
  const query = useQuery({
    ...statsQuery,
    enabled: seen && online,
    refetchInterval: ({ state }) => (state.status === "error" ? AGAIN : EVERY),
    refetchIntervalInBackground: false,
  });
  const samples = query.data?.samples;
  const last = useRef<{ now: Sample[]; usage: ReadonlyMap<string, Usage> }>({ now: [], usage: nothing });
  if (samples && samples !== last.current.now) {
    last.current = { now: samples, usage: usageOf(samples, last.current.now) };
  }
  // Figures from before would look as if they were of this moment.
  return query.isError || !online ? nothing : last.current.usage;
}
