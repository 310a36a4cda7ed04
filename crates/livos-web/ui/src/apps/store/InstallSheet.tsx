import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { errorText } from "@/lib/api";
import { bytes } from "@/lib/format";
import { t } from "@/lib/i18n";
import { useDirty } from "@/lib/window";
import {
  Button,
  Callout,
  Checkbox,
  CopyButton,
  Dialog,
  ErrorState,
  PasswordField,
  QueryView,
  Select,
  TextField,
} from "@/ui";
import { Internet } from "./About";
import { Account, Permissions } from "./AppPage";
import { Checks, isBlocked, permissionsOf, useAgreed, useInstallChecks } from "./Checks";
import {
  type Answers,
  answerProblem,
  answersToSend,
  type Input,
  initialAnswers,
  isBoolean,
  isSecret,
  makePassword,
  splitInputs,
} from "./core/install";
import { type CatalogPage, needsAreMet } from "./core/normalise";
import { appQuery, install, refreshStore } from "./data";
import { Moved } from "./Moved";
import { Needs } from "./Needs";
import { useStoreState } from "./useStore";

export const password = () => makePassword(16, (buffer) => crypto.getRandomValues(buffer));

/** One sheet with what must be decided: what the app may do, the answers it needs, the first password. */
export function InstallSheet(props: {
  store: string;
  id: string;
  onClose(): void;
  /** Decide on an app that this one needs, and come back. */
  onNeed(store: string, id: string): void;
}) {
  const { store, id, onClose, onNeed } = props;
  const query = useQuery(appQuery(store, id));
  const { installed, jobs } = useStoreState();
  // What it needs comes while the sheet is open.
  const around = (query.data?.dependencies ?? [])
    .flatMap((need) => [need.id, ...need.choices.map((choice) => choice.id)])
    .map((need) => `${installed.get(need)?.state} ${jobs.get(need)?.state}`)
    .join();
  const { refetch } = query;
  useEffect(() => {
    if (around) void refetch();
  }, [around, refetch]);
  if (query.data) return <Form page={query.data} onClose={onClose} onNeed={onNeed} />;
  return (
    <Dialog wide title={t("store.action.install")} onClose={onClose}>
      {query.isError ? (
        <ErrorState title={t("store.error.app")} error={query.error} onRetry={() => void query.refetch()} />
      ) : (
        <QueryView query={query}>{() => null}</QueryView>
      )}
    </Dialog>
  );
}

