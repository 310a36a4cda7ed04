import { useQuery } from "@tanstack/react-query";
import { ArrowLeft, CircleAlert, PackageX } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { errorText, isApiError, type JobInfo, keys, queries, useInstalledApp, useJobs } from "@/lib/api";
import { bytesOf } from "@/lib/format";
import { t, tx } from "@/lib/i18n";
import { announce, showsJob } from "@/lib/notify";
import { useDirty, useWindow, useWindowTitle } from "@/lib/window";
import {
  Badge,
  Button,
  Callout,
  EmptyState,
  IconButton,
  Progress,
  QueryView,
  StaleNote,
  useConfirm,
} from "@/ui";
import { Section } from "@/ui/Facts";
import { ComposeChanges } from "./ComposeChanges";
import { formatPlace } from "./core";
import { type Check, checkCompose, composeQuery, type Compose as File, jobLogQuery } from "./data";
import { Editor } from "./Editor";

/** What was typed is checked after so long without a key, in milliseconds. */
const PAUSE = 400;
/** Those who said once that they know what they do with an app's file are not asked about it again in this tab. */
const warned = new Set<string>();

/** A text area has no other ends of lines. */
const shown = (text: string) => text.replaceAll("\r\n", "\n");
const sent = (text: string, file: File) =>
  file.text.includes("\r\n") ? text.replaceAll("\n", "\r\n") : text;

/** The file that says which containers an app has: read, changed, compared, and used like an update. */
export function Compose({ id }: { id: string }) {
  const query = useQuery(composeQuery(id));
  const app = useInstalledApp(id);
  const { phone, navigate } = useWindow();
  const name = app?.name ?? id;
  const own = app?.store === "own";
  const stacks = formatPlace({ tab: "stacks" });
  const confirm = useConfirm();
  const [dirty, setDirty] = useState(false);
  const back = async () => {
    if (!dirty || (await confirm(discarding()))) navigate(stacks);
  };
  useWindowTitle(t("containers.compose.of", { name }));
  return (
    <div className="h-full overflow-y-auto">
      <header className="sticky top-0 z-10 flex min-h-12 flex-wrap items-center gap-2 bg-surface px-4 py-2">
        {!phone && (
          <IconButton
            label={t("containers.compose.back")}
            icon={ArrowLeft}
            className="rtl:rotate-180"
            onClick={() => void back()}
          />
        )}
        <h3 className="min-w-32 flex-1 text-lg font-semibold break-words">
          {t("containers.compose.of", { name })}
        </h3>
        <StaleNote at={query.dataUpdatedAt} />
        {query.data && !own && (
          <Badge tone={query.data.edited ? "warn" : "neutral"}>
            {t(query.data.edited ? "containers.compose.own" : "containers.compose.managed")}
          </Badge>
        )}
      </header>
      <QueryView
        query={query}
        failed={t("containers.compose.failed")}
        onError={(error) =>
          isApiError(error) && error.status === 404 ? (
            <EmptyState
              icon={PackageX}
              title={t("containers.compose.gone")}
              action={
                <Button onClick={() => navigate(stacks, { replace: true })}>
                  {t("containers.compose.back")}
                </Button>
              }
            />
          ) : undefined
        }
      >
        {(file) => <Work id={id} name={name} own={own} now={file} onDirty={setDirty} />}
      </QueryView>
    </div>
  );
}

export const discarding = (text = t("containers.compose.discardText")) => ({
  title: t("containers.compose.discardTitle"),
  text,
  action: t("containers.compose.discard"),
  danger: true,
});

interface WorkProps {
  id: string;
  name: string;
  /** It came from no store, so this file is all there is. */
  own: boolean;
  now: File;
  onDirty(dirty: boolean): void;
}

