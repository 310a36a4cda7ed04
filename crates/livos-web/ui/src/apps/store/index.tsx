import { useQuery } from "@tanstack/react-query";
import { CircleAlert, PackageX } from "lucide-react";
import { lazy, Suspense, useCallback, useEffect, useMemo, useState } from "react";
import { errorText, type InstalledApp, type JobInfo } from "@/lib/api";
import { t } from "@/lib/i18n";
import { useWindow, useWindowTitle } from "@/lib/window";
import { Button, CopyButton, Dialog, EmptyState, Loading, QueryView, Skeleton } from "@/ui";
import { AppPage } from "./AppPage";
import { formatStoreLocation, parseStoreLocation, type StorePage } from "./core/location";
import { jobLogQuery, type WayBack } from "./data";
import { ExportDialog } from "./ExportDialog";
import { Home } from "./Home";
import { InstallSheet } from "./InstallSheet";
import { Logs } from "./Logs";
import { RemoveDialog } from "./RemoveDialog";
import { Sources } from "./Sources";
import { RollbackDialog, UpdateDialog } from "./UpdateDialog";
import { StoreContext, type StoreState, useStoreData, useStoreState } from "./useStore";

const SettingsDialog = lazy(() => import("./SettingsDialog"));

export default function Store() {
  const { path, navigate } = useWindow();
  const page = useMemo(() => parseStoreLocation(path), [path]);
  const { catalog, index, installed, jobs, engine, admin, blocked, known } = useStoreData();
  // An app that is needed first is decided on over the one that needs it.
  const [sheets, setSheets] = useState<{ store: string; id: string }[]>([]);
  const sheet = sheets.at(-1);
  const [removing, setRemoving] = useState<InstalledApp>();
  const [updating, setUpdating] = useState<InstalledApp>();
  const [returning, setReturning] = useState<{ app: InstalledApp; way: WayBack }>();
  const [exporting, setExporting] = useState<InstalledApp>();
  const [setting, setSetting] = useState<InstalledApp>();
  const [log, setLog] = useState<JobInfo>();
  const [problem, setProblem] = useState<unknown>();
  useWindowTitle(t("store.title"));

  const go = useCallback(
    (next: StorePage, replace = false) => navigate(formatStoreLocation(next), { replace }),
    [navigate],
  );
  const run = useCallback(async (work: () => Promise<unknown>) => {
    setProblem(undefined);
    try {
      await work();
      return true;
    } catch (error) {
      setProblem(error);
      return false;
    }
  }, []);
  const state = useMemo<StoreState>(
    () => ({
      go,
      run,
      install: ({ store, id }) => setSheets([{ store, id }]),
      remove: setRemoving,
      update: setUpdating,
      rollback: (app, way) => setReturning({ app, way }),
      settings: setSetting,
      exportApp: setExporting,
      showLog: setLog,
      installed,
      jobs,
      admin,
      blocked,
    }),
    [go, run, installed, jobs, admin, blocked],
  );

  const logs = page.page === "installed" && page.view === "logs" ? page.id : undefined;

  return (
    <StoreContext value={state}>
      <div className="@container flex h-full min-h-0 flex-col bg-surface">
        {engine.data && !engine.data.usable && !logs && (
          <div className="flex shrink-0 flex-wrap items-center gap-x-3 gap-y-1 border-b border-line bg-warn-soft px-4 py-2 text-sm">
            <CircleAlert size={16} aria-hidden className="shrink-0 text-warn" />
            <p className="min-w-48 flex-1">
              <span className="font-semibold">{t("store.engine.title")}.</span> {engine.data.reason}{" "}
              {t("store.engine.hint")}
            </p>
            <Button size="sm" busy={engine.isFetching} onClick={() => void engine.refetch()}>
              {t("store.engine.check")}
            </Button>
          </div>
        )}
        {problem !== undefined && (
          <div
            role="alert"
            className="flex shrink-0 items-start gap-3 border-b border-line bg-danger-soft py-2 ps-4 pe-2 text-sm"
          >
            <p className="min-w-0 flex-1 py-1">
              <span className="font-semibold">{t("store.failed.action")}.</span> {errorText(problem)}
            </p>
            <Button size="sm" variant="quiet" onClick={() => setProblem(undefined)}>
              {t("store.action.dismiss")}
            </Button>
          </div>
        )}
        <div className="min-h-0 flex-1">
          {page.page === "app" ? (
            <AppPage key={`${page.store}/${page.id}`} store={page.store} id={page.id} />
          ) : logs ? (
            <Logs key={logs} id={logs} />
          ) : page.page === "installed" ? (
            <Installed id={page.id} known={known} removing={page.view === "remove"} />
          ) : (
            <QueryView query={catalog} failed={t("store.error.catalog")} skeleton={<HomeSkeleton />}>
              {(data) =>
                page.page === "sources" ? (
                  <Sources sources={data.sources} updatedAt={catalog.dataUpdatedAt} />
                ) : (
                  <Home
                    index={index ?? []}
                    sources={data.sources}
                    updatedAt={catalog.dataUpdatedAt}
                    query={page.query}
                    category={page.category}
                  />
                )
              }
            </QueryView>
          )}
        </div>
      </div>
      {sheet && (
        <InstallSheet
          key={`${sheet.store}/${sheet.id}`}
          {...sheet}
          onClose={() => setSheets((all) => all.slice(0, -1))}
          onNeed={(store, id) => setSheets((all) => [...all, { store, id }])}
        />
      )}
      {removing && <RemoveDialog key={removing.id} app={removing} onClose={() => setRemoving(undefined)} />}
      {updating && <UpdateDialog key={updating.id} app={updating} onClose={() => setUpdating(undefined)} />}
      {returning && (
        <RollbackDialog
          key={`${returning.app.id} ${returning.way.kind}`}
          {...returning}
          onClose={() => setReturning(undefined)}
        />
      )}
      {setting && (
        <Suspense>
          <SettingsDialog key={setting.id} app={setting} onClose={() => setSetting(undefined)} />
        </Suspense>
      )}
      {exporting && (
        <ExportDialog key={exporting.id} app={exporting} onClose={() => setExporting(undefined)} />
      )}
      {log && <JobLog job={log} onClose={() => setLog(undefined)} />}
    </StoreContext>
  );
}

