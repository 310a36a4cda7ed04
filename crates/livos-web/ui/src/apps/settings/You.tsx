import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { api, currentUser, keys, ok, queries, type SessionEntry, type TotpOffer } from "@/lib/api";
import { session, signedIn } from "@/lib/api/session";
import { ago, exact } from "@/lib/format";
import { t } from "@/lib/i18n";
import { useStore } from "@/lib/store";
import { useDirty } from "@/lib/window";
import { serverName } from "@/shell/server";
import { Badge, Button, Dialog, PasswordField, QueryView, Skeleton, StaleNote, TextField } from "@/ui";
import { RecoveryCodes } from "@/ui/RecoveryCodes";
import { TwoFactorSetup } from "@/ui/TwoFactor";
import { Group, Row, SavedNote, useSave } from "./parts";

export function You() {
  return (
    <>
      <Name />
      <Security />
      <Sessions />
    </>
  );
}

function Name() {
  const user = useStore(session, () => currentUser());
  const [name, setName] = useState(user?.name ?? "");
  const { busy, saved, error, save } = useSave();
  const changed = name.trim() !== user?.name;
  useDirty(changed);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void save(async () => {
      const next = await ok(api.PATCH("/api/v1/me", { body: { name: name.trim() } }));
      session.set((now) =>
        now.phase === "signed_in" ? { ...now, session: { ...now.session, user: next } } : now,
      );
    });
  };
  return (
    <Group title={t("settings.you.profile")}>
      <form onSubmit={submit} className="flex flex-col gap-3 p-4">
        <TextField
          label={t("settings.you.name")}
          value={name}
          onChange={setName}
          autoComplete="name"
          maxLength={80}
        />
        <TextField
          label={t("settings.you.username")}
          value={user?.username ?? ""}
          onChange={() => undefined}
          readOnly
        />
        <div className="flex flex-wrap items-center gap-2">
          {changed && (
            <>
              <Button type="submit" variant="primary" write busy={busy} disabled={!name.trim()}>
                {t("shell.action.save")}
              </Button>
              <Button onClick={() => setName(user?.name ?? "")}>{t("shell.action.discard")}</Button>
            </>
          )}
          <SavedNote saved={saved} error={error} />
        </div>
      </form>
    </Group>
  );
}

function Security() {
  const user = useStore(session, () => currentUser());
  const [open, setOpen] = useState<"password" | "on" | "off" | "codes" | null>(null);
  const on = user?.totp_enabled === true;
  const close = () => setOpen(null);
  return (
    <Group title={t("settings.you.signIn")}>
      <Row label={t("settings.you.password")} line={t("settings.you.password.line")}>
        <Button onClick={() => setOpen("password")}>{t("settings.you.password.change")}</Button>
      </Row>
      <Row
        label={
          <span className="flex items-center gap-2">
            {t("settings.you.totp")}{" "}
            <Badge tone={on ? "ok" : "neutral"}>{t(on ? "settings.on" : "settings.off")}</Badge>
          </span>
        }
        line={t("settings.you.totp.line")}
      >
        {on ? (
          <>
            <Button onClick={() => setOpen("codes")}>{t("settings.you.codes.new")}</Button>
            <Button variant="danger" onClick={() => setOpen("off")}>
              {t("settings.you.totp.off")}
            </Button>
          </>
        ) : (
          <Button onClick={() => setOpen("on")}>{t("settings.you.totp.on")}</Button>
        )}
      </Row>
      {open === "password" && <PasswordDialog onClose={close} />}
      {open === "on" && <TotpDialog onClose={close} />}
      {open === "off" && <TotpOffDialog onClose={close} />}
      {open === "codes" && <CodesDialog onClose={close} />}
    </Group>
  );
}

function setTotp(enabled: boolean): void {
  session.set((now) =>
    now.phase === "signed_in"
      ? { ...now, session: { ...now.session, user: { ...now.session.user, totp_enabled: enabled } } }
      : now,
  );
}