function Work({ id, name, own, now, onDirty }: WorkProps) {
  const confirm = useConfirm();
  // It stays what it was when the change was begun: what is typed is compared with it.
  const [file, setFile] = useState(now);
  const [text, setText] = useState(() => shown(now.text));
  const [editing, setEditing] = useState(false);
  const [comparing, setComparing] = useState(false);
  const [job, setJob] = useState<string>();
  const dirty = text !== shown(file.text);
  const { check, checking, error } = useCheck(id, sent(text, file), editing && dirty);
  const stale = now.revision !== file.revision;
  const conflict = stale && dirty && text !== shown(now.text);
  const { data: jobs } = useJobs();
  const running = jobs?.find((one) => one.id === job);
  const busy = running !== undefined && running.finished_at === 0;
  useDirty(dirty);
  useEffect(() => onDirty(dirty), [dirty, onDirty]);

  const read = (next: File) => {
    setFile(next);
    setText(shown(next.text));
  };
  // Nothing is lost by showing what counts now, also when it is what was typed.
  useEffect(() => {
    if (!stale || (dirty && text !== shown(now.text))) return;
    setFile(now);
    setText(shown(now.text));
  }, [stale, dirty, text, now]);

  const begin = async () => {
    if (!own && !warned.has(id)) {
      const yes = await confirm({
        title: t("containers.compose.warnTitle", { name }),
        text: t("containers.compose.warn"),
        action: t("containers.compose.warnAction"),
      });
      if (!yes) return;
      warned.add(id);
    }
    setEditing(true);
  };
  const discard = async () => {
    if (dirty && !(await confirm(discarding()))) return;
    read(now);
    setEditing(false);
  };
  const problems = dirty ? (check?.problems ?? []) : [];
  const wrong = problems.some((problem) => problem.error);
  const ready = dirty && !checking && check?.change != null && !wrong;

  return (
    <div className="flex flex-col gap-4 px-4 pb-10">
      {job && (
        <Outcome
          job={running}
          id={job}
          name={name}
          onDone={() => {
            setJob(undefined);
            setEditing(false);
          }}
        />
      )}
      {file.edited && !own && !dirty && <Callout>{t("containers.compose.ownText", { name })}</Callout>}
      {conflict && (
        <Callout tone="warn" role="alert">
          <p>{t("containers.compose.stale")}</p>
          <Button size="sm" onClick={() => void discard()}>
            {t("containers.compose.discard")}
          </Button>
        </Callout>
      )}
      <p className="text-sm text-muted">
        {t(own ? "containers.compose.whatOwn" : "containers.compose.what", { file: file.file })}
      </p>
      <div className="flex flex-wrap gap-2">
        {editing ? (
          <>
            <Button
              variant="primary"
              write
              disabled={!ready || conflict || busy}
              reason={t(wrong ? "containers.compose.fixFirst" : "containers.compose.unchanged")}
              busy={checking}
              onClick={() => setComparing(true)}
            >
              {t("containers.compose.show")}
            </Button>
            <Button disabled={busy} onClick={() => void discard()}>
              {t("containers.compose.discard")}
            </Button>
            {!busy && file.edited && text !== shown(file.store) && (
              <Button onClick={() => setText(shown(file.store))}>
                {t(own ? "containers.compose.useFirst" : "containers.compose.useStore")}
              </Button>
            )}
          </>
        ) : (
          <Button write onClick={() => void begin()}>
            {t("containers.compose.edit")}
          </Button>
        )}
      </div>
      <Editor
        label={file.file}
        text={text}
        readOnly={!editing || busy}
        problems={problems}
        onChange={setText}
      />
      <p role="status" className="text-sm text-muted">
        {editing && !busy && statusWords(dirty, checking, problems.length, wrong)}
      </p>
      {error !== undefined && dirty && (
        <Callout tone="danger" role="alert">
          {errorText(error)}
        </Callout>
      )}
      <details className="text-sm">
        <summary className="min-h-6 cursor-pointer py-1 font-semibold touch:min-h-11">
          {t("containers.compose.runs")}
        </summary>
        <p className="pb-2 text-muted">{t("containers.compose.runsText")}</p>
        <Text label={t("containers.compose.runs")} text={file.runs} />
      </details>
      {comparing && check?.change && (
        <ComposeChanges
          id={id}
          name={name}
          text={sent(text, file)}
          file={file}
          check={check}
          onClose={() => setComparing(false)}
          onBegun={(begun) => {
            setComparing(false);
            setJob(begun);
          }}
        />
      )}
    </div>
  );
}

