import { ArrowLeft, Plug } from "lucide-react";
import { type Dispatch, type SetStateAction, useEffect, useId, useRef, useState } from "react";
import { errorText, keys, queries, useJobs } from "@/lib/api";
import { t } from "@/lib/i18n";
import { reportProblem } from "@/lib/notify";
import { openApp, useDirty, useWindow, useWindowTitle } from "@/lib/window";
import { Button, Callout, EmptyState, IconButton, PasswordField, TextField, useConfirm } from "@/ui";
import { Section } from "@/ui/Facts";
import { Lines } from "../store/Checks";
import { AgreeDialog } from "./AgreeDialog";
import { discarding, Outcome } from "./Compose";
import { formatPlace } from "./core";
import { type CheckedStack, checkStack, createStack, type MovedPort, type Stack } from "./data";
import { Editor } from "./Editor";

/** What was typed is checked after so long without a key, in milliseconds. */
const PAUSE = 400;
/** What is larger is no text that somebody wrote; the server says what a compose file may have. */
const MOST_BYTES = 1_000_000;

const empty: Stack = { name: "", compose: "", env: "", answers: {}, accept: [] };

/** A compose file that becomes an app. What was typed stays until the app runs. */
export default function NewStack() {
  const { phone, navigate } = useWindow();
  const confirm = useConfirm();
  const [stack, setStack] = useState(empty);
  const [asking, setAsking] = useState(false);
  const [job, setJob] = useState<string>();
  const [done, setDone] = useState("");
  const { data: jobs } = useJobs();
  const running = jobs?.find((one) => one.id === job);
  const busy = job !== undefined && (running === undefined || running.finished_at === 0);
  const typed = stack.compose !== "" || stack.env !== "";
  useDirty(typed && !done);
  useWindowTitle(t("containers.new.title"));
  const stacks = formatPlace({ tab: "stacks" });
  const back = async () => {
    if (!typed || done || (await confirm(discarding(t("containers.new.discardText"))))) navigate(stacks);
  };
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
        <h3 className="min-w-32 flex-1 text-lg font-semibold">{t("containers.new.title")}</h3>
      </header>
      {done ? (
        <EmptyState
          title={t("containers.new.done", { name: done })}
          text={t("containers.new.doneText")}
          action={
            <Button
              variant="primary"
              onClick={() => openApp("store", `/installed/${encodeURIComponent(done)}`)}
            >
              {t("containers.action.openApp")}
            </Button>
          }
        />
      ) : (
        <Form
          stack={stack}
          set={setStack}
          busy={busy}
          outcome={
            job && (
              <Outcome
                id={job}
                job={running}
                name={stack.name}
                words={{
                  working: t("containers.new.working", { name: stack.name }),
                  done: t("containers.new.done", { name: stack.name }),
                  notDone: t("containers.new.notDone", { name: stack.name }),
                }}
                onDone={() => setDone(stack.name)}
              />
            )
          }
          asking={asking}
          ask={setAsking}
          onBegun={(begun) => {
            setAsking(false);
            setJob(begun);
            void queries.invalidateQueries({ queryKey: keys.docker });
          }}
        />
      )}
    </div>
  );
}

interface FormProps {
  stack: Stack;
  set: Dispatch<SetStateAction<Stack>>;
  busy: boolean;
  outcome: React.ReactNode;
  asking: boolean;
  ask(asking: boolean): void;
  onBegun(job: string): void;
}

