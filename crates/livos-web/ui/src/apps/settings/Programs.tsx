import { useQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useState } from "react";
import { api, currentUser, errorText, type KeyEntry, type KeyMade, keys, ok, queries } from "@/lib/api";
import { ago, day, exact } from "@/lib/format";
import { t } from "@/lib/i18n";
import { reportProblem } from "@/lib/notify";
import {
  Badge,
  Button,
  Callout,
  CopyButton,
  Dialog,
  EmptyState,
  PasswordField,
  QueryView,
  Select,
  StaleNote,
  TextField,
  useConfirm,
} from "@/ui";
import { Group, Row, useSave } from "./parts";

/** Keys with which other programs use this server for a person. */
export function Programs() {
  const list = useQuery({
    queryKey: keys.programs,
    queryFn: ({ signal }) => ok(api.GET("/api/v1/me/keys", { signal })),
    staleTime: 0,
  });
  const [making, setMaking] = useState(false);
  const make = (
    <Button size="sm" icon={Plus} onClick={() => setMaking(true)}>
      {t("settings.programs.make")}
    </Button>
  );
  return (
    <>
      <p className="text-sm text-muted">{t("settings.programs.explain")}</p>
      <Group
        title={t("settings.programs.keys")}
        end={
          <span className="flex items-center gap-3">
            <StaleNote at={list.dataUpdatedAt} />
            {(list.data?.length ?? 0) > 0 && make}
          </span>
        }
      >
        <QueryView query={list} failed={t("settings.programs.failed")}>
          {(entries: KeyEntry[]) =>
            entries.length === 0 ? (
              <EmptyState
                title={t("settings.programs.none")}
                text={t("settings.programs.noneText")}
                action={make}
              />
            ) : (
              entries.map((entry) => <Key key={entry.id} entry={entry} />)
            )
          }
        </QueryView>
      </Group>
      {making && <MakeDialog onClose={() => setMaking(false)} />}
    </>
  );
}

const refresh = () => queries.invalidateQueries({ queryKey: keys.programs });

function Key({ entry }: { entry: KeyEntry }) {
  const confirm = useConfirm();
  const over = entry.expires_at !== 0 && entry.expires_at * 1000 <= Date.now();
  const revoke = async () => {
    const yes = await confirm({
      title: t("settings.programs.revokeTitle", { name: entry.name }),
      text: t("settings.programs.revokeText"),
      action: t("settings.programs.revoke"),
      danger: true,
    });
    if (!yes) return;
    try {
      await ok(api.DELETE("/api/v1/me/keys/{id}", { params: { path: { id: entry.id } } }));
      await refresh();
    } catch (error) {
      reportProblem(errorText(error));
    }
  };
  const used = entry.used_at
    ? t("settings.programs.used", { when: ago(entry.used_at) })
    : t("settings.programs.neverUsed");
  const ends = entry.expires_at
    ? t(over ? "settings.programs.endedOn" : "settings.programs.ends", { when: day(entry.expires_at) })
    : t("settings.programs.stays");
  return (
    <Row
      label={
        <span className="flex flex-wrap items-center gap-2">
          {entry.name}
          <Badge tone={entry.access === "act" ? "accent" : "neutral"}>
            {t(`settings.programs.access.${entry.access}`)}
          </Badge>
          {over && <Badge tone="warn">{t("settings.programs.over")}</Badge>}
        </span>
      }
      line={
        <span data-tip={entry.used_at ? exact(entry.used_at) : undefined}>
          {used} · {ends}
        </span>
      }
    >
      <Button
        size="sm"
        write
        aria-label={t("settings.programs.revokeOf", { name: entry.name })}
        onClick={() => void revoke()}
      >
        {t("settings.programs.revoke")}
      </Button>
    </Row>
  );
}

const DAYS = [30, 90, 365, 0] as const;

function MakeDialog({ onClose }: { onClose: () => void }) {
  const [name, setName] = useState("");
  const [access, setAccess] = useState<KeyEntry["access"]>("read");
  const [days, setDays] = useState("90");
  const [password, setPassword] = useState("");
  const [made, setMade] = useState<KeyMade | null>(null);
  const { busy, error, save } = useSave();
  const ready = name.trim() && password;
  const submit = async () => {
    if (!ready) return;
    const body = { name: name.trim(), access, days: Number(days), password };
    const work = async () => setMade(await ok(api.POST("/api/v1/me/keys", { body })));
    if (await save(work)) await refresh();
  };
  if (made) return <MadeDialog made={made} onClose={onClose} />;
  return (
    <Dialog
      title={t("settings.programs.make")}
      onClose={onClose}
      onSubmit={submit}
      actions={
        <>
          <Button onClick={onClose}>{t("shell.action.cancel")}</Button>
          <Button type="submit" variant="primary" write busy={busy} disabled={!ready}>
            {t("settings.programs.make")}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-3">
        <TextField
          label={t("settings.programs.name")}
          hint={t("settings.programs.nameHint")}
          value={name}
          onChange={setName}
          autoComplete="off"
          maxLength={64}
        />
        <Select
          label={t("settings.programs.access")}
          hint={t(`settings.programs.access.${access}.long`)}
          value={access}
          onChange={(next) => setAccess(next === "act" ? "act" : "read")}
          options={[
            { value: "read", label: t("settings.programs.access.read") },
            { value: "act", label: t("settings.programs.access.act") },
          ]}
        />
        <Select
          label={t("settings.programs.days")}
          value={days}
          onChange={setDays}
          options={DAYS.map((count) => ({
            value: String(count),
            label: count ? t("settings.programs.daysCount", { count }) : t("settings.programs.untilRevoked"),
          }))}
        />
        <input type="text" autoComplete="username" value={currentUser()?.username ?? ""} readOnly hidden />
        <PasswordField
          label={t("settings.you.password")}
          hint={t("settings.programs.passwordHint")}
          autoComplete="current-password"
          value={password}
          onChange={setPassword}
          error={error || undefined}
        />
      </div>
    </Dialog>
  );
}

/** What Claude Code, Cursor and others read: where the server is, and the key. */
function configuration(origin: string, key: string): string {
  const livos = { type: "http", url: `${origin}/mcp`, headers: { Authorization: `Bearer ${key}` } };
  return JSON.stringify({ mcpServers: { livos } }, null, 2);
}

function MadeDialog({ made, onClose }: { made: KeyMade; onClose: () => void }) {
  const text = configuration(location.origin, made.key);
  return (
    <Dialog
      title={t("settings.programs.madeTitle", { name: made.entry.name })}
      onClose={onClose}
      actions={
        <Button variant="primary" onClick={onClose}>
          {t("settings.programs.kept")}
        </Button>
      }
    >
      <div className="flex flex-col gap-3">
        <Callout tone="warn">{t("settings.programs.once")}</Callout>
        <Part label={t("settings.programs.key")} text={made.key} copy={t("settings.programs.copyKey")} />
        <p className="text-sm text-muted">{t("settings.programs.how")}</p>
        <Part
          label={t("settings.programs.configuration")}
          text={text}
          copy={t("settings.programs.copyConfiguration")}
        />
      </div>
    </Dialog>
  );
}

function Part({ label, text, copy }: { label: string; text: string; copy: string }) {
  return (
    <section aria-label={label} className="flex flex-col gap-1">
      <div className="flex flex-wrap items-center justify-between gap-2">
        <span className="text-sm font-medium">{label}</span>
        <CopyButton text={text} label={copy} />
      </div>
      <pre className="rounded-card bg-sunken p-3 font-mono text-xs break-all whitespace-pre-wrap select-text">
        {text}
      </pre>
    </section>
  );
}
