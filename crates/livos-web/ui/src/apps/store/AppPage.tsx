import { useQuery } from "@tanstack/react-query";
import {
  ArrowLeft,
  CircleArrowUp,
  PackageOpen,
  PackageX,
  Pin,
  PinOff,
  ScrollText,
  ShieldAlert,
  SlidersHorizontal,
  Undo2,
} from "lucide-react";
import { useMemo, useState } from "react";
import { errorText, isApiError } from "@/lib/api";
import { day } from "@/lib/format";
import { t, tx } from "@/lib/i18n";
import { openApp, useWindow, useWindowTitle } from "@/lib/window";
import {
  Badge,
  Button,
  Callout,
  CopyButton,
  EmptyState,
  IconButton,
  MenuButton,
  type MenuItem,
  QueryView,
  Skeleton,
  StaleNote,
  useConfirm,
} from "@/ui";
import { AppIcon } from "@/ui/AppIcon";
import { Fact, Section } from "@/ui/Facts";
import { Internet, KnownFacts, Links, Stays } from "./About";
import { StateButton } from "./Card";
import { categoryOf } from "./core/catalog";
import { orderPermissions, type Permission } from "./core/install";
import { addressOf, type CatalogPage } from "./core/normalise";
import { appQuery, isNeeded, pin, refreshStore, restart, skip, start, stop } from "./data";
import { Markdown } from "./Markdown";
import { Moved } from "./Moved";
import { Needs } from "./Needs";
import { Pictures } from "./Pictures";
import { Failure, InstallProgress } from "./Progress";
import { type AppStatus, statusOf, useStoreState } from "./useStore";
import { AskedFor } from "./Wishes";

const riskTone = { high: "danger", medium: "warn", low: "neutral" } as const;

/** What an app can reach, in words, the riskiest first; the risk is a word, not only a colour. */
export function Permissions({ permissions }: { permissions: Permission[] }) {
  const ordered = useMemo(() => orderPermissions(permissions), [permissions]);
  return (
    <ul className="flex flex-col divide-y divide-line rounded-card border border-line">
      {ordered.map((permission) => {
        const risk = permission.risk === "low" || permission.risk === "medium" ? permission.risk : "high";
        return (
          <li key={permission.code} className="flex items-start justify-between gap-3 px-3 py-2 text-sm">
            <span className="min-w-0 break-words">{permission.text}</span>
            <Badge tone={riskTone[risk]}>{t(`store.risk.${risk}`)}</Badge>
          </li>
        );
      })}
    </ul>
  );
}

function useActions(status: AppStatus): (MenuItem | false)[] {
  const { run, remove, update, rollback, settings, exportApp, go, admin } = useStoreState();
  const confirm = useConfirm();
  const { app } = status;
  if (!app || !admin) return [];
  const stopIt = async () => {
    try {
      await stop(app.id);
    } catch (error) {
      if (!isNeeded(error)) throw error;
      const question = {
        title: t("store.stop.title", { app: app.name }),
        text: errorText(error),
        action: t("store.action.stop"),
        danger: true,
      };
      if (await confirm(question)) await stop(app.id, true);
    }
  };
  const running = app.state === "running" || app.state === "starting" || app.state === "problem";
  return [
    running
      ? { label: t("store.action.stop"), onSelect: () => void run(stopIt) }
      : { label: t("store.action.start"), onSelect: () => void run(() => start(app.id)) },
    running && { label: t("store.action.restart"), onSelect: () => void run(() => restart(app.id)) },
    {
      label: t("store.action.logs"),
      icon: ScrollText,
      onSelect: () => go({ page: "installed", id: app.id, view: "logs" }),
    },
    !!app.update &&
      !app.pinned &&
      !app.edited && { label: t("store.action.update"), icon: CircleArrowUp, onSelect: () => update(app) },
    { label: t("store.action.settings"), icon: SlidersHorizontal, onSelect: () => settings(app) },
    {
      label: t(app.pinned ? "store.action.unpin" : "store.action.pin"),
      icon: app.pinned ? PinOff : Pin,
      onSelect: () => void run(() => pin(app.id, !app.pinned).then(refreshStore)),
    },
    ...(app.ways_back ?? []).map((way) => ({
      label:
        way.kind === "settings"
          ? t("store.action.takeBack")
          : t("store.action.rollback", { version: way.version }),
      icon: Undo2,
      onSelect: () => rollback(app, way),
    })),
    { label: t("store.action.export"), icon: PackageOpen, onSelect: () => exportApp(app) },
    { separator: true },
    { label: t("store.action.remove"), danger: true, onSelect: () => remove(app) },
  ];
}

