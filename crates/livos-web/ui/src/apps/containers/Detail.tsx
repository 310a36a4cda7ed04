import { useQuery } from "@tanstack/react-query";
import { ArrowLeft, PackageX } from "lucide-react";
import { lazy, type ReactNode, Suspense, useState } from "react";
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
  Loading,
  MenuButton,
  QueryView,
  StaleNote,
  useConfirm,
} from "@/ui";
import { Fact, Section } from "@/ui/Facts";
import { LogView } from "@/ui/LogView";
import { Tabs } from "@/ui/Tabs";
import { useActions } from "./actions";
import { useActing } from "./Chosen";
import { formatPlace, isRunning, portWords, type View, views } from "./core";
import {
  type Container,
  containerQuery,
  environment,
  type Detail as Found,
  logsUrl,
  type Variable,
} from "./data";
import { OwnerName, State } from "./parts";
import { Using } from "./Using";

const Shell = lazy(() => import("./Shell"));
const Inside = lazy(() => import("./Inside"));

function Back({ to, label }: { to: string; label: string }) {
  const { phone, navigate } = useWindow();
  if (phone) return null;
  return (
    <IconButton label={label} icon={ArrowLeft} className="rtl:rotate-180" onClick={() => navigate(to)} />
  );
}

export function Detail({ id, view }: { id: string; view: View }) {
  const query = useQuery(containerQuery(id));
  const { navigate } = useWindow();
  const name = query.data?.container.name ?? "";
  useWindowTitle(name || t("shell.apps.containers"));
  const all = formatPlace({ tab: "containers" });
  return (
    <div className="flex h-full min-h-0 flex-col">
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
        {({ container, ...found }) => (
          <>
            <Header
              container={container}
              updatedAt={query.dataUpdatedAt}
              back={<Back to={all} label={t("containers.gone.back")} />}
            />
            <Tabs
              label={t("containers.views")}
              value={view}
              onChange={(next) => navigate(formatPlace({ container: id, view: next }), { replace: true })}
              tabs={views.map((value) => ({ value, label: t(`containers.view.${value}`) }))}
            >
              <div className="min-h-0 flex-1">
                {view === "logs" ? (
                  <LogView source={logsUrl(id)} title={t("containers.log.of", { name })} name={name} />
                ) : view === "shell" ? (
                  <Suspense fallback={<Loading />}>
                    <Shell container={container} />
                  </Suspense>
                ) : view === "files" ? (
                  <Suspense fallback={<Loading />}>
                    <Inside container={container} />
                  </Suspense>
                ) : (
                  <Page found={{ container, ...found }} />
                )}
              </div>
            </Tabs>
          </>
        )}
      </QueryView>
    </div>
  );
}

function Header({
  container,
  updatedAt,
  back,
}: {
  container: Container;
  updatedAt: number;
  back: ReactNode;
}) {
  const { items, busy, dialog } = useActions();
  const acting = useActing();
  return (
    <header className="flex min-h-12 shrink-0 flex-wrap items-center gap-2 px-4 py-2">
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
  );
}

function Page({ found }: { found: Found }) {
  const { container } = found;
  const { navigate } = useWindow();
  const ports = portWords(container);
  return (
    <div
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls has to be reachable by keyboard
      tabIndex={0}
      data-focus="inset"
      className="flex h-full flex-col gap-6 overflow-y-auto px-4 pt-4 pb-10"
    >
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
