import { useQuery } from "@tanstack/react-query";
import { Box, CircleAlert, Search, Sparkles } from "lucide-react";
import { useMemo, useState } from "react";
import { errorText, isApiError } from "@/lib/api";
import { ago, bytes } from "@/lib/format";
import { t } from "@/lib/i18n";
import { openApp, useWindow, useWindowTitle } from "@/lib/window";
import { Badge, Button, EmptyState, MenuButton, QueryView, Skeleton, StaleNote } from "@/ui";
import { Tabs } from "@/ui/Tabs";
import { useActions, useOwnerActions } from "./actions";
import { CleanUp } from "./CleanUp";
import { Compose } from "./Compose";
import { formatPlace, matches, parsePlace, portWords, stacksOf, type Tab, tabs } from "./core";
import { Detail } from "./Detail";
import { type Container, type Overview, type Owner, overviewQuery } from "./data";
import { Names, OwnerName, ownerWords, State, Table } from "./parts";

/** Everything in Docker, whoever made it; for admins. */
export default function Containers() {
  const { path } = useWindow();
  const place = useMemo(() => parsePlace(path), [path]);
  return (
    <div className="@container flex h-full min-h-0 flex-col bg-surface">
      {"container" in place ? (
        <Detail key={place.container} id={place.container} logs={place.logs} />
      ) : "compose" in place ? (
        <Compose key={place.compose} id={place.compose} />
      ) : (
        <Lists tab={place.tab} />
      )}
    </div>
  );
}

function Lists({ tab }: { tab: Tab }) {
  const { navigate } = useWindow();
  const query = useQuery(overviewQuery);
  const [words, setWords] = useState("");
  const [cleaning, setCleaning] = useState(false);
  useWindowTitle(t("shell.apps.containers"));
  return (
    <div className="flex h-full min-h-0 flex-col">
      <div className="flex shrink-0 flex-wrap items-center gap-2 px-4 pt-3 pb-2">
        <search className="relative min-w-40 flex-1">
          <Search
            size={16}
            aria-hidden
            className="pointer-events-none absolute start-3 top-1/2 -translate-y-1/2 text-muted"
          />
          <input
            type="search"
            data-autofocus
            value={words}
            aria-label={t("containers.search")}
            placeholder={t("containers.search")}
            spellCheck={false}
            autoComplete="off"
            onChange={(event) => setWords(event.target.value)}
            className="h-9 touch:h-11 w-full rounded-full border border-line-strong bg-surface ps-9 pe-4 text-sm touch:text-lg"
          />
        </search>
        <StaleNote at={query.dataUpdatedAt} />
        <Button icon={Sparkles} onClick={() => setCleaning(true)}>
          {t("containers.clean.open")}
        </Button>
      </div>
      {cleaning && <CleanUp onClose={() => setCleaning(false)} />}
      <Tabs
        label={t("containers.tabs")}
        value={tab}
        onChange={(next) => navigate(formatPlace({ tab: next }), { replace: true })}
        tabs={tabs.map((value) => ({ value, label: t(`containers.tab.${value}`) }))}
      >
        <div
          // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls has to be reachable by keyboard
          tabIndex={0}
          data-focus="inset"
          className="min-h-0 flex-1 overflow-y-auto pb-8"
        >
          <QueryView
            query={query}
            failed={t("containers.error.list")}
            skeleton={<Rows />}
            onError={(error) =>
              isApiError(error) && error.code === "engine_unavailable" ? (
                <div role="alert">
                  <EmptyState
                    icon={CircleAlert}
                    title={t("containers.down.title")}
                    text={error.message}
                    action={
                      <Button onClick={() => void query.refetch()}>{t("shell.action.tryAgain")}</Button>
                    }
                  />
                </div>
              ) : undefined
            }
          >
            {(all) => (
              <>
                {query.isError && (
                  <div
                    role="alert"
                    className="flex flex-wrap items-center gap-x-3 gap-y-1 bg-warn-soft px-4 py-2 text-sm"
                  >
                    <CircleAlert size={16} aria-hidden className="shrink-0 text-warn" />
                    <p className="min-w-48 flex-1">
                      <span className="font-semibold">{t("containers.stale")}</span> {errorText(query.error)}
                    </p>
                    <Button size="sm" busy={query.isFetching} onClick={() => void query.refetch()}>
                      {t("shell.action.tryAgain")}
                    </Button>
                  </div>
                )}
                <List tab={tab} all={all} words={words.trim()} />
              </>
            )}
          </QueryView>
        </div>
      </Tabs>
    </div>
  );
}