function Form({ stack, set, busy, outcome, asking, ask, onBegun }: FormProps) {
  const wanted = stack.compose.trim() !== "" && !busy;
  const { check, checking, error } = useCheck(stack, wanted);
  const put = (change: Partial<Stack>) => set((now) => ({ ...now, ...change }));
  const problems = wanted ? (check?.problems ?? []) : [];
  const wrong = problems.some((problem) => problem.error);
  const open = (check?.inputs ?? []).some((input) => input.required && !stack.answers[input.key]);
  const ready = wanted && !checking && check?.ready === true;
  const status = () => {
    if (!wanted) return t("containers.new.empty");
    if (checking) return t("containers.compose.checking");
    if (wrong) return t("containers.compose.wrong", { count: problems.filter((one) => one.error).length });
    if (open) return t("containers.new.answerFirst");
    if (check?.name) return t("containers.new.nameFirst");
    return t("containers.compose.fine");
  };
  return (
    <div className="flex flex-col gap-4 px-4 pb-10">
      {outcome}
      <p className="text-sm text-muted">{t("containers.new.what")}</p>
      <div className="max-w-md">
        <TextField
          label={t("containers.new.name")}
          hint={t("containers.new.nameHint")}
          error={stack.name && wanted && check?.name ? check.name : undefined}
          value={stack.name}
          data-autofocus
          readOnly={busy}
          spellCheck={false}
          autoCapitalize="none"
          autoComplete="off"
          onChange={(name) => put({ name })}
        />
      </div>
      <Choose
        label={t("containers.new.choose")}
        accept=".yml,.yaml"
        disabled={busy}
        onText={(compose) => put({ compose })}
      />
      <Editor
        label={t("containers.new.file")}
        text={stack.compose}
        readOnly={busy}
        problems={problems}
        onChange={(compose) => put({ compose })}
      />
      <p role="status" className="text-sm text-muted">
        {!busy && status()}
      </p>
      {error !== undefined && (
        <Callout tone="danger" role="alert">
          {errorText(error)}
        </Callout>
      )}
      <Values stack={stack} busy={busy} onChange={(env) => put({ env })} />
      {check && check.inputs.length > 0 && (
        <Section title={t("containers.new.asked")}>
          <div className="flex max-w-md flex-col gap-3">
            {check.inputs.map((input) => {
              const Field = input.kind === "password" ? PasswordField : TextField;
              return (
                <Field
                  key={input.key}
                  label={input.label}
                  hint={input.hint || (input.required ? undefined : t("containers.new.optional"))}
                  value={stack.answers[input.key] ?? ""}
                  readOnly={busy}
                  aria-required={input.required}
                  autoComplete={input.kind === "password" ? "new-password" : "off"}
                  onChange={(answer) =>
                    set((now) => ({ ...now, answers: { ...now.answers, [input.key]: answer } }))
                  }
                />
              );
            })}
          </div>
        </Section>
      )}
      {check && <Becomes check={check} />}
      {check && (check.checks ?? []).length > 0 && <Lines lines={check.checks ?? []} />}
      <div>
        <Button
          variant="primary"
          write
          disabled={!ready || busy}
          reason={status()}
          busy={checking}
          onClick={() => ask(true)}
        >
          {t("containers.new.install")}
        </Button>
      </div>
      {asking && check && (
        <Consent stack={stack} check={check} onClose={() => ask(false)} onBegun={onBegun} />
      )}
    </div>
  );
}

/** A file of the visitor's own machine, as text. */
function Choose(props: { label: string; accept?: string; disabled: boolean; onText(text: string): void }) {
  const input = useRef<HTMLInputElement>(null);
  const read = async (file: File | undefined) => {
    if (!file) return;
    if (file.size > MOST_BYTES) {
      reportProblem(t("containers.new.tooLarge", { name: file.name }));
      return;
    }
    try {
      props.onText(await file.text());
    } catch {
      reportProblem(t("containers.new.unreadable", { name: file.name }));
    }
  };
  return (
    <div>
      <input
        ref={input}
        type="file"
        hidden
        accept={props.accept}
        onChange={(event) => {
          void read(event.target.files?.[0]);
          // The same file may be chosen again after it was changed.
          event.target.value = "";
        }}
      />
      <Button size="sm" disabled={props.disabled} onClick={() => input.current?.click()}>
        {props.label}
      </Button>
    </div>
  );
}