function statusWords(dirty: boolean, checking: boolean, count: number, wrong: boolean): string {
  if (!dirty) return t("containers.compose.unchanged");
  if (checking) return t("containers.compose.checking");
  if (wrong) return t("containers.compose.wrong", { count });
  return t("containers.compose.fine");
}

/** Checks what is typed once nothing more is typed for a moment; what is older than the text is no answer. */
function useCheck(id: string, text: string, wanted: boolean) {
  const [found, setFound] = useState<{ text: string; check?: Check; error?: unknown }>();
  useEffect(() => {
    if (!wanted) return;
    const stop = new AbortController();
    const timer = setTimeout(() => {
      checkCompose(id, text, stop.signal).then(
        (check) => setFound({ text, check }),
        (error: unknown) => !stop.signal.aborted && setFound({ text, error }),
      );
    }, PAUSE);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [id, text, wanted]);
  const current = found?.text === text ? found : undefined;
  return { check: current?.check, error: current?.error, checking: wanted && !current };
}

function Text({ label, text }: { label: string; text: string }) {
  return (
    <section
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls has to be reachable by keyboard
      tabIndex={0}
      aria-label={label}
      className="max-h-96 overflow-auto rounded-card bg-sunken p-3 text-sm"
    >
      <pre>{text}</pre>
    </section>
  );
}

function stepWords(job: JobInfo): string {
  const parts = [tx(`containers.compose.step.${job.state === "queued" ? "queued" : job.step}`, job.step)];
  if (job.unit === "bytes" && job.total > 0) parts.push(bytesOf(job.done, job.total));
  if (job.detail) parts.push(job.detail);
  return parts.filter(Boolean).join(" · ");
}

interface OutcomeProps {
  id: string;
  job: JobInfo | undefined;
  name: string;
  /** What is said of it; without, what is said of another compose file. */
  words?: { working: string; done: string; notDone: string };
  onDone(): void;
}

/** What becomes of the change. The text stays in the editor until it counts. */
export function Outcome({ id, job, name, words, onDone }: OutcomeProps) {
  const said = words ?? {
    working: t("containers.compose.working", { name }),
    done: t("containers.compose.done", { name }),
    notDone: t("containers.compose.notDone", { name }),
  };
  const state = job?.state;
  const box = useRef<HTMLElement>(null);
  const [log, setLog] = useState(false);
  const done = useRef(onDone);
  done.current = onDone;
  useEffect(() => showsJob(id, box.current), [id]);
  useEffect(() => {
    if (state !== "succeeded") return;
    announce(said.done);
    void queries.invalidateQueries({ queryKey: keys.docker }).then(() => done.current());
  }, [state, said.done]);
  if (!job || state === "succeeded") return null;
  const over = job.finished_at > 0;
  return (
    <section ref={box} className="flex flex-col gap-2 rounded-card border border-line bg-sunken p-3 text-sm">
      {over ? (
        <div role="alert" className="flex items-start gap-2">
          <CircleAlert size={16} aria-hidden className="mt-px shrink-0 text-danger" />
          <p className="min-w-0 break-words">
            <span className="font-semibold">{said.notDone}</span> {job.error_message}
          </p>
        </div>
      ) : (
        <>
          <p className="text-muted tabular-nums">{stepWords(job)}</p>
          <Progress
            label={said.working}
            value={job.unit === "bytes" && job.total > 0 ? job.done / job.total : undefined}
          />
        </>
      )}
      <span>
        <Button size="sm" aria-expanded={log} onClick={() => setLog(!log)}>
          {t(log ? "containers.compose.hideLog" : "containers.compose.showLog")}
        </Button>
      </span>
      {log && <Log id={id} step={`${job.step} ${job.detail} ${state}`} />}
    </section>
  );
}

function Log({ id, step }: { id: string; step: string }) {
  const query = useQuery(jobLogQuery(id));
  const { refetch } = query;
  // There is more of it with every step.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the step is what it is read again for
  useEffect(() => void refetch(), [step, refetch]);
  return (
    <Section title={t("containers.compose.log")}>
      <QueryView query={query} failed={t("log.failed")}>
        {(text) => <Text label={t("containers.compose.log")} text={text || t("log.empty")} />}
      </QueryView>
    </Section>
  );
}