function Rows() {
  return (
    <div className="flex flex-col gap-3 p-4">
      {[1, 2, 3, 4, 5, 6].map((n) => (
        <Skeleton key={n} className="h-8" />
      ))}
    </div>
  );
}

function Nothing({ tab, words }: { tab: Tab; words: string }) {
  if (words) return <EmptyState icon={Search} title={t("containers.empty.search", { words })} />;
  return (
    <EmptyState
      icon={Box}
      title={t(`containers.empty.${tab}`)}
      action={<Button onClick={() => openApp("store")}>{t("containers.empty.action")}</Button>}
    />
  );
}

function StackMenu({ owner, running }: { owner: Owner; running: boolean }) {
  const { ownerItems, busy, dialog } = useOwnerActions();
  const items = ownerItems(owner, running);
  if (items.length === 0) return null;
  return (
    <span aria-busy={busy !== undefined}>
      <MenuButton label={t("containers.action.more", { name: owner.name })} items={() => items} />
      {dialog}
    </span>
  );
}

function List({ tab, all, words }: { tab: Tab; all: Overview; words: string }) {
  if (tab === "containers") {
    const rows = all.containers.filter((one) => matches(words, one.name, one.image, ownerWords(one.owner)));
    return rows.length > 0 ? <ContainerTable rows={rows} /> : <Nothing tab={tab} words={words} />;
  }
  if (tab === "stacks") {
    const rows = stacksOf(all.containers).filter(({ owner }) => matches(words, ownerWords(owner)));
    if (rows.length === 0) return <Nothing tab={tab} words={words} />;
    return (
      <ul className="flex flex-col divide-y divide-line">
        {rows.map((stack) => (
          <li key={`${stack.owner.kind} ${stack.owner.id}`} className="flex flex-col gap-1 px-4 py-3 text-sm">
            <p className="flex flex-wrap items-center gap-2 font-medium">
              <OwnerName owner={stack.owner} />
              <Badge
                tone={
                  stack.running === stack.containers.length ? "ok" : stack.running > 0 ? "warn" : "neutral"
                }
              >
                {t("containers.stack.running", { running: stack.running, count: stack.containers.length })}
              </Badge>
              <span className="flex-1" />
              {stack.owner.kind === "app" && <ComposeLink owner={stack.owner} />}
              <StackMenu owner={stack.owner} running={stack.running > 0} />
            </p>
            <p className="flex flex-wrap gap-x-3 gap-y-1">
              {stack.containers.map((one) => (
                <ContainerLink key={one.id} container={one} name={one.service || one.name} />
              ))}
            </p>
          </li>
        ))}
      </ul>
    );
  }
  if (tab === "images") {
    const rows = all.images.filter((one) =>
      matches(words, ...one.tags, ...one.used_by, ...one.kept_for, one.id),
    );
    if (rows.length === 0) return <Nothing tab={tab} words={words} />;
    return (
      <Table
        label={t("containers.tab.images")}
        rows={rows}
        name={(one) => one.id}
        columns={[
          {
            label: t("containers.column.name"),
            cell: (one) =>
              one.tags.length > 0
                ? one.tags.join(", ")
                : t("containers.image.nameless", { id: one.id.slice(7, 19) }),
          },
          { label: t("containers.column.size"), cell: (one) => bytes(one.size) },
          { label: t("containers.column.usedBy"), cell: (one) => <Names names={one.used_by} /> },
          {
            label: t("containers.column.keptFor"),
            cell: (one) => <Names names={one.kept_for} />,
            wide: true,
          },
          { label: t("containers.column.made"), cell: (one) => ago(one.created_at), wide: true },
        ]}
      />
    );
  }
  if (tab === "volumes") {
    const rows = all.volumes.filter((one) => matches(words, one.name, ownerWords(one.owner), ...one.used_by));
    if (rows.length === 0) return <Nothing tab={tab} words={words} />;
    return (
      <Table
        label={t("containers.tab.volumes")}
        rows={rows}
        name={(one) => one.name}
        columns={[
          {
            label: t("containers.column.name"),
            cell: (one) => (
              <span className="break-all">
                {one.anonymous ? t("containers.volume.anonymous", { id: one.name.slice(0, 12) }) : one.name}
              </span>
            ),
          },
          { label: t("containers.column.owner"), cell: (one) => <OwnerName owner={one.owner} /> },
          { label: t("containers.column.usedBy"), cell: (one) => <Names names={one.used_by} /> },
          {
            label: t("containers.column.path"),
            cell: (one) => <span className="break-all">{one.path}</span>,
            wide: true,
          },
        ]}
      />
    );
  }
  const rows = all.networks.filter((one) => matches(words, one.name, ownerWords(one.owner), ...one.used_by));
  if (rows.length === 0) return <Nothing tab={tab} words={words} />;
  return (
    <Table
      label={t("containers.tab.networks")}
      rows={rows}
      name={(one) => one.id}
      columns={[
        { label: t("containers.column.name"), cell: (one) => one.name },
        { label: t("containers.column.owner"), cell: (one) => <OwnerName owner={one.owner} /> },
        { label: t("containers.column.usedBy"), cell: (one) => <Names names={one.used_by} /> },
        {
          label: t("containers.column.addresses"),
          cell: (one) =>
            one.internal
              ? t("containers.network.internal", { ranges: one.subnets.join(", ") })
              : one.subnets.join(", "),
          wide: true,
        },
      ]}
    />
  );
}

