import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { errorText, type InstalledApp } from "@/lib/api";
import { bytes } from "@/lib/format";
import { t } from "@/lib/i18n";
import { useDirty } from "@/lib/window";
import { Button, Callout, Checkbox, Dialog, ErrorState, PasswordField, QueryView, TextField } from "@/ui";
import { Permissions } from "./AppPage";
import type { Permission } from "./core/install";
import {
  type Form,
  formOf,
  isEmptyWish,
  isWrong,
  memoryIsWrong,
  portIsWrong,
  type Settings,
  tagIsWrong,
  wishOf,
} from "./core/settings";
import { changeSettings, lookAtSettings, refreshStore, settingsQuery } from "./data";
import { Answer } from "./InstallSheet";

type Change = Awaited<ReturnType<typeof lookAtSettings>>;

/** What can be changed about an app; then what that would do; then it is done, or everything is as it was. */
export default function SettingsDialog({ app, onClose }: { app: InstalledApp; onClose(): void }) {
  const query = useQuery(settingsQuery(app.id));
  if (query.data) return <Fields app={app} settings={query.data as Settings} onClose={onClose} />;
  return (
    <Dialog wide title={t("store.settings.title", { app: app.name })} onClose={onClose}>
      {query.isError ? (
        <ErrorState
          title={t("store.settings.failed")}
          error={query.error}
          onRetry={() => void query.refetch()}
        />
      ) : (
        <QueryView query={query}>{() => null}</QueryView>
      )}
    </Dialog>
  );
}

function Fields(props: { app: InstalledApp; settings: Settings; onClose(): void }) {
  const { app, onClose } = props;
  // It stays what it was when the dialog was opened: what is typed is compared with it.
  const [settings] = useState(props.settings);
  const [before] = useState(() => formOf(settings));
  const [form, setForm] = useState<Form>(before);
  const [change, setChange] = useState<Change>();
  const [agreed, setAgreed] = useState(false);
  const [tried, setTried] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const wish = wishOf(form, before);
  const unchanged = isEmptyWish(wish);
  useDirty(!unchanged && !busy);
  const permissions = (change?.permissions ?? []) as Permission[];
  const risky = permissions.some((permission) => permission.risk !== "low");
  const nothing =
    settings.inputs.length + settings.ports.length + settings.memory.length === 0 && !settings.docker;

  const shown = useRef<HTMLElement>(null);
  // It stands above the fields, which may have been scrolled down.
  useEffect(() => {
    if (change) shown.current?.scrollIntoView({ block: "nearest" });
  }, [change]);

  const edit = (next: (now: Form) => Form) => {
    setForm(next);
    // What was shown is not what would be done any more.
    setChange(undefined);
    setAgreed(false);
  };
  const put = (part: "answers" | "ports" | "memory" | "images", key: string) => (value: string) =>
    edit((now) => ({ ...now, [part]: { ...now[part], [key]: value } }));

  const submit = async () => {
    setTried(true);
    if (busy || unchanged || isWrong(settings, form) || (change && risky && !agreed)) return;
    setBusy(true);
    setError(undefined);
    try {
      if (change) {
        const accept = permissions.map((permission) => permission.code);
        await changeSettings(app.id, { ...wish, accept });
        refreshStore();
        onClose();
        return;
      }
      setChange(await lookAtSettings(app.id, { ...wish, accept: [] }));
    } catch (failure) {
      setError(failure);
    }
    setBusy(false);
  };

  return (
    <Dialog
      wide
      title={t("store.settings.title", { app: app.name })}
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
            disabled={unchanged || (change !== undefined && risky && !agreed)}
            reason={t(unchanged ? "store.settings.none" : "store.install.agreeFirst")}
          >
            {t(change ? "store.settings.apply" : "store.settings.look")}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-5">
        {error !== undefined && (
          <Callout tone="danger" role="alert">
            {errorText(error)}
          </Callout>
        )}
        {change && (
          <section ref={shown} aria-live="polite" className="flex flex-col gap-3">
            <h4 className="font-semibold">{t("store.settings.changes")}</h4>
            <Changes change={change} />
            {permissions.length > 0 && (
              <>
                <h4 className="font-semibold">{t("store.update.asks")}</h4>
                <Permissions permissions={permissions} />
                {risky && (
                  <Checkbox
                    label={t("store.install.agree", { app: app.name })}
                    checked={agreed}
                    onChange={setAgreed}
                  />
                )}
              </>
            )}
          </section>
        )}
        {nothing && <p className="text-muted">{t("store.settings.nothing")}</p>}
        {settings.inputs.length > 0 && (
          <section className="flex flex-col gap-3">
            <h4 className="font-semibold">{t("store.settings.asked")}</h4>
            {settings.inputs.map(({ input, set, secret }) => {
              const value = form.answers[input.key] ?? "";
              return secret ? (
                <PasswordField
                  key={input.key}
                  label={input.label}
                  hint={[t(set ? "store.settings.secretSet" : "store.settings.secretUnset"), input.hint]
                    .filter(Boolean)
                    .join(" ")}
                  value={value}
                  error={tried && input.required && !set && !value ? t("store.answer.required") : undefined}
                  autoComplete="new-password"
                  onChange={put("answers", input.key)}
                />
              ) : (
                <Answer
                  key={input.key}
                  input={input}
                  value={value}
                  generated={false}
                  tried={tried}
                  onChange={put("answers", input.key)}
                />
              );
            })}
          </section>
        )}
        {settings.ports.length > 0 && (
          <section className="flex flex-col gap-3">
            <h4 className="font-semibold">{t("store.settings.ports")}</h4>
            {settings.ports.map((port) => {
              const value = form.ports[port.key] ?? "";
              return (
                <TextField
                  key={port.key}
                  label={
                    port.key === "page"
                      ? t("store.settings.page")
                      : t("store.settings.port", { service: port.service, key: port.key })
                  }
                  hint={
                    port.store > 0
                      ? t("store.settings.portHint", { port: String(port.store) })
                      : t("store.settings.pageHint")
                  }
                  error={portIsWrong(value) ? t("store.settings.portProblem") : undefined}
                  inputMode="numeric"
                  autoComplete="off"
                  value={value}
                  onChange={put("ports", port.key)}
                />
              );
            })}
          </section>
        )}
        {settings.docker && (
          <section className="flex flex-col gap-3">
            <h4 className="font-semibold">{t("store.docker.title")}</h4>
            <Checkbox
              label={t("store.docker.control")}
              hint={t("store.docker.controlHint", { app: app.name })}
              checked={form.docker === "control"}
              onChange={(control) => edit((now) => ({ ...now, docker: control ? "control" : "view" }))}
            />
          </section>
        )}
        {settings.memory.length > 0 && (
          <section className="flex flex-col gap-3">
            <h4 className="font-semibold">{t("store.settings.memory")}</h4>
            {settings.memory.map((one) => {
              const value = form.memory[one.service] ?? "";
              return (
                <TextField
                  key={one.service}
                  label={t("store.settings.memoryOf", { service: one.service })}
                  hint={
                    one.store > 0
                      ? t("store.settings.memoryStore", { size: bytes(one.store) })
                      : t("store.settings.memoryHint")
                  }
                  error={memoryIsWrong(value) ? t("store.settings.memoryProblem") : undefined}
                  inputMode="numeric"
                  autoComplete="off"
                  value={value}
                  onChange={put("memory", one.service)}
                />
              );
            })}
          </section>
        )}
        {(settings.images?.length ?? 0) > 0 && (
          <details open={Object.values(before.images).some(Boolean)}>
            <summary className="min-h-8 cursor-pointer content-center rounded-control font-semibold touch:min-h-11">
              {t("store.settings.versions")}
            </summary>
            <div className="flex flex-col gap-3 pt-3">
              <p className="text-sm text-muted">{t("store.settings.versionsHint")}</p>
              {settings.images?.map((one) => {
                const value = form.images[one.service] ?? "";
                return (
                  <TextField
                    key={one.service}
                    label={t("store.settings.versionOf", { service: one.service, image: one.image })}
                    hint={t("store.settings.versionStore", { tag: one.store })}
                    error={tagIsWrong(value) ? t("store.settings.versionProblem") : undefined}
                    autoComplete="off"
                    spellCheck={false}
                    value={value}
                    onChange={put("images", one.service)}
                  />
                );
              })}
            </div>
          </details>
        )}
      </div>
    </Dialog>
  );
}