export function AppPage({ store, id }: { store: string; id: string }) {
  const { go } = useStoreState();
  const { phone } = useWindow();
  const query = useQuery(appQuery(store, id));
  const back = () => go({ page: "home", query: "", category: undefined });
  return (
    <div className="h-full overflow-y-auto">
      {phone ? (
        // The header of the phone layout has Back.
        <div className="h-4" />
      ) : (
        <div className="sticky top-0 z-10 flex min-h-12 items-center bg-surface px-3 touch:min-h-14">
          <IconButton
            label={t("store.error.back")}
            icon={ArrowLeft}
            onClick={back}
            className="rtl:rotate-180"
          />
          <span className="flex-1" />
          <StaleNote at={query.dataUpdatedAt} />
        </div>
      )}
      <QueryView
        query={query}
        failed={t("store.error.app")}
        skeleton={
          <div className="flex gap-4 px-6">
            <Skeleton className="size-18" />
            <div className="flex flex-1 flex-col gap-3 pt-2">
              <Skeleton className="h-6 w-1/3" />
              <Skeleton className="h-4 w-2/3" />
            </div>
          </div>
        }
        onError={(error) =>
          isApiError(error) && error.status === 404 ? (
            <EmptyState
              icon={PackageX}
              title={t("store.error.gone")}
              text={t("store.error.goneHint")}
              action={<Button onClick={back}>{t("store.error.back")}</Button>}
            />
          ) : undefined
        }
      >
        {(page) => <Page page={page} />}
      </QueryView>
    </div>
  );
}