function Form(props: { page: CatalogPage; onClose(): void; onNeed(store: string, id: string): void }) {
  const { page, onClose, onNeed } = props;
  const { ask, more } = splitInputs(page.inputs);
  const [answers, setAnswers] = useState<Answers>(() => initialAnswers(page.inputs, password));
  const [made] = useState(answers);
  const [control, setControl] = useState(false);
  const [tried, setTried] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  useDirty(answers !== made && !busy);

  const untouched = answers === made;
  const met = needsAreMet(page.dependencies);
  const problems = [...ask, ...more].filter((input) => answerProblem(input, answers[input.key] ?? ""));
  const checks = useInstallChecks(page.store, page.id, {
    answers: answersToSend(page.inputs, answers),
    docker_control: control,
  });
  const permissions = permissionsOf(checks, page.permissions);
  const [agreed, setAgreed] = useAgreed(permissions);
  const risky = permissions.some((permission) => permission.risk !== "low");
  // What it needs can be installed from here, and is asked for by itself.
  const blocked = met && isBlocked(checks);
  const field = (input: Input) => (
    <Answer
      key={input.key}
      input={input}
      value={answers[input.key] ?? ""}
      generated={isSecret(input) && answers[input.key] === made[input.key] && answers[input.key] !== ""}
      tried={tried}
      onChange={(value) => setAnswers((now) => ({ ...now, [input.key]: value }))}
    />
  );

  const submit = async () => {
    setTried(true);
    if (problems.length > 0 || (risky && !agreed) || !met || blocked || busy) return;
    setBusy(true);
    setError(undefined);
    try {
      const more = control && page.docker_control ? [page.docker_control] : [];
      const accept = [...permissions, ...more].map((permission) => permission.code);
      await install(page.store, page.id, answersToSend(page.inputs, answers), accept, more.length > 0);
      refreshStore();
      onClose();
    } catch (failure) {
      setError(failure);
      setBusy(false);
    }
  };

  return (
    <Dialog
      wide
      title={t("store.install.title", { app: page.name })}
      onClose={onClose}
      onSubmit={() => void submit()}
      actions={
        <>
          <Button onClick={onClose}>{t("store.action.cancel")}</Button>
          <Button
            type="submit"
            variant="primary"
            write
            busy={busy}
            disabled={!met || blocked || (risky && !agreed)}
            reason={t(
              blocked
                ? "store.checks.blocked"
                : met
                  ? "store.install.agreeFirst"
                  : "store.install.needsFirst",
            )}
          >
            {t("store.install.action")}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-5">
        {error !== undefined && (
          <Callout tone="danger" role="alert">
            <span className="font-semibold">{t("store.install.failed")}.</span> {errorText(error)}
          </Callout>
        )}
        <Checks
          query={checks}
          hide={[...told(page, untouched), ...(problems.length > 0 ? ["answers"] : [])]}
        />
        {page.dependencies.length > 0 && (
          <section className="flex flex-col gap-2">
            <h4 className="font-semibold">{t("store.install.needs")}</h4>
            <Needs needs={page.dependencies} onInstall={onNeed} />
            <p className="text-xs text-muted">
              {t(met ? "store.install.needsWait" : "store.install.needsHint", { app: page.name })}
            </p>
          </section>
        )}
        {ask.length > 0 && (
          <section className="flex flex-col gap-3">
            <h4 className="font-semibold">{t("store.install.decide")}</h4>
            {ask.map(field)}
          </section>
        )}
        {permissions.length > 0 && (
          <section className="flex flex-col gap-2">
            <h4 className="font-semibold">{t("store.install.reach")}</h4>
            <Permissions permissions={permissions} />
            <Internet page={page} />
            {risky && (
              <Checkbox
                label={t("store.install.agree", { app: page.name })}
                checked={agreed}
                onChange={setAgreed}
              />
            )}
            {page.docker_control && (
              <Checkbox
                label={t("store.docker.control")}
                hint={t("store.docker.controlHint", { app: page.name })}
                checked={control}
                onChange={setControl}
              />
            )}
          </section>
        )}
        {untouched && <Moved page={page} installed={false} />}
        {(page.default_username || page.default_password) && (
          <section className="flex flex-col gap-2">
            <h4 className="font-semibold">{t("store.install.account")}</h4>
            <Account username={page.default_username} password={page.default_password} />
          </section>
        )}
        {more.length > 0 && (
          <details open={problems.some((input) => more.includes(input)) && tried ? true : undefined}>
            <summary className="min-h-8 cursor-pointer content-center rounded-control font-medium touch:min-h-11">
              {t("store.install.more")}
            </summary>
            <div className="flex flex-col gap-3 pt-3">{more.map(field)}</div>
          </details>
        )}
        {ask.length === 0 && permissions.length === 0 && page.dependencies.length === 0 && (
          <p className="text-muted">{t("store.install.nothing")}</p>
        )}
        {page.size > 0 && <p className="text-muted">{t("store.install.size", { size: bytes(page.size) })}</p>}
      </div>
    </Dialog>
  );
}

/** What the sheet has a place of its own for; of ports only as long as nothing is typed that could choose others. */
const told = (page: CatalogPage, untouched: boolean) => [
  ...(untouched && page.moved.length > 0 ? ["ports"] : []),
  ...(page.dependencies.length > 0 ? ["needs"] : []),
];

/** One question of an app, by its kind. */
export function Answer(props: {
  input: Input;
  value: string;
  generated: boolean;
  tried: boolean;
  onChange(value: string): void;
}) {
  const { input, value, onChange } = props;
  const [left, setLeft] = useState(false);
  const found = answerProblem(input, value);
  const error = found && (props.tried || left) ? t(`store.answer.${found}`) : undefined;
  const label = input.label;
  const hint = input.hint || undefined;
  if (isBoolean(input)) {
    return (
      <Checkbox
        label={label}
        hint={hint}
        checked={value === "true"}
        onChange={(checked) => onChange(String(checked))}
      />
    );
  }
  if (input.options.length > 0) {
    const options =
      input.required && value !== ""
        ? input.options
        : [{ value: "", label: t("store.install.choose") }, ...input.options];
    return (
      <Select label={label} hint={hint} error={error} value={value} options={options} onChange={onChange} />
    );
  }
  const common = {
    label,
    error,
    value,
    onChange,
    onBlur: () => setLeft(true),
    "aria-required": input.required,
    autoComplete: "off",
    spellCheck: false,
  };
  if (isSecret(input)) {
    return (
      <div className="flex items-end gap-2">
        <div className="min-w-0 flex-1">
          <PasswordField
            {...common}
            autoComplete="new-password"
            hint={props.generated ? t("store.install.generated") : hint}
          />
        </div>
        <div className="self-start pt-5.5">
          <CopyButton text={value} />
        </div>
      </div>
    );
  }
  const mode =
    input.kind === "number" || input.kind === "port"
      ? "numeric"
      : input.kind === "email"
        ? "email"
        : undefined;
  return <TextField {...common} hint={hint} inputMode={mode} />;
}