function words(one: Change["services"][number]["changes"][number]): string {
  const { name, from, to } = one;
  const amount = (text: string) => (text ? bytes(Number(text)) : t("store.change.noLimit"));
  switch (one.kind) {
    case "variable":
    case "variable_added":
    case "variable_removed":
      return t(`store.change.${one.kind}`, { name });
    case "port":
      return t(name === "page" ? "store.change.page" : "store.change.port", {
        name,
        from: from || "–",
        to: to || "–",
      });
    case "memory":
      return t("store.change.memory", { from: amount(from), to: amount(to) });
    case "image":
      return t("store.change.image", { from, to });
    case "added":
      return t("store.change.added", { to });
    case "removed":
      return t("store.change.removed");
    default:
      return t("store.change.other", { name });
  }
}

function Changes({ change }: { change: Change }) {
  if (change.recreated.length === 0) return <p className="text-muted">{t("store.settings.none")}</p>;
  return (
    <>
      {change.services.length > 0 && (
        <ul className="flex flex-col divide-y divide-line rounded-card border border-line text-sm">
          {change.services.map((service) => (
            <li key={service.service} className="px-3 py-2">
              <span className="font-medium break-words">{service.service}</span>
              <ul className="list-disc ps-5 text-muted">
                {service.changes.map((one) => (
                  <li key={`${one.kind} ${one.name}`} className="break-words">
                    {words(one)}
                  </li>
                ))}
              </ul>
            </li>
          ))}
        </ul>
      )}
      <p>
        {t("store.settings.restarts", { names: change.recreated.join(", ") })}{" "}
        <span className="text-muted">{t("store.settings.safe")}</span>
      </p>
    </>
  );
}