function PasswordDialog({ onClose }: { onClose: () => void }) {
  const [current, setCurrent] = useState("");
  const [next, setNext] = useState("");
  const { busy, error, save } = useSave();
  const short = next.length > 0 && next.length < 10;
  const submit = async () => {
    if (short || !current || !next) return;
    if (!(await save(() => ok(api.PUT("/api/v1/me/password", { body: { current, new: next } }))))) return;
    // The desktop no longer has to say that somebody else chose it.
    ok(api.GET("/api/v1/session")).then(signedIn, () => undefined);
    onClose();
  };
  return (
    <Dialog
      title={t("settings.you.password.change")}
      onClose={onClose}
      onSubmit={submit}
      actions={
        <>
          <Button onClick={onClose}>{t("shell.action.cancel")}</Button>
          <Button type="submit" variant="primary" write busy={busy} disabled={!current || next.length < 10}>
            {t("settings.you.password.change")}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-3">
        <input type="text" autoComplete="username" value={currentUser()?.username ?? ""} readOnly hidden />
        <PasswordField
          label={t("settings.you.password.current")}
          autoComplete="current-password"
          value={current}
          onChange={setCurrent}
          error={error || undefined}
        />
        <PasswordField
          label={t("settings.you.password.new")}
          autoComplete="new-password"
          value={next}
          onChange={setNext}
          hint={t("settings.you.password.rule")}
          error={short ? t("settings.you.password.short") : undefined}
        />
      </div>
    </Dialog>
  );
}

function TotpDialog({ onClose }: { onClose: () => void }) {
  const [codes, setCodes] = useState<string[] | null>(null);
  const offer = useQuery({
    queryKey: ["totp-offer"],
    queryFn: () => ok(api.POST("/api/v1/me/totp")),
    gcTime: 0,
  });
  if (codes) {
    return (
      <Dialog
        title={t("shell.recovery.title")}
        onClose={onClose}
        actions={
          <Button variant="primary" onClick={onClose}>
            {t("shell.recovery.saved")}
          </Button>
        }
      >
        <p className="pb-3 text-muted">{t("shell.recovery.text")}</p>
        <RecoveryCodes codes={codes} server={serverName()} />
      </Dialog>
    );
  }
  return (
    <Dialog title={t("settings.you.totp")} onClose={onClose}>
      <QueryView<TotpOffer> query={offer} skeleton={<Skeleton className="size-40" />}>
        {(data) => (
          <TwoFactorSetup
            offer={data}
            onDone={(fresh) => {
              setTotp(true);
              setCodes(fresh);
            }}
          />
        )}
      </QueryView>
    </Dialog>
  );
}

function TotpOffDialog({ onClose }: { onClose: () => void }) {
  const [password, setPassword] = useState("");
  const { busy, error, save } = useSave();
  const submit = async () => {
    if (!(await save(() => ok(api.DELETE("/api/v1/me/totp", { body: { password } }))))) return;
    setTotp(false);
    onClose();
  };
  return (
    <Dialog
      title={t("settings.you.totp.offTitle")}
      onClose={onClose}
      onSubmit={submit}
      actions={
        <>
          <Button onClick={onClose}>{t("shell.action.cancel")}</Button>
          <Button type="submit" variant="danger" write busy={busy} disabled={!password}>
            {t("settings.you.totp.off")}
          </Button>
        </>
      }
    >
      <p className="pb-3 text-muted">{t("settings.you.totp.offText")}</p>
      <PasswordField
        label={t("settings.you.password")}
        autoComplete="current-password"
        value={password}
        onChange={setPassword}
        error={error || undefined}
      />
    </Dialog>
  );
}

function CodesDialog({ onClose }: { onClose: () => void }) {
  const [password, setPassword] = useState("");
  const [codes, setCodes] = useState<string[] | null>(null);
  const { busy, error, save } = useSave();
  const submit = () =>
    save(async () =>
      setCodes((await ok(api.POST("/api/v1/me/recovery-codes", { body: { password } }))).recovery_codes),
    );
  return (
    <Dialog
      title={t("shell.recovery.title")}
      onClose={onClose}
      {...(codes ? {} : { onSubmit: () => void submit() })}
      actions={
        codes ? (
          <Button variant="primary" onClick={onClose}>
            {t("shell.recovery.saved")}
          </Button>
        ) : (
          <>
            <Button onClick={onClose}>{t("shell.action.cancel")}</Button>
            <Button type="submit" variant="primary" write busy={busy} disabled={!password}>
              {t("settings.you.codes.new")}
            </Button>
          </>
        )
      }
    >
      <p className="pb-3 text-muted">{t(codes ? "shell.recovery.text" : "settings.you.codes.text")}</p>
      {codes ? (
        <RecoveryCodes codes={codes} server={serverName()} />
      ) : (
        <PasswordField
          label={t("settings.you.password")}
          autoComplete="current-password"
          value={password}
          onChange={setPassword}
          error={error || undefined}
        />
      )}
    </Dialog>
  );
}

/** "Firefox on Linux" out of what browsers say about themselves. */
export function agentName(agent: string): string {
  const browser = /Edg\//.test(agent)
    ? "Edge"
    : /Firefox\//.test(agent)
      ? "Firefox"
      : /(Headless)?Chrom(e|ium)\//.test(agent)
        ? "Chrome"
        : /Safari\//.test(agent)
          ? "Safari"
          : "";
  const system = /Android/.test(agent)
    ? "Android"
    : /iPhone|iPad/.test(agent)
      ? "iOS"
      : /Windows/.test(agent)
        ? "Windows"
        : /Mac OS X/.test(agent)
          ? "macOS"
          : /Linux/.test(agent)
            ? "Linux"
            : "";
  if (browser && system) return t("settings.you.sessions.on", { browser, system });
  return browser || system || agent.slice(0, 60) || t("settings.you.sessions.unknown");
}

function Sessions() {
  const list = useQuery({
    queryKey: keys.sessions,
    queryFn: ({ signal }) => ok(api.GET("/api/v1/sessions", { signal })),
    staleTime: 0,
  });
  const { busy, error, save } = useSave();
  const end = (ids: string[]) =>
    save(async () => {
      for (const id of ids) await ok(api.DELETE("/api/v1/sessions/{id}", { params: { path: { id } } }));
      await queries.invalidateQueries({ queryKey: keys.sessions });
    });
  const others = (list.data ?? []).filter((entry) => !entry.current).map((entry) => entry.id);
  return (
    <Group
      title={t("settings.you.sessions")}
      end={
        <span className="flex items-center gap-3">
          <StaleNote at={list.dataUpdatedAt} />
          {others.length > 1 && (
            <Button size="sm" variant="quiet" write busy={busy} onClick={() => void end(others)}>
              {t("settings.you.sessions.endAll")}
            </Button>
          )}
        </span>
      }
    >
      <QueryView query={list} failed={t("settings.you.sessions.failed")}>
        {(entries: SessionEntry[]) =>
          entries
            .toSorted((a, b) => Number(b.current) - Number(a.current) || b.last_seen_at - a.last_seen_at)
            .map((entry) => (
              <Row
                key={entry.id}
                label={
                  <span className="flex flex-wrap items-center gap-2">
                    {agentName(entry.agent)}
                    {entry.current && <Badge tone="ok">{t("settings.you.sessions.current")}</Badge>}
                  </span>
                }
                line={
                  <span data-tip={exact(entry.last_seen_at)}>
                    {t("settings.you.sessions.line", {
                      address: entry.address || "–",
                      when: ago(entry.last_seen_at),
                    })}
                  </span>
                }
              >
                {!entry.current && (
                  <Button size="sm" write busy={busy} onClick={() => void end([entry.id])}>
                    {t("settings.you.sessions.end")}
                  </Button>
                )}
              </Row>
            ))
        }
      </QueryView>
      {error && (
        <p role="alert" className="px-4 pb-3 text-xs text-danger">
          {error}
        </p>
      )}
    </Group>
  );
}
