import { lazy, StrictMode, Suspense, useEffect } from "react";
import { createRoot } from "react-dom/client";
import "./styles/main.css";
import { api, ok } from "./lib/api/client";
import { ApiError, isApiError } from "./lib/api/error";
import { onBroadcast, session, sessionEnded, signedIn, wasSignedIn } from "./lib/api/session";
import { language, t } from "./lib/i18n";
import { followLook } from "./lib/look";
import { save } from "./lib/storage";
import { useStore } from "./lib/store";
import { ErrorBoundary } from "./shell/ErrorBoundary";
import { rememberServerName } from "./shell/server";
import { Loading } from "./ui/states";
import { Tooltips } from "./ui/Tooltips";

const importDesktop = () => import("./shell/Desktop");
const Desktop = lazy(importDesktop);
const importSignIn = () => import("./signin/SignInPage");
const SignInPage = lazy(importSignIn);
const Failure = lazy(() => import("./signin/SignInPage").then(({ Failure }) => ({ default: Failure })));
const Setup = lazy(() => import("./setup/Setup"));

document.documentElement.lang = language;
followLook();
// The page's code and the session are asked for at the same time: the desktop's when someone was signed in
// before. A file that cannot be had is reported by the page that shows it.
(wasSignedIn() ? importDesktop() : importSignIn()).catch(() => undefined);

let retry: ReturnType<typeof setTimeout> | undefined;

/** Finds out what this page is to be: setup, sign-in or the desktop. */
async function begin(): Promise<void> {
  clearTimeout(retry);
  try {
    signedIn(await ok(api.GET("/api/v1/session")));
  } catch (error) {
    if (isApiError(error) && error.status === 401) return askSetup();
    fail(error);
  }
}

async function askSetup(): Promise<void> {
  save("signed-in", undefined);
  try {
    const { claimed, server_name } = await ok(api.GET("/api/v1/setup"));
    rememberServerName(server_name);
    session.set({ phase: claimed ? "signed_out" : "setup", serverName: server_name });
  } catch (error) {
    fail(error);
  }
}

function fail(error: unknown): void {
  session.set({ phase: "failed", error });
  if (error instanceof ApiError && (error.unreachable || error.status >= 502))
    retry = setTimeout(begin, 2_000);
}

onBroadcast((message) => {
  if (message === "signed_out") sessionEnded();
  if (message === "signed_in" && session.get().phase !== "signed_in") void begin();
});

function Page() {
  const state = useStore(session);
  const shown = state.phase !== "loading";
  useEffect(() => {
    if (shown) (window.requestIdleCallback ?? setTimeout)(offerOffline);
  }, [shown]);
  useEffect(() => {
    if (state.phase === "signed_out") document.title = `${t("shell.signin.title")} · ${state.serverName}`;
  }, [state]);
  switch (state.phase) {
    case "loading":
      return (
        <main>
          <Loading>
            <p className="p-6 text-sm text-muted">{t("shell.state.loading")}</p>
          </Loading>
        </main>
      );
    case "failed":
      return <Failure error={state.error} onRetry={() => void begin()} />;
    case "setup":
      return <Setup />;
    case "signed_out":
      return <SignInPage serverName={state.serverName} />;
    default:
      return <Desktop locked={state.phase === "locked"} user={state.session.user} />;
  }
}

/** Once the page is shown: what a service worker fetches has to wait for what people look at. */
function offerOffline(): void {
  // Browsers offer service workers, and with them installing, only where the connection is secure.
  if (!("serviceWorker" in navigator) || !import.meta.env.PROD) return;
  navigator.serviceWorker.register("/sw.js", { updateViaCache: "none" }).catch(() => {
    // A browser that refuses it only lacks the page shown without the server.
  });
}

const root = document.getElementById("root");
if (root) {
  createRoot(root).render(
    <StrictMode>
      <ErrorBoundary name={t("shell.crash.desktop")}>
        <Suspense fallback={null}>
          <Page />
        </Suspense>
      </ErrorBoundary>
      <Tooltips />
    </StrictMode>,
  );
}

void begin();
