import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { errorText, type InstalledApp } from "@/lib/api";
import { day } from "@/lib/format";
import { t } from "@/lib/i18n";
import { Button, Callout, Checkbox, Dialog, QueryView } from "@/ui";
import { Permissions } from "./AppPage";
import { Checks, isBlocked, permissionsOf, useAgreed, useUpdateChecks } from "./Checks";
import {
  type Answers,
  answerProblem,
  answersToSend,
  type Input,
  initialAnswers,
  isSecret,
  type Permission,
} from "./core/install";
import { refreshStore, rollback, update, updateQuery, type WayBack } from "./data";
import { Answer, password } from "./InstallSheet";
import { Markdown } from "./Markdown";

/** What an update changes: the version, what the app asks for anew, what its makers say; then the one button. */
export function UpdateDialog({ app, onClose }: { app: InstalledApp; onClose(): void }) {
  const query = useQuery(updateQuery(app.id));
  const [typed, setTyped] = useState<Answers>({});
  const [tried, setTried] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const found = query.data;
  const inputs = useMemo(() => (found?.inputs ?? []) as Input[], [found]);
  // What was made for a question is what counts until somebody types another.
  const made = useMemo(() => initialAnswers(inputs, password), [inputs]);
  const answers = { ...made, ...typed };
  const open = inputs.some((input) => answerProblem(input, answers[input.key] ?? ""));
  const checks = useUpdateChecks(app.id, found && inputs.length > 0, answersToSend(inputs, answers));
  const permissions = permissionsOf(checks, (found?.permissions ?? []) as Permission[]);
  const [agreed, setAgreed] = useAgreed(permissions);
  const risky = permissions.some((permission) => permission.risk !== "low");
  const blocked = isBlocked(checks);
  const ready = found !== undefined && !found.error && !blocked && (!risky || agreed);

  const submit = async () => {
    setTried(true);
    if (!ready || open || busy) return;
    setBusy(true);
    setError(undefined);
    try {
      await update(
        app.id,
        answersToSend(inputs, answers),
        permissions.map((permission) => permission.code),
      );
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
      title={t("store.update.title", { app: app.name })}
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
            disabled={!ready}
            {...(blocked && { reason: t("store.checks.blocked") })}
          >
            {t("store.action.update")}
          </Button>
        </>
      }
    >
      <QueryView query={query} failed={t("store.update.failed")}>
        {(found) => (
          <div className="flex flex-col gap-5">
            {error !== undefined && (
              <Callout tone="danger" role="alert">
                {errorText(error)}
              </Callout>
            )}
            {found.error && <Callout tone="warn">{found.error}</Callout>}
            <p>
              {t("store.update.versions", { from: found.from || "–", to: found.to || "–" })}{" "}
              <span className="text-muted">{t("store.update.safe")}</span>
            </p>
            {permissions.length > 0 && (
              <section className="flex flex-col gap-2">
                <h4 className="font-semibold">{t("store.update.asks")}</h4>
                <Permissions permissions={permissions} />
                {risky && (
                  <Checkbox
                    label={t("store.install.agree", { app: app.name })}
                    checked={agreed}
                    onChange={setAgreed}
                  />
                )}
              </section>
            )}
            {inputs.map((input) => (
              <Answer
                key={input.key}
                input={input}
                value={answers[input.key] ?? ""}
                generated={isSecret(input) && !!made[input.key] && !(input.key in typed)}
                tried={tried}
                onChange={(value) => setTyped((now) => ({ ...now, [input.key]: value }))}
              />
            ))}
            {!found.error && <Checks query={checks} hide={open ? ["answers"] : []} />}
            {found.release_notes && (
              <section className="flex flex-col gap-2">
                <h4 className="font-semibold">{t("store.page.new")}</h4>
                <Markdown text={found.release_notes} />
              </section>
            )}
          </div>
        )}
      </QueryView>
    </Dialog>
  );
}

/** Going back costs what was stored since; that is said before it happens. */
export function RollbackDialog({ app, way, onClose }: { app: InstalledApp; way: WayBack; onClose(): void }) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const submit = async () => {
    if (busy) return;
    setBusy(true);
    setError(undefined);
    try {
      await rollback(app.id, way.kind);
      refreshStore();
      onClose();
    } catch (failure) {
      setError(failure);
      setBusy(false);
    }
  };
  return (
    <Dialog
      role="alertdialog"
      title={t("store.rollback.title", { app: app.name })}
      onClose={onClose}
      onSubmit={() => void submit()}
      actions={
        <>
          <Button data-autofocus onClick={onClose}>
            {t("store.action.cancel")}
          </Button>
          <Button type="submit" variant="danger" write busy={busy}>
            {t("store.rollback.action")}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-3">
        <p>
          {t(way.kind === "settings" ? "store.rollback.settings" : "store.rollback.text", {
            version: way.version,
            at: day(way.at),
            day: day(way.until),
          })}
        </p>
        {way.also.map((kind) => (
          <p key={kind} className="font-semibold">
            {kind === "settings"
              ? t("store.rollback.alsoSettings")
              : t("store.rollback.alsoVersion", { version: way.version })}
          </p>
        ))}
      </div>
      {error !== undefined && (
        <div className="mt-3">
          <Callout tone="danger" role="alert">
            {errorText(error)}
          </Callout>
        </div>
      )}
    </Dialog>
  );
}
