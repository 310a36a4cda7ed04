import { useQuery } from "@tanstack/react-query";
import { ArrowLeft, PackageX } from "lucide-react";
import { type ReactNode, useState } from "react";
import { errorText, isApiError } from "@/lib/api";
import { ago, exact } from "@/lib/format";
import { t } from "@/lib/i18n";
import { reportProblem } from "@/lib/notify";
import { useWindow, useWindowTitle } from "@/lib/window";
import {
  Button,
  Callout,
  CopyButton,
  EmptyState,
  IconButton,
  MenuButton,
  QueryView,
  StaleNote,
  useConfirm,
} from "@/ui";
import { Fact, Section } from "@/ui/Facts";
import { LogView } from "@/ui/LogView";
import { useActions } from "./actions";
import { useActing } from "./Chosen";
import { formatPlace, isRunning, portWords } from "./core";
import { containerQuery, environment, type Detail as Found, logsUrl, type Variable } from "./data";
import { OwnerName, State } from "./parts";
import { Using } from "./Using";

function Back({ to, label }: { to: string; label: string }) {
  const { phone, navigate } = useWindow();
  if (phone) return null;
  return (
    <IconButton label={label} icon={ArrowLeft} className="rtl:rotate-180" onClick={() => navigate(to)} />
  );
}

export function Detail({ id, logs }: { id: string; logs: boolean }) {
  const query = useQuery(containerQuery(id));
  const { navigate } = useWindow();
  const name = query.data?.container.name ?? "";
  useWindowTitle(name || t("shell.apps.containers"));
  const all = formatPlace({ tab: "containers" });
  if (logs && query.data) {
    return (
      <LogView
        source={logsUrl(id)}
        title={t("containers.log.of", { name })}
        name={name}
        back={<Back to={formatPlace({ container: id, logs: false })} label={t("containers.action.back")} />}
      />
    );
  }
  return (
    <div className="h-full overflow-y-auto">
      <QueryView
        query={query}
        failed={t("containers.error.container")}
        onError={(error) =>
          isApiError(error) && error.status === 404 ? (
            <EmptyState
              icon={PackageX}
              title={t("containers.gone.title")}
              text={t("containers.gone.text")}
              action={
                <Button onClick={() => navigate(all, { replace: true })}>{t("containers.gone.back")}</Button>
              }
            />
          ) : undefined
        }
      >
        {(found) => (
          <Page
            found={found}
            updatedAt={query.dataUpdatedAt}
            back={<Back to={all} label={t("containers.gone.back")} />}
          />
        )}
      </QueryView>
    </div>
  );
}

