import { useQuery } from "@tanstack/react-query";
import { UserPlus } from "lucide-react";
import { useState } from "react";
import { api, currentUser, errorText, keys, ok, queries, type Role, type UserEntry } from "@/lib/api";
import { day } from "@/lib/format";
import { t } from "@/lib/i18n";
import { reportProblem } from "@/lib/notify";
import {
  Badge,
  Button,
  Dialog,
  MenuButton,
  PasswordField,
  QueryView,
  Select,
  StaleNote,
  TextField,
  useConfirm,
} from "@/ui";
import { Group, Row, useSave } from "./parts";

export function People() {
  const list = useQuery({
    queryKey: keys.users,
    queryFn: ({ signal }) => ok(api.GET("/api/v1/users", { signal })),
  });
  const [adding, setAdding] = useState(false);
  return (
    <>
      <Group
        title={t("settings.people.everyone")}
        end={
          <span className="flex items-center gap-3">
            <StaleNote at={list.dataUpdatedAt} />
            <Button size="sm" icon={UserPlus} onClick={() => setAdding(true)}>
              {t("settings.people.add")}
            </Button>
          </span>
        }
      >
        <QueryView query={list} failed={t("settings.people.failed")}>
          {(users: UserEntry[]) => users.map((user) => <Person key={user.id} user={user} />)}
        </QueryView>
      </Group>
      <p className="text-xs text-muted">{t("settings.people.explain")}</p>
      {adding && <AddDialog onClose={() => setAdding(false)} />}
    </>
  );
}

const refresh = () => queries.invalidateQueries({ queryKey: keys.users });

function Person({ user }: { user: UserEntry }) {
  const confirm = useConfirm();
  const me = currentUser();
  const params = { path: { id: user.id } };
  const change = async (body: { role?: Role; disabled?: boolean }) => {
    try {
      await ok(api.PATCH("/api/v1/users/{id}", { params, body }));
      await refresh();
    } catch (error) {
      reportProblem(errorText(error));
    }
  };
  const remove = async () => {
    const yes = await confirm({
      title: t("settings.people.removeTitle", { name: user.name }),
      text: t("settings.people.removeText"),
      action: t("settings.people.remove"),
      danger: true,
      typed: user.username,
    });
    if (!yes) return;
    try {
      await ok(api.DELETE("/api/v1/users/{id}", { params }));
      await refresh();
    } catch (error) {
      reportProblem(errorText(error));
    }
  };
  // Nobody can lock themselves out, and nobody can take the owner's place here.
  const fixed = user.id === me?.id || user.role === "owner";
  return (
    <Row
      label={
        <span className="flex flex-wrap items-center gap-2">
          {user.name}
          <Badge tone={user.role === "member" ? "neutral" : "accent"}>
            {t(`settings.role.${user.role}`)}
          </Badge>
          {user.disabled && <Badge tone="warn">{t("settings.people.disabled")}</Badge>}
        </span>
      }
      line={t("settings.people.since", { username: user.username, when: day(user.created_at) })}
    >
      {!fixed && (
        <MenuButton
          label={t("settings.people.menu", { name: user.name })}
          items={[
            user.role === "member"
              ? { label: t("settings.people.makeAdmin"), onSelect: () => void change({ role: "admin" }) }
              : { label: t("settings.people.makeMember"), onSelect: () => void change({ role: "member" }) },
            {
              label: t(user.disabled ? "settings.people.enable" : "settings.people.disable"),
              onSelect: () => void change({ disabled: !user.disabled }),
            },
            { separator: true },
            { label: t("settings.people.remove"), danger: true, onSelect: () => void remove() },
          ]}
        />
      )}
    </Row>
  );
}

function AddDialog({ onClose }: { onClose: () => void }) {
  const [name, setName] = useState("");
  const [username, setUsername] = useState("");
  const [role, setRole] = useState<Role>("member");
  const [password, setPassword] = useState("");
  const { busy, error, save } = useSave();
  const ready = name.trim() && username.trim() && password.length >= 10;
  const submit = async () => {
    if (!ready) return;
    const body = { name: name.trim(), username: username.trim(), role, password };
    if (!(await save(() => ok(api.POST("/api/v1/users", { body }))))) return;
    await refresh();
    onClose();
  };
  return (
    <Dialog
      title={t("settings.people.add")}
      onClose={onClose}
      onSubmit={submit}
      actions={
        <>
          <Button onClick={onClose}>{t("shell.action.cancel")}</Button>
          <Button type="submit" variant="primary" write busy={busy} disabled={!ready}>
            {t("settings.people.add")}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-3">
        <TextField
          label={t("settings.you.name")}
          value={name}
          onChange={setName}
          autoComplete="off"
          maxLength={80}
        />
        <TextField
          label={t("settings.you.username")}
          hint={t("settings.people.usernameHint")}
          value={username}
          onChange={setUsername}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          maxLength={32}
        />
        <Select
          label={t("settings.people.role")}
          value={role}
          onChange={(value) => setRole(value as Role)}
          options={[
            { value: "member", label: t("settings.role.member.long") },
            { value: "admin", label: t("settings.role.admin.long") },
          ]}
        />
        <PasswordField
          label={t("settings.people.password")}
          hint={t("settings.people.passwordHint")}
          value={password}
          onChange={setPassword}
          autoComplete="new-password"
          error={error || undefined}
        />
      </div>
    </Dialog>
  );
}
