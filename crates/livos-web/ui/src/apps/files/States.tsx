import { Clock, FolderOpen, Search, Star, Trash2 } from "lucide-react";
import { errorText, isApiError } from "@/lib/api";
import { t } from "@/lib/i18n";
import { Button, EmptyState, ErrorState, Skeleton } from "@/ui";
import type { Place } from "./core/paths";
import type { Root } from "./core/transfers";

/** The shape of the list while it is loading. */
export function ListSkeleton() {
  return (
    <div className="flex flex-col px-2 pt-9">
      {[48, 36, 58, 42, 30, 52, 40, 34].map((width, index) => (
        <div key={index} className="flex h-9 touch:h-12 items-center gap-3 px-2">
          <Skeleton className="size-4" />
          <Skeleton className="size-4.5" />
          <div className="flex-1">
            <div style={{ width: `${width}%` }}>
              <Skeleton className="h-3.5" />
            </div>
          </div>
          <Skeleton className="h-3.5 w-12" />
        </div>
      ))}
    </div>
  );
}

/** Each way a folder can fail has its own words and its own way out. */
export function FolderError({
  error,
  place,
  root,
  onHome,
  onUp,
  onRetry,
}: {
  error: unknown;
  place: Place;
  root: Root | undefined;
  onHome(): void;
  onUp(): void;
  onRetry(): void;
}) {
  if (isApiError(error) && error.status === 403) {
    return (
      <ErrorState
        title={t("files.error.denied")}
        error={error}
        action={
          <Button variant="primary" onClick={onHome}>
            {t("files.error.goHome")}
          </Button>
        }
      />
    );
  }
  const drive = root?.kind === "drive" || root === undefined;
  if (isApiError(error) && drive && (error.status === 503 || (error.status === 404 && place.path === ""))) {
    return (
      <ErrorState
        title={t("files.error.drive", { name: root?.label ?? place.root })}
        error={error}
        action={<Button onClick={onRetry}>{t("files.action.refresh")}</Button>}
      />
    );
  }
  if (isApiError(error) && error.status === 404) {
    return (
      <EmptyState
        icon={FolderOpen}
        title={t("files.error.gone")}
        text={t("files.error.goneHint")}
        action={
          <Button variant="primary" onClick={place.path === "" ? onHome : onUp}>
            {t(place.path === "" ? "files.error.goHome" : "files.error.goUp")}
          </Button>
        }
      />
    );
  }
  return <ErrorState title={t("files.error.load")} error={error} onRetry={onRetry} />;
}

export function EmptyFolder({
  writable,
  hidden,
  onUpload,
  onShowHidden,
}: {
  writable: boolean;
  hidden: number;
  onUpload(): void;
  onShowHidden(): void;
}) {
  if (hidden > 0) {
    return (
      <EmptyState
        icon={FolderOpen}
        title={t("files.empty.hidden")}
        action={<Button onClick={onShowHidden}>{t("files.empty.hiddenAction")}</Button>}
      />
    );
  }
  return (
    <EmptyState
      icon={FolderOpen}
      title={t("files.empty.folder")}
      text={t(writable ? "files.empty.folderHint" : "files.empty.readonly")}
      action={
        writable && (
          <Button write onClick={onUpload}>
            {t("files.action.upload")}
          </Button>
        )
      }
    />
  );
}

export function EmptyTrash() {
  return <EmptyState icon={Trash2} title={t("files.empty.trash")} text={t("files.empty.trashHint")} />;
}

export function EmptyRecents() {
  return <EmptyState icon={Clock} title={t("files.empty.recents")} text={t("files.empty.recentsHint")} />;
}

export function EmptyFavourites() {
  return (
    <EmptyState icon={Star} title={t("files.empty.favourites")} text={t("files.empty.favouritesHint")} />
  );
}

export function NoMatch({
  query,
  text,
  action,
}: {
  query: string;
  text: string;
  action?: { label: string; run(): void } | undefined;
}) {
  return (
    <EmptyState
      icon={Search}
      title={t("files.empty.search", { query })}
      text={text}
      action={action && <Button onClick={action.run}>{action.label}</Button>}
    />
  );
}

export function ProblemBar({
  title,
  error,
  onDismiss,
}: {
  title: string;
  error: unknown;
  onDismiss(): void;
}) {
  return (
    <div
      role="alert"
      className="flex shrink-0 items-start gap-3 border-b border-line bg-danger-soft py-2 ps-4 pe-2 text-sm"
    >
      <p className="min-w-0 flex-1 py-1">
        <span className="font-semibold">{title}.</span> {errorText(error)}
      </p>
      <Button size="sm" variant="quiet" onClick={onDismiss}>
        {t("files.fail.dismiss")}
      </Button>
    </div>
  );
}