function Page({ page }: { page: CatalogPage }) {
  const { installed, jobs, blocked, admin, run, update } = useStoreState();
  const status = statusOf(page, installed, jobs);
  const actions = useActions(status);
  const { app, job, action } = status;
  const address = addressOf(app);
  useWindowTitle(page.name);
  return (
    <div className="flex flex-col gap-6 px-6 pb-10 touch:px-4">
      <header className="flex flex-wrap items-center gap-x-4 gap-y-3">
        <AppIcon name={page.name} icon={page.icon} className="size-18 shrink-0 text-2xl" />
        <div className="min-w-48 flex-1">
          <h3 className="text-xl font-semibold break-words">{page.name}</h3>
          <p className="text-base text-muted">{page.tagline}</p>
          <p className="mt-1 flex flex-wrap items-center gap-2 text-sm text-muted">
            {app && (
              <Badge tone={app.state === "problem" ? "danger" : "accent"}>
                {tx(`store.state.${app.state}`, app.state)}
              </Badge>
            )}
            {page.source_label && <Badge>{page.source_label}</Badge>}
            {page.developer}
          </p>
        </div>
        <div className="flex items-center gap-2">
          <StateButton primary entry={page} status={status} />
          {actions.length > 0 && (
            <MenuButton label={t("store.action.more", { app: page.name })} items={() => actions} />
          )}
        </div>
      </header>

      {app && <Stays app={app} />}
      {action === "progress" && job && <InstallProgress job={job} name={page.name} />}
      {job?.state === "failed" && <Failure job={job} name={page.name} />}
      {app?.state === "problem" && app.detail && (
        <Callout tone="danger" icon={ShieldAlert}>
          {app.detail}
        </Callout>
      )}
      {page.gone && app && (
        <Callout tone="warn" icon={PackageX}>
          {t("store.page.gone")}
        </Callout>
      )}
      {app?.update && admin && action !== "progress" && (
        <Callout icon={CircleArrowUp}>
          <div className="flex flex-wrap items-center justify-between gap-3">
            <span>
              {t(`store.update.${app.edited ? "edited" : app.pinned ? "pinned" : "available"}`, {
                version: app.update,
              })}
            </span>
            {app.edited && (
              <Button
                size="sm"
                onClick={() => openApp("containers", `/compose/${encodeURIComponent(app.id)}`)}
              >
                {t("store.update.openFile")}
              </Button>
            )}
            {!app.pinned && !app.edited && (
              <span className="flex flex-wrap gap-2">
                <Button
                  size="sm"
                  variant="quiet"
                  write
                  onClick={() => void run(() => skip(app.id, app.update).then(refreshStore))}
                >
                  {t("store.stays.skip")}
                </Button>
                <Button size="sm" write onClick={() => update(app)}>
                  {t("store.action.update")}
                </Button>
              </span>
            )}
          </div>
        </Callout>
      )}
      {!app && action !== "progress" && <AskedFor app={page} />}
      {!app && admin && blocked && page.installable && (
        <Callout tone="warn" icon={ShieldAlert}>
          {blocked}
        </Callout>
      )}
      {action !== "progress" && <Moved page={page} installed={app !== undefined} />}
      {(page.unsupported.length > 0 || page.error) && (
        <Section title={t("store.page.unsupported")}>
          <Callout tone="warn" icon={ShieldAlert}>
            <ul className="flex list-disc flex-col gap-1 ps-4">
              {page.error && <li>{page.error}</li>}
              {page.unsupported.map((reason) => (
                <li key={reason}>{reason}</li>
              ))}
            </ul>
          </Callout>
        </Section>
      )}

      <div className="grid grid-cols-1 gap-x-10 gap-y-6 @3xl:grid-cols-[minmax(0,1fr)_15rem]">
        <div className="flex min-w-0 flex-col gap-6">
          <Section title={t("store.page.about")}>
            {page.description ? (
              <Markdown text={page.description} />
            ) : (
              <p className="text-muted">{page.tagline || t("store.page.noDescription")}</p>
            )}
          </Section>
          <Pictures page={page} />
          <Section title={t("store.page.reach")}>
            {page.permissions.length > 0 ? (
              <Permissions permissions={page.permissions} />
            ) : (
              <p className="text-sm text-muted">{t("store.page.reachNothing")}</p>
            )}
            <Internet page={page} />
          </Section>
          {page.dependencies.length > 0 && (
            <Section title={t("store.page.needs")}>
              <Needs needs={page.dependencies} />
            </Section>
          )}
          {page.release_notes && (
            <Section title={t("store.page.new")}>
              <Markdown text={page.release_notes} />
            </Section>
          )}
        </div>
        <div className="flex flex-col gap-6">
          {app && (page.default_username || page.default_password) && (
            <Section title={t("store.page.account")}>
              <Account username={page.default_username} password={page.default_password} />
            </Section>
          )}
          <Section title={t("store.page.facts")}>
            <dl className="flex flex-col gap-3">
              {address && <Fact label={t("store.page.address")}>{address}</Fact>}
              <Fact label={t("store.page.version")}>{app?.version || page.version || "–"}</Fact>
              {page.developer && <Fact label={t("store.page.developer")}>{page.developer}</Fact>}
              <Fact label={t("store.page.category")}>{t(`store.category.${categoryOf(page.category)}`)}</Fact>
              {page.source_label && <Fact label={t("store.page.source")}>{page.source_label}</Fact>}
              <KnownFacts page={page} />
              {app && app.installed_at > 0 && (
                <Fact label={t("store.page.since")}>{day(app.installed_at)}</Fact>
              )}
              {page.services.length > 0 && (
                <Fact label={t("store.page.parts", { count: page.services.length })}>
                  <ul className="flex flex-col gap-1">
                    {page.services.map((service) => (
                      <li key={service.name}>
                        {service.name}
                        <code className="block text-xs break-all text-muted">{service.image}</code>
                      </li>
                    ))}
                  </ul>
                </Fact>
              )}
            </dl>
            <Links page={page} />
          </Section>
        </div>
      </div>
    </div>
  );
}

export function Account({ username, password }: { username: string; password: string }) {
  return (
    <div className="flex flex-col gap-2 rounded-card border border-line p-3 text-sm">
      {username && <Credential label={t("store.page.username")} value={username} />}
      {password && <Credential label={t("store.page.password")} value={password} secret />}
      <p className="text-xs text-muted">{t("store.page.accountHint")}</p>
    </div>
  );
}

/** A part of an account; a secret one is covered until it is asked for, and copied without being shown. */
function Credential({ label, value, secret }: { label: string; value: string; secret?: boolean }) {
  const [shown, setShown] = useState(!secret);
  return (
    <div className="flex items-center justify-between gap-2">
      <span className="min-w-0">
        <span className="block text-xs text-muted">{label}</span>
        <code className="break-all">{shown ? value : t("store.page.covered")}</code>
      </span>
      <span className="flex flex-none items-center">
        {secret && (
          <Button variant="quiet" aria-pressed={shown} onClick={() => setShown(!shown)}>
            {t("store.page.reveal")}
          </Button>
        )}
        <CopyButton text={value} />
      </span>
    </div>
  );
}
