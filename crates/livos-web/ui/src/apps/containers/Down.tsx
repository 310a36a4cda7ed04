import { CircleAlert } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { errorText, isApiError } from "@/lib/api";
import { t } from "@/lib/i18n";
import { Button, Callout, EmptyState } from "@/ui";
import { startEngine } from "./acting";

const EngineLog = lazy(() => import("./EngineLog"));

/** Docker itself is down. Whoever looks may start it, and is told why if that does not work. */
export function Down({ error, onRetry }: { error: unknown; onRetry: () => Promise<unknown> }) {
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<unknown>();
  const [log, setLog] = useState(false);
  const start = async () => {
    setBusy(true);
    setFailure(undefined);
    try {
      await startEngine();
      await onRetry();
    } catch (failed) {
      setFailure(failed);
    }
    setBusy(false);
  };
  return (
    <div role="alert" className="flex flex-col gap-3 p-4">
      <EmptyState
        icon={CircleAlert}
        title={t("containers.down.title")}
        text={isApiError(error) ? error.message : errorText(error)}
        action={
          <span className="flex flex-wrap justify-center gap-2">
            <Button variant="primary" write busy={busy} onClick={() => void start()}>
              {t("containers.down.start")}
            </Button>
            <Button onClick={() => setLog(true)}>{t("containers.down.log")}</Button>
            <Button onClick={() => void onRetry()}>{t("shell.action.tryAgain")}</Button>
          </span>
        }
      />
      {failure !== undefined && <Callout tone="danger">{errorText(failure)}</Callout>}
      {log && (
        <Suspense fallback={null}>
          <EngineLog onClose={() => setLog(false)} />
        </Suspense>
      )}
    </div>
  );
}
