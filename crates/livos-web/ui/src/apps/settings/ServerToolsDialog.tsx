import { CircleAlert, TriangleAlert } from "lucide-react";
import { useState } from "react";
import { errorText, sentence } from "@/lib/api";
import { type TextKey, t } from "@/lib/i18n";
import { announce } from "@/lib/notify";
import {
  lookAtToolServer,
  refreshToolServers,
  type ServerTool,
  setServerTool,
  type ToolServer,
} from "@/lib/toolServers";
import { Badge, Button, Callout, Dialog, EmptyState, Select } from "@/ui";

const HOW = ["off", "ask", "look"] as const;

const STATES: Record<string, TextKey> = {
  new: "settings.servers.state.new",
  changed: "settings.servers.state.changed",
  gone: "settings.servers.state.gone",
  refused: "settings.servers.state.refused",
};

/**
 * A server's tools, each whole. What is shown stays until one looks again: another text must not slip in under the choice
 * that agrees to it, and the server refuses a choice about a text that is not there any more.
 */
export function ServerToolsDialog({ server, onClose }: { server: ToolServer; onClose: () => void }) {
  const [seen, setSeen] = useState(server);
  const [busy, setBusy] = useState("");
  const [error, setError] = useState("");
  const attempt = async (what: string, work: () => Promise<ToolServer>) => {
    setBusy(what);
    setError("");
    try {
      setSeen(await work());
    } catch (cause) {
      setError(errorText(cause));
    } finally {
      await refreshToolServers().catch(() => undefined);
      setBusy("");
    }
  };
  const choose = (tool: ServerTool, how: string) =>
    attempt(tool.name, async () => {
      await setServerTool(seen.name, { tool: tool.name, digest: tool.digest, how });
      announce(t("shell.action.saved"));
      const now = { ...tool, state: how };
      delete now.before;
      return { ...seen, tools: seen.tools.map((one) => (one.name === tool.name ? now : one)) };
    });
  return (
    <Dialog
      title={t("settings.servers.toolsOf", { name: server.name })}
      wide
      onClose={onClose}
      actions={
        <>
          <Button
            write
            busy={busy === "look"}
            disabled={busy !== ""}
            onClick={() => void attempt("look", () => lookAtToolServer(seen.name))}
          >
            {t("settings.servers.look")}
          </Button>
          <Button variant="primary" onClick={onClose}>
            {t("shell.action.close")}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        <p className="text-sm text-muted">{t("settings.servers.toolsText")}</p>
        {error && (
          <Callout tone="danger" icon={CircleAlert} role="alert">
            {sentence(error)}
          </Callout>
        )}
        {seen.tools.length === 0 && (
          <EmptyState
            icon={TriangleAlert}
            title={t("settings.servers.noTools")}
            text={t("settings.servers.noToolsText")}
          />
        )}
        {seen.tools.map((tool) => (
          <Tool key={tool.name} tool={tool} busy={busy !== ""} onChoose={(how) => void choose(tool, how)} />
        ))}
      </div>
    </Dialog>
  );
}

interface ToolProps {
  tool: ServerTool;
  busy: boolean;
  onChoose: (how: string) => void;
}

function Tool({ tool, busy, onChoose }: ToolProps) {
  const state = STATES[tool.state];
  const used = tool.state === "ask" || tool.state === "look";
  return (
    <section aria-label={tool.name} className="flex flex-col gap-2 border-t border-line pt-3">
      <div className="flex flex-wrap items-start justify-between gap-2">
        <h4 className="flex min-w-0 flex-wrap items-center gap-2 text-sm font-semibold break-words">
          <bdi>{tool.name}</bdi>
          {state && <Badge tone={tool.state === "changed" ? "warn" : undefined}>{t(state)}</Badge>}
        </h4>
        {tool.state !== "refused" && tool.state !== "gone" && (
          <Select
            label={t("settings.servers.how", { name: tool.name })}
            hideLabel
            write
            disabled={busy}
            value={used ? tool.state : tool.state === "changed" ? "" : "off"}
            onChange={onChoose}
            options={[
              ...(tool.state === "changed" ? [{ value: "", label: t("settings.servers.choose") }] : []),
              ...HOW.map((how) => ({ value: how, label: t(`settings.servers.how.${how}`) })),
            ]}
          />
        )}
      </div>
      {tool.state === "gone" && (
        <Button size="sm" className="self-start" write disabled={busy} onClick={() => onChoose("off")}>
          {t("settings.servers.forget")}
        </Button>
      )}
      {tool.refused && (
        <p className="flex items-start gap-1.5 text-sm text-danger">
          <CircleAlert size={14} aria-hidden className="mt-0.5" />
          <span dir="auto">{sentence(tool.refused)}</span>
        </p>
      )}
      {tool.before && (
        <>
          <p className="text-xs text-muted">{t("settings.servers.before")}</p>
          <Words text={tool.before.description} />
          <p className="text-xs text-muted">{t("settings.servers.now")}</p>
        </>
      )}
      <Words text={tool.description || t("settings.servers.saysNothing")} />
      {tool.says_it_looks && <p className="text-xs text-muted">{t("settings.servers.saysItLooks")}</p>}
      {!tool.refused && (
        <details className="text-sm">
          <summary className="min-h-6 touch:min-h-11">{t("settings.servers.arguments")}</summary>
          {tool.before && <Words text={tool.before.schema} code />}
          {tool.before && <p className="py-1 text-xs text-muted">{t("settings.servers.now")}</p>}
          <Words text={tool.schema} code />
        </details>
      )}
    </section>
  );
}

function Words({ text, code }: { text: string; code?: boolean }) {
  return (
    <pre
      dir={code ? "ltr" : "auto"}
      className="rounded-card bg-sunken p-3 font-mono text-xs break-words whitespace-pre-wrap select-text"
    >
      {text}
    </pre>
  );
}
