import type { UseQueryResult } from "@tanstack/react-query";
import { CircleAlert, type LucideIcon } from "lucide-react";
import { type ReactNode, useEffect, useState } from "react";
import { errorDetails, errorText, isApiError } from "@/lib/api/error";
import { connection } from "@/lib/connection";
import { clock } from "@/lib/format";
import { t } from "@/lib/i18n";
import { announce } from "@/lib/notify";
import { copyText } from "@/lib/storage";
import { useStore } from "@/lib/store";
import { Button } from "./Button";
import { cx } from "./cx";

export function Skeleton({ className }: { className?: string }) {
  return <div aria-hidden className={cx("rounded-control bg-fg/8", className)} />;
}

/** True once `active` has lasted for `delay`, so that quick answers never flash. */
export function useAfter(delay: number, active = true): boolean {
  const [passed, setPassed] = useState(false);
  useEffect(() => {
    if (!active) return;
    const timer = setTimeout(() => setPassed(true), delay);
    return () => {
      clearTimeout(timer);
      setPassed(false);
    };
  }, [delay, active]);
  return passed && active;
}

/** Nothing for 200 ms, then the skeleton, after 10 s a notice, after 30 s an error. */
export function Loading({ children, onRetry }: { children?: ReactNode; onRetry?: (() => void) | undefined }) {
  const shown = useAfter(200);
  const slow = useAfter(10_000);
  const failed = useAfter(30_000);
  if (!shown) return <div aria-busy="true" className="min-h-8" />;
  if (failed) return <ErrorState title={t("shell.state.noAnswer")} onRetry={onRetry} />;
  return (
    <div aria-busy="true">
      {slow && (
        <div role="status" className="flex flex-wrap items-center gap-3 p-4 text-sm text-muted">
          {t("shell.state.slow")}
          {onRetry && (
            <Button size="sm" onClick={onRetry}>
              {t("shell.action.tryAgain")}
            </Button>
          )}
        </div>
      )}
      <span className="sr-only">{t("shell.state.loading")}</span>
      {children ?? <DefaultSkeleton />}
    </div>
  );
}

function DefaultSkeleton() {
  return (
    <div className="flex flex-col gap-3 p-4">
      <Skeleton className="h-5 w-2/5" />
      <Skeleton className="h-4 w-full" />
      <Skeleton className="h-4 w-4/5" />
    </div>
  );
}

interface EmptyProps {
  icon?: LucideIcon;
  title: string;
  text?: string;
  /** At most one button. */
  action?: ReactNode;
}

export function EmptyState({ icon: Icon, title, text, action }: EmptyProps) {
  return (
    <div className="flex flex-col items-center gap-1 px-6 py-12 text-center">
      {Icon && <Icon size={32} aria-hidden className="mb-2 text-subtle" />}
      <p className="text-base font-semibold">{title}</p>
      {text && <p className="max-w-[40ch] text-sm text-muted">{text}</p>}
      {action && <div className="mt-3">{action}</div>}
    </div>
  );
}

interface ErrorProps {
  /** What failed, in words: "Couldn't load this folder". */
  title?: string;
  error?: unknown;
  onRetry?: (() => void) | undefined;
  /** A better way out than trying again, if there is one. */
  action?: ReactNode;
}

/** Replaces only the part that failed. */
export function ErrorState({ title = t("shell.error.title"), error, onRetry, action }: ErrorProps) {
  const denied = isApiError(error) && error.status === 403;
  return (
    <div role="alert" className="flex flex-col items-center gap-1 px-6 py-10 text-center">
      <CircleAlert size={28} aria-hidden className="mb-2 text-danger" />
      <p className="text-base font-semibold">{title}</p>
      {error !== undefined && <p className="max-w-[48ch] text-sm text-muted">{errorText(error)}</p>}
      {denied && <p className="text-sm text-muted">{t("shell.error.askAdmin")}</p>}
      <div className="mt-3 flex flex-wrap justify-center gap-2">
        {action}
        {onRetry && <Button onClick={onRetry}>{t("shell.action.tryAgain")}</Button>}
        {error !== undefined && (
          <CopyButton text={() => errorDetails(error)} label={t("shell.action.copyDetails")} />
        )}
      </div>
    </div>
  );
}

export function CopyButton({
  text,
  label = t("shell.action.copy"),
  icon,
}: {
  text: string | (() => string);
  label?: string;
  icon?: LucideIcon;
}) {
  const [done, setDone] = useState<"copied" | "failed" | null>(null);
  return (
    <Button
      variant="quiet"
      icon={icon}
      onClick={async () => {
        const copied = await copyText(typeof text === "string" ? text : text());
        setDone(copied ? "copied" : "failed");
        // Said by the page's live region: one inside the button would take the button's name away.
        announce(t(copied ? "shell.action.copied" : "shell.action.copyFailed"));
        setTimeout(() => setDone(null), 2_000);
      }}
    >
      {done === "copied"
        ? t("shell.action.copied")
        : done === "failed"
          ? t("shell.action.copyFailed")
          : label}
    </Button>
  );
}

/** "As of 14:02" while the server cannot be reached. */
export function StaleNote({ at }: { at: number }) {
  const offline = useStore(connection, ({ phase }) => phase === "offline");
  if (!offline) return null;
  return <span className="text-xs text-muted">{t("shell.state.asOf", { time: clock(at / 1000) })}</span>;
}

interface QueryViewProps<T> {
  query: UseQueryResult<T>;
  skeleton?: ReactNode;
  /** What failed, in words. */
  failed?: string;
  /** Shown instead of the generic error for some answers, such as a folder that is gone. */
  onError?: (error: unknown) => ReactNode | undefined;
  children: (data: T) => ReactNode;
}

/** The states every view must have around what a query brings. Old data stays when a refetch fails. */
export function QueryView<T>({ query, skeleton, failed, onError, children }: QueryViewProps<T>) {
  const retry = () => void query.refetch();
  if (query.data !== undefined) return <>{children(query.data)}</>;
  if (query.isError) {
    const special = onError?.(query.error);
    if (special !== undefined) return <>{special}</>;
    return <ErrorState {...(failed ? { title: failed } : {})} error={query.error} onRetry={retry} />;
  }
  return <Loading onRetry={retry}>{skeleton}</Loading>;
}
