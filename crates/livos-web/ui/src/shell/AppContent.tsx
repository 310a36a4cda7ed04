import { type ReactNode, Suspense, use, useEffect, useRef } from "react";
import { currentUser } from "@/lib/api/session";
import { type AppManifest, allowed } from "@/lib/apps";
import { t } from "@/lib/i18n";
import { useStore } from "@/lib/store";
import { useWindow, type WindowApi, WindowContext } from "@/lib/window";
import { DialogLayer } from "@/ui/DialogLayer";
import { EmptyState, Loading } from "@/ui/states";
import { ErrorBoundary } from "./ErrorBoundary";
import { forgetApp, loadApp } from "./loadApp";
import { focusRequests } from "./wm/manager";

function Content({ manifest }: { manifest: AppManifest }) {
  const { default: App } = use(loadApp(manifest));
  return <App />;
}

/** Moves the focus into a window: to where it was, else to the first useful control. */
function FocusKeeper({ children }: { children: ReactNode }) {
  const { id } = useWindow();
  const box = useRef<HTMLDivElement>(null);
  const last = useRef<HTMLElement | null>(null);
  const request = useStore(focusRequests, (now) => (now.id === id ? now.count : 0));
  useEffect(() => {
    const element = box.current;
    if (request === 0 || !element) return;
    if (element.contains(document.activeElement)) return;
    const before = last.current;
    if (before?.isConnected && element.contains(before)) return before.focus();
    const target =
      element.querySelector<HTMLElement>("[data-autofocus]") ??
      element.querySelector<HTMLElement>(
        ":is(a[href], button, input, select, textarea, [tabindex='0']):not([tabindex='-1'], [disabled], [aria-disabled=true])",
      );
    (target ?? element).focus({ preventScroll: true });
  }, [request]);
  return (
    <div
      ref={box}
      tabIndex={-1}
      data-focus="quiet"
      className="h-full"
      onFocusCapture={(event) => {
        last.current = event.target as HTMLElement;
      }}
    >
      {children}
    </div>
  );
}

interface Props {
  manifest: AppManifest;
  window: WindowApi;
}

/** What is inside a window: the app with its own location, dialogs and error boundary. */
export function AppContent({ manifest, window }: Props) {
  const title = t(manifest.title);

  if (!allowed(manifest, currentUser()?.role)) {
    return (
      <EmptyState title={t("shell.window.noPermission", { app: title })} text={t("shell.error.askAdmin")} />
    );
  }
  return (
    <WindowContext value={window}>
      <DialogLayer className="h-full">
        <ErrorBoundary key={manifest.id} name={title} onReset={() => forgetApp(manifest.id)}>
          <Suspense fallback={<Loading />}>
            <FocusKeeper>
              <Content manifest={manifest} />
            </FocusKeeper>
          </Suspense>
        </ErrorBoundary>
      </DialogLayer>
    </WindowContext>
  );
}