function ComposeLink({ owner }: { owner: Owner }) {
  const { navigate } = useWindow();
  return (
    <Button
      size="sm"
      aria-label={t("containers.compose.of", { name: owner.name })}
      onClick={() => navigate(formatPlace({ compose: owner.id }))}
    >
      {t("containers.compose.open")}
    </Button>
  );
}

function ContainerLink({ container, name }: { container: Container; name: string }) {
  const { navigate } = useWindow();
  return (
    <button
      type="button"
      className="min-h-6 text-start break-all text-accent-text underline touch:min-h-11"
      onClick={() => navigate(formatPlace({ container: container.id, logs: false }))}
    >
      {name}
    </button>
  );
}

function ContainerTable({ rows }: { rows: Container[] }) {
  const { items, busy, dialog } = useActions();
  return (
    <>
      {dialog}
      <Table
        label={t("containers.tab.containers")}
        rows={rows}
        name={(one) => one.id}
        columns={[
          {
            label: t("containers.column.name"),
            cell: (one) => <ContainerLink container={one} name={one.name} />,
          },
          { label: t("containers.column.state"), cell: (one) => <State container={one} /> },
          {
            label: t("containers.column.owner"),
            cell: (one) => <OwnerName owner={one.owner} />,
            wide: "middle",
          },
          { label: t("containers.column.ports"), cell: (one) => portWords(one).join(", "), wide: true },
          {
            label: t("containers.column.since"),
            cell: (one) => (one.started_at > 0 ? ago(one.started_at) : ""),
            wide: true,
          },
          {
            label: t("containers.column.actions"),
            small: true,
            cell: (one) => (
              <span aria-busy={busy === one.id}>
                <MenuButton
                  label={t("containers.action.more", { name: one.name })}
                  items={() => items(one)}
                />
              </span>
            ),
          },
        ]}
      />
    </>
  );
}