/** The values that a compose file is given by a file beside it. */
function Values({ stack, busy, onChange }: { stack: Stack; busy: boolean; onChange(env: string): void }) {
  const id = useId();
  return (
    <details className="text-sm">
      <summary className="min-h-6 cursor-pointer py-1 font-semibold touch:min-h-11">
        {t("containers.new.env")}
      </summary>
      <div className="flex flex-col gap-2 py-1">
        <p id={id} className="text-muted">
          {t("containers.new.envText")}
        </p>
        <Choose label={t("containers.new.chooseEnv")} disabled={busy} onText={onChange} />
        <textarea
          aria-label={t("containers.new.env")}
          aria-describedby={id}
          value={stack.env ?? ""}
          readOnly={busy}
          rows={6}
          wrap="off"
          dir="ltr"
          spellCheck={false}
          autoComplete="off"
          autoCapitalize="off"
          data-scroll-x
          onChange={(event) => onChange(event.target.value)}
          className="w-full resize-y rounded-control border border-line-strong bg-surface px-3 py-2 font-mono"
        />
      </div>
    </details>
  );
}

/** What will run, and where it is reached. */
function Becomes({ check }: { check: CheckedStack }) {
  if (check.services.length === 0) return null;
  return (
    <Section title={t("containers.new.runs")}>
      <ul className="flex flex-col divide-y divide-line rounded-card border border-line text-sm">
        {check.services.map((service) => (
          <li key={service.name} className="px-3 py-2 break-words">
            <span className="font-medium">{service.name}</span>{" "}
            <span className="text-muted">{service.image}</span>
          </li>
        ))}
      </ul>
      {check.moved.length > 0 && (
        <Callout tone={check.moved.some((port) => port.given === 0) ? "warn" : undefined} icon={Plug}>
          <ul className="flex flex-col gap-1">
            {check.moved.map((port) => (
              <li key={port.key}>{portWords(port)}</li>
            ))}
          </ul>
        </Callout>
      )}
    </Section>
  );
}

function portWords({ key, asked, given, by }: MovedPort): string {
  // A port is a name, not an amount.
  const values = { asked: String(asked), given: String(given), by };
  const why = t(by ? "containers.new.portOf" : "containers.new.portTaken", values);
  if (given === 0) return `${why} ${t("containers.new.portStuck")}`;
  return `${why} ${t(key === "page" ? "containers.new.pageMoved" : "containers.new.portMoved", values)}`;
}

interface ConsentProps {
  stack: Stack;
  check: CheckedStack;
  onClose(): void;
  onBegun(job: string): void;
}

/** What it may do, in words; agreed to exactly like an installation. */
function Consent({ stack, check, onClose, onBegun }: ConsentProps) {
  const { permissions } = check;
  const { name } = stack;
  return (
    <AgreeDialog
      title={t("containers.new.consent", { name })}
      action={t("containers.new.go")}
      agree={t("containers.new.agree", { name })}
      permissions={permissions}
      footer={<p className="text-sm text-muted">{t("containers.new.safe")}</p>}
      begin={async (accept) => (await createStack({ ...stack, accept })).job_id}
      onBegun={onBegun}
      onClose={onClose}
    >
      {permissions.length === 0 && <p>{t("containers.new.nothing")}</p>}
    </AgreeDialog>
  );
}

/** Checks what is typed once nothing more is typed for a moment; what is known of an older text stays beside it. */
function useCheck(stack: Stack, wanted: boolean) {
  const [found, setFound] = useState<{ asked: string; check?: CheckedStack; error?: unknown }>();
  const asked = JSON.stringify({ ...stack, accept: [] });
  useEffect(() => {
    if (!wanted) return;
    const stop = new AbortController();
    const timer = setTimeout(() => {
      checkStack(JSON.parse(asked) as Stack, stop.signal).then(
        (check) => setFound({ asked, check }),
        (error: unknown) => !stop.signal.aborted && setFound({ asked, error }),
      );
    }, PAUSE);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [asked, wanted]);
  const current = found?.asked === asked;
  return {
    check: found?.check,
    error: current ? found?.error : undefined,
    checking: wanted && !current,
  };
}