/** Where the desktop leads when it knows only the app's id: its page, once it is known which source it is from. */
function Installed({ id, known, removing }: { id: string; known: boolean; removing: boolean }) {
  const { installed, go, remove } = useStoreState();
  const app = installed.get(id);
  useEffect(() => {
    if (!known) return;
    if (app) go({ page: "app", store: app.store, id }, true);
    if (app && removing) remove(app);
  }, [known, app, removing, id, go, remove]);
  if (!known) return <Loading />;
  return (
    <EmptyState
      icon={PackageX}
      title={t("store.installed.gone")}
      text={t("store.installed.goneHint")}
      action={
        <Button onClick={() => go({ page: "home", query: "", category: undefined }, true)}>
          {t("store.error.back")}
        </Button>
      }
    />
  );
}

function JobLog({ job, onClose }: { job: JobInfo; onClose(): void }) {
  const query = useQuery(jobLogQuery(job.id));
  return (
    <Dialog
      wide
      title={job.title || t("store.log.title")}
      onClose={onClose}
      actions={query.data ? <CopyButton text={query.data} /> : undefined}
    >
      <QueryView query={query} failed={t("store.error.logs")}>
        {(text) => (
          <pre
            // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls has to be reachable by keyboard
            tabIndex={0}
            className="max-h-96 overflow-auto rounded-card bg-sunken p-3 text-sm break-words whitespace-pre-wrap"
          >
            {text || t("store.log.empty")}
          </pre>
        )}
      </QueryView>
    </Dialog>
  );
}

function HomeSkeleton() {
  return (
    <div className="flex flex-col gap-4 p-4">
      <Skeleton className="h-9 w-full" />
      <Skeleton className="h-7 w-2/3" />
      <div className="grid grid-cols-1 gap-3 @xl:grid-cols-2 @4xl:grid-cols-3">
        {[1, 2, 3, 4, 5, 6, 7, 8, 9].map((n) => (
          <Skeleton key={n} className="h-17" />
        ))}
      </div>
    </div>
  );
}
