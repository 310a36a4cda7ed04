import { useQuery } from "@tanstack/react-query";
import { Box, CircleAlert, Plus, Search, Sparkles } from "lucide-react";
import { lazy, Suspense, useMemo, useState } from "react";
import { errorText, isApiError } from "@/lib/api";
import { t } from "@/lib/i18n";
import { openApp, useWindow, useWindowTitle } from "@/lib/window";
import { Badge, Button, EmptyState, Loading, MenuButton, QueryView, Skeleton, StaleNote } from "@/ui";
import { Tabs } from "@/ui/Tabs";
import { useOwnerActions } from "./actions";
import { CleanUp } from "./CleanUp";
import { Compose } from "./Compose";
import { ContainerRows } from "./ContainerRows";
import { formatPlace, matches, parsePlace, stacksOf, type Tab, tabs } from "./core";
import { Detail } from "./Detail";
import { Down } from "./Down";
import { type Overview, type Owner, overviewQuery } from "./data";
import { ContainerLink, OwnerName, ownerWords } from "./parts";
import { ImageRows, NetworkRows, VolumeRows } from "./ThingRows";

const Events = lazy(() => import("./Events"));

const NewStack = lazy(() => import("./NewStack"));

/** Everything in Docker, whoever made it; for admins. */
export default function Containers() {
  const { path } = useWindow();
  const place = useMemo(() => parsePlace(path), [path]);
  return (
    <div className="@container flex h-full min-h-0 flex-col bg-surface">
      {"container" in place ? (
        <Detail key={place.container} id={place.container} view={place.view} />
      ) : "new" in place ? (
        <Suspense fallback={<Loading />}>
          <NewStack />
        </Suspense>
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
        <Button icon={Plus} onClick={() => navigate(formatPlace({ new: true }))}>
          {t("containers.new.open")}
        </Button>
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
                <Down error={error} onRetry={() => query.refetch()} />
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

function Nothing({ tab, words }: { tab: Exclude<Tab, "events">; words: string }) {
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
  if (tab === "events") {
    const names = new Map(all.containers.map((one) => [one.id, one.name]));
    return (
      <Suspense fallback={<Rows />}>
        <Events words={words} names={names} />
      </Suspense>
    );
  }
  if (tab === "containers") {
    const rows = all.containers.filter((one) => matches(words, one.name, one.image, ownerWords(one.owner)));
    return rows.length > 0 ? <ContainerRows rows={rows} /> : <Nothing tab={tab} words={words} />;
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
    return rows.length > 0 ? <ImageRows rows={rows} /> : <Nothing tab={tab} words={words} />;
  }
  if (tab === "volumes") {
    const rows = all.volumes.filter((one) => matches(words, one.name, ownerWords(one.owner), ...one.used_by));
    return rows.length > 0 ? <VolumeRows rows={rows} /> : <Nothing tab={tab} words={words} />;
  }
  const rows = all.networks.filter((one) => matches(words, one.name, ownerWords(one.owner), ...one.used_by));
  return rows.length > 0 ? <NetworkRows rows={rows} /> : <Nothing tab={tab} words={words} />;
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