function Page({ found, updatedAt, back }: { found: Found; updatedAt: number; back: ReactNode }) {
  const { container } = found;
  const { items, busy, dialog } = useActions();
  const acting = useActing();
  const { navigate } = useWindow();
  const ports = portWords(container);
  return (
    <div className="flex flex-col gap-6 px-4 pb-10">
      <header className="sticky top-0 z-10 flex min-h-12 flex-wrap items-center gap-2 bg-surface py-2">
        {back}
        <h3 className="min-w-32 flex-1 text-lg font-semibold break-words">{container.name}</h3>
        <StaleNote at={updatedAt} />
        <State container={container} />
        <span aria-busy={busy !== undefined}>
          <MenuButton
            label={t("containers.action.more", { name: container.name })}
            items={() =>
              items(container, (verb) => acting.open(verb, [{ kind: "container", id: container.id }]))
            }
          />
          {dialog}
          {acting.dialog}
        </span>
      </header>
      {container.owner.kind === "app" && (
        <Callout>
          <p>{t("containers.managed", { app: container.owner.name })}</p>
          <Button size="sm" onClick={() => navigate(formatPlace({ compose: container.owner.id }))}>
            {t("containers.compose.open")}
          </Button>
        </Callout>
      )}
      {container.owner.kind === "adopted" && (
        <Callout>{t("containers.adopted", { name: container.owner.name })}</Callout>
      )}
      {found.error && <Callout tone="danger">{found.error}</Callout>}
      {found.out_of_memory && <Callout tone="warn">{t("containers.outOfMemory")}</Callout>}
      <Section title={t("containers.facts.title")}>
        <dl className="grid grid-cols-1 gap-3 @xl:grid-cols-2 @3xl:grid-cols-3">
          <Fact label={t("containers.column.owner")}>
            <OwnerName owner={container.owner} />
          </Fact>
          {container.service && <Fact label={t("containers.facts.service")}>{container.service}</Fact>}
          <Fact label={t("containers.column.image")}>{container.image}</Fact>
          <Fact label={t("containers.facts.made")}>{exact(container.created_at)}</Fact>
          {container.started_at > 0 && (
            <Fact label={t("containers.facts.since")}>{exact(container.started_at)}</Fact>
          )}
          {isRunning(container) && <Using id={container.id} />}
          {found.exit_code >= 0 && <Fact label={t("containers.facts.exit")}>{found.exit_code}</Fact>}
          {found.restarts > 0 && <Fact label={t("containers.facts.restarts")}>{found.restarts}</Fact>}
          {ports.length > 0 && <Fact label={t("containers.column.ports")}>{ports.join(", ")}</Fact>}
          {found.compose_file && <Fact label={t("containers.facts.compose")}>{found.compose_file}</Fact>}
        </dl>
      </Section>
      {found.mounts.length > 0 && (
        <Section title={t("containers.mounts.title")}>
          <ul className="flex flex-col divide-y divide-line rounded-card border border-line text-sm">
            {found.mounts.map((mount) => (
              <li key={mount.target} className="px-3 py-2 break-words">
                <span className="font-medium">{mount.target}</span>{" "}
                <span className="text-muted">
                  {t(mount.writable ? "containers.mounts.from" : "containers.mounts.readOnly", {
                    source: mount.source || mount.kind,
                  })}
                </span>
              </li>
            ))}
          </ul>
        </Section>
      )}
      {found.networks.length > 0 && (
        <Section title={t("containers.tab.networks")}>
          <p className="text-sm break-words">
            {found.networks.map(({ name, address }) => (address ? `${name} (${address})` : name)).join(", ")}
          </p>
        </Section>
      )}
      <Environment id={container.id} name={container.name} variables={found.environment} />
      <p className="text-xs text-muted">{t("containers.facts.age", { when: ago(container.created_at) })}</p>
    </div>
  );
}

/** Secrets are not on the page, and not in the browser, until somebody asks for them; that is noted in the log. */
function Environment({ id, name, variables }: { id: string; name: string; variables: Variable[] }) {
  const confirm = useConfirm();
  const [full, setFull] = useState<Variable[]>();
  const shown = full ?? variables;
  const hidden = variables.some((variable) => variable.hidden);
  const reveal = async () => {
    const yes = await confirm({
      title: t("containers.reveal.title", { name }),
      text: t("containers.reveal.text"),
      action: t("containers.reveal.action"),
    });
    if (!yes) return;
    try {
      setFull(await environment(id));
    } catch (error) {
      reportProblem(errorText(error));
    }
  };
  if (variables.length === 0) return null;
  return (
    <Section title={t("containers.environment.title")}>
      {hidden && (
        <p className="flex flex-wrap items-center gap-2 text-sm text-muted">
          {t(full ? "containers.environment.shown" : "containers.environment.hidden")}
          <Button size="sm" onClick={() => (full ? setFull(undefined) : void reveal())}>
            {t(full ? "containers.reveal.hide" : "containers.reveal.show")}
          </Button>
        </p>
      )}
      <dl className="flex flex-col divide-y divide-line rounded-card border border-line text-sm">
        {shown.map((variable) => (
          <div key={variable.name} className="flex flex-wrap items-center gap-x-3 gap-y-1 px-3 py-1.5">
            <dt className="min-w-40 font-medium break-all">{variable.name}</dt>
            <dd className="flex min-w-0 flex-1 items-center gap-2 break-all">
              {variable.hidden ? (
                <span className="text-muted">{t("containers.environment.secret")}</span>
              ) : (
                <code className="min-w-0 flex-1 break-all">{variable.value}</code>
              )}
              {full && variables.some((one) => one.name === variable.name && one.hidden) && (
                <CopyButton text={variable.value} />
              )}
            </dd>
          </div>
        ))}
      </dl>
    </Section>
  );
}
