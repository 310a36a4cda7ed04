import { useQuery } from "@tanstack/react-query";
import { ArrowUpRight, Plug, Sparkles, WifiOff } from "lucide-react";
import { isAdmin, systemQuery, useInstalledApps } from "@/lib/api";
import type { AssistantStatus } from "@/lib/assistant";
import { t } from "@/lib/i18n";
import { openApp } from "@/lib/window";
import { Button, EmptyState } from "@/ui";
import { suggestionsOf } from "./core/suggestions";

/** What stands in a conversation that has not begun: questions worth asking, from how the server is now. */
export function Empty({ onAsk }: { onAsk: (text: string) => void }) {
  const { data: system } = useQuery(systemQuery);
  const { data: apps } = useInstalledApps();
  return (
    <div className="flex min-h-0 flex-1 flex-col overflow-y-auto">
      <div className="m-auto flex w-full max-w-120 flex-col items-center gap-5 px-5 py-8">
        <Sparkles size={32} aria-hidden className="text-subtle" />
        <p className="text-center text-xl font-semibold">{t("assistant.empty.title")}</p>
        <ul aria-label={t("assistant.empty.suggestions")} className="flex w-full flex-col gap-2">
          {suggestionsOf(system, apps ?? []).map((text) => (
            <li key={text}>
              <button
                type="button"
                onClick={() => onAsk(text)}
                className="group flex min-h-11 w-full items-center justify-between gap-3 rounded-card border border-line bg-surface px-4 py-2 text-start text-base hover:border-line-strong hover:bg-sunken"
              >
                <span className="min-w-0 break-words">{text}</span>
                <ArrowUpRight size={16} aria-hidden className="text-subtle rtl:-scale-x-100" />
              </button>
            </li>
          ))}
        </ul>
      </div>
    </div>
  );
}

/** Why nothing can be asked, and who can change that. Nothing while something can. */
export function NotReady({ status, onRetry }: { status: AssistantStatus; onRetry: () => void }) {
  if (status.state === "unavailable")
    return (
      <EmptyState
        icon={WifiOff}
        title={t("assistant.unavailable")}
        text={t("assistant.unavailable.text")}
        action={<Button onClick={onRetry}>{t("shell.action.tryAgain")}</Button>}
      />
    );
  return (
    <EmptyState
      icon={Plug}
      title={t("assistant.connect")}
      text={t(isAdmin() ? "assistant.connect.text" : "assistant.connect.member")}
      action={
        isAdmin() && (
          <Button variant="primary" onClick={() => openApp("settings", "/ai")}>
            {t("assistant.connect.action")}
          </Button>
        )
      }
    />
  );
}
