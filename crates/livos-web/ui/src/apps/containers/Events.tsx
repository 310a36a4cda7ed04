import { History } from "lucide-react";
import { useEffect, useState } from "react";
import { request } from "@/lib/api";
import { ApiError, errorFrom, isApiError } from "@/lib/api/error";
import { useOnline } from "@/lib/connection";
import { ago, exact } from "@/lib/format";
import { t, tx } from "@/lib/i18n";
import { Lines } from "@/lib/lines";
import { Button, Callout, EmptyState, ErrorState, Loading, Select } from "@/ui";
import { eventsUrl, type Happened, happened } from "./acting";
import { matches } from "./core";
import EngineLog from "./EngineLog";

/** The page holds so many; Docker itself remembers fewer. */
const MOST = 1000;
const kinds = ["all", "container", "image", "volume", "network"] as const;
type Shown = (typeof kinds)[number];

interface Line extends Happened {
  key: number;
}

type State = "waiting" | "following" | { error: unknown };

/** What Docker remembers, newest first, and what happens while this is open. */
export default function Events({ words, names }: { words: string; names: ReadonlyMap<string, string> }) {
  const [lines, setLines] = useState<Line[]>([]);
  const [state, setState] = useState<State>("waiting");
  const [turn, setTurn] = useState(0);
  const [kind, setKind] = useState<Shown>("all");
  const [log, setLog] = useState(false);
  const online = useOnline();

  // biome-ignore lint/correctness/useExhaustiveDependencies: another turn means the same stream once more
  useEffect(() => {
    if (!online) return;
    const stop = new AbortController();
    const split = new Lines();
    let count = 0;
    setState("waiting");
    const add = (more: string[]) => {
      const read = more.map(happened).filter((one) => one !== undefined);
      if (read.length === 0) return;
      const fresh = read.map((one) => {
        count += 1;
        return { ...one, key: count };
      });
      setLines((lines) => [...fresh.reverse(), ...lines].slice(0, MOST));
    };
    const read = async () => {
      const url = new URL(eventsUrl, location.origin);
      const response = await request(new Request(url, { signal: stop.signal }));
      if (!response.ok || !response.body) throw await errorFrom(response);
      setLines([]);
      setState("following");
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        add(split.push(value));
      }
      // Only Docker's end, or ours, ends the stream.
      throw new ApiError(0, { code: "unreachable" });
    };
    read().catch((error: unknown) => {
      if (stop.signal.aborted) return;
      setState({
        error: isApiError(error) ? error : new ApiError(0, { code: "unreachable" }, { cause: error }),
      });
    });
    return () => stop.abort();
  }, [turn, online]);

  const broken = typeof state === "object";
  const shown = lines.filter(
    (line) => (kind === "all" || line.kind === kind) && matches(words, nameOf(line), line.action),
  );
  return (
    <div className="flex flex-col gap-3 px-4 py-3">
      <div className="flex max-w-md flex-wrap items-end gap-3">
        <Select
          label={t("containers.events.kind")}
          value={kind}
          onChange={(value) => setKind(value as Shown)}
          options={kinds.map((value) => ({ value, label: t(`containers.events.kind.${value}`) }))}
        />
        <Button onClick={() => setLog(true)}>{t("containers.events.log")}</Button>
        {log && <EngineLog onClose={() => setLog(false)} />}
      </div>
      {broken && lines.length > 0 && (
        <Callout tone="warn" role="alert">
          <p>{t("containers.events.broken")}</p>
          <Button size="sm" onClick={() => setTurn(turn + 1)}>
            {t("shell.action.tryAgain")}
          </Button>
        </Callout>
      )}
      {broken && lines.length === 0 && (
        <ErrorState
          title={t("containers.events.failed")}
          error={state.error}
          onRetry={() => setTurn(turn + 1)}
        />
      )}
      {state === "waiting" && lines.length === 0 && <Loading>{t("containers.events.loading")}</Loading>}
      {state === "following" && shown.length === 0 && (
        <EmptyState
          icon={History}
          title={t(lines.length === 0 ? "containers.events.empty" : "containers.events.none")}
          text={lines.length === 0 ? t("containers.events.emptyText") : undefined}
        />
      )}
      {shown.length > 0 && (
        <ol aria-label={t("containers.tab.events")} className="flex flex-col divide-y divide-line text-sm">
          {shown.map((line) => (
            <li key={line.key} className="flex flex-wrap gap-x-3 gap-y-0.5 py-2">
              <time
                dateTime={new Date(line.at * 1000).toISOString()}
                title={exact(line.at)}
                className="w-32 shrink-0 text-muted"
              >
                {ago(line.at)}
              </time>
              <span className="min-w-40 flex-1 break-words">{sentence(line, names)}</span>
            </li>
          ))}
        </ol>
      )}
    </div>
  );
}

const nameOf = (line: Happened) => line.name || line.id.replace("sha256:", "").slice(0, 12);

/** What happened, in a sentence; what Docker invents later is said in its own words. */
export function sentence(line: Happened, names: ReadonlyMap<string, string>): string {
  const name = nameOf(line);
  if (line.kind === "container" && line.action === "die") {
    if (line.exit_code === 0) return t("containers.event.ended", { name });
    if (line.exit_code > 0) return t("containers.event.failed", { name, code: line.exit_code });
  }
  const container = names.get(line.container) ?? line.container.slice(0, 12);
  const action = line.action.replace("health_status: ", "").replaceAll(/[^a-z]/g, "");
  return tx(`containers.event.${line.kind}.${action}`, `${name}: ${line.action}`, { name, container });
}
