import { useQuery } from "@tanstack/react-query";
import { CircleAlert, Plug, Plus, TriangleAlert } from "lucide-react";
import { useRef, useState } from "react";
import { errorText, sentence } from "@/lib/api";
import { ago, exact } from "@/lib/format";
import { t } from "@/lib/i18n";
import { announce, reportProblem } from "@/lib/notify";
import { downloadText } from "@/lib/storage";
import {
  exportToolServers,
  importToolServers,
  lookAtToolServer,
  refreshToolServers,
  removeToolServer,
  type ServersImported,
  switchToolServer,
  type ToolServer,
  type ToolServers as ToolServersReply,
  toolServersQuery,
} from "@/lib/toolServers";
import { Badge, Button, EmptyState, MenuButton, QueryView, StaleNote, useConfirm } from "@/ui";
import { AskingDialog } from "./AskingDialog";
import { typed } from "./command";
import { Group, Row } from "./parts";
import { ServerToolsDialog } from "./ServerToolsDialog";
import { ToolServerDialog } from "./ToolServerDialog";

/** What a file of servers may have; a longer one is none and is not read. */
const LONGEST = 48 * 1024;

/** Other servers whose tools the assistant uses, and which of them. */
export default function ToolServers() {
  const query = useQuery(toolServersQuery);
  const [dialog, setDialog] = useState<ToolServer | "new" | null>(null);
  const [open, setOpen] = useState<ToolServer>();
  const add = () => setDialog("new");
  const file = useRef<HTMLInputElement>(null);
  const [busy, setBusy] = useState(false);
  const [asking, setAsking] = useState<{ text: string; programs: ServersImported["asking"] }>();
  const take = async (chosen: File | undefined) => {
    if (!chosen) return;
    if (chosen.size > LONGEST) return reportProblem(t("settings.servers.fileTooLong"));
    await bring(await chosen.text());
  };
  const bring = async (text: string, agreed?: string[]) => {
    setBusy(true);
    try {
      const { kept, refused, asking: programs } = await importToolServers(text, agreed);
      // Whoever has answered once has seen them all.
      if (programs.length > 0 && !agreed) setAsking({ text, programs });
      for (const one of refused)
        reportProblem(t("settings.servers.notAdded", { name: one.name, why: sentence(one.why) }));
      if (kept.length > 0) announce(t("settings.servers.added", { names: kept.join(", ") }));
    } catch (error) {
      reportProblem(errorText(error));
    } finally {
      await refreshToolServers().catch(() => undefined);
      setBusy(false);
    }
  };
  const save = async () => {
    try {
      downloadText("mcp.json", JSON.stringify(await exportToolServers(), null, 2));
    } catch (error) {
      reportProblem(errorText(error));
    }
  };
  const some = (query.data?.servers.length ?? 0) > 0;
  return (
    <>
      <Group
        title={t("settings.servers")}
        end={
          <span className="flex items-center gap-3">
            <StaleNote at={query.dataUpdatedAt} />
            {some && (
              <Button size="sm" icon={Plus} write busy={busy} onClick={add}>
                {t("settings.servers.add")}
              </Button>
            )}
            <MenuButton
              label={t("settings.servers.more")}
              items={[
                { label: t("settings.servers.import"), onSelect: () => file.current?.click() },
                some && { label: t("settings.servers.export"), onSelect: () => void save() },
              ]}
            />
            <input
              ref={file}
              type="file"
              hidden
              accept=".json,application/json"
              aria-label={t("settings.servers.import")}
              onChange={(event) => {
                void take(event.target.files?.[0]);
                event.target.value = "";
              }}
            />
          </span>
        }
      >
        <QueryView query={query} failed={t("settings.servers.failed")}>
          {({ servers }: ToolServersReply) =>
            servers.length === 0 ? (
              <EmptyState
                icon={Plug}
                title={t("settings.servers.empty")}
                text={t("settings.servers.emptyText")}
                action={
                  <Button write busy={busy} onClick={add}>
                    {t("settings.servers.add")}
                  </Button>
                }
              />
            ) : (
              servers.map((one) => (
                <Line key={one.name} one={one} onEdit={() => setDialog(one)} onOpen={() => setOpen(one)} />
              ))
            )
          }
        </QueryView>
      </Group>
      <p className="text-xs text-muted">{t("settings.servers.explain")}</p>
      {dialog && (
        <ToolServerDialog
          server={dialog === "new" ? undefined : dialog}
          onSaved={setOpen}
          onClose={() => setDialog(null)}
        />
      )}
      {asking && (
        <AskingDialog
          asking={asking.programs}
          onAgreed={(agreed) => bring(asking.text, agreed)}
          onClose={() => setAsking(undefined)}
        />
      )}
      {open && <ServerToolsDialog server={open} onClose={() => setOpen(undefined)} />}
    </>
  );
}

interface LineProps {
  one: ToolServer;
  onEdit: () => void;
  onOpen: () => void;
}

function Line({ one, onEdit, onOpen }: LineProps) {
  const confirm = useConfirm();
  const [busy, setBusy] = useState(false);
  const attempt = async (work: () => Promise<unknown>) => {
    setBusy(true);
    try {
      await work();
    } catch (error) {
      reportProblem(errorText(error));
    } finally {
      await refreshToolServers().catch(() => undefined);
      setBusy(false);
    }
  };
  const remove = async () => {
    const yes = await confirm({
      title: t("settings.servers.removeTitle", { name: one.name }),
      text: t("settings.servers.removeText"),
      action: t("settings.ai.remove"),
      danger: true,
    });
    if (yes) await attempt(() => removeToolServer(one.name));
  };
  const count = (states: string[]) => one.tools.filter((tool) => states.includes(tool.state)).length;
  const changed = count(["changed"]);
  return (
    <Row
      label={
        <span className="flex flex-wrap items-center gap-2">
          <bdi>{one.name}</bdi>
          {!one.on && <Badge>{t("settings.off")}</Badge>}
          {changed > 0 && <Badge tone="warn">{t("settings.servers.changedCount", { count: changed })}</Badge>}
        </span>
      }
      line={
        <>
          {one.program ? (
            <code dir="ltr" className="whitespace-pre-wrap">
              {typed(one.program.command)}
            </code>
          ) : (
            <bdi>{one.url}</bdi>
          )}
          {one.program?.network && <> · {t("settings.servers.hasNetwork")}</>}
          {one.headers.length > 0 && <> · {t("settings.ai.keySet")}</>}
          <span className="block">
            {t("settings.servers.used", { used: count(["ask", "look"]), count: one.tools.length })}
            {!one.problem && (
              <span title={exact(one.checked_at)}>
                {" "}
                · {t("settings.ai.checked", { when: ago(one.checked_at) })}
              </span>
            )}
          </span>
          {busy && (
            <span role="status" className="block">
              {t("settings.servers.asking")}
            </span>
          )}
          {one.problem && !busy && (
            <span className="mt-1 flex items-start gap-1.5 text-danger">
              <CircleAlert size={14} aria-hidden className="mt-px" />
              <span dir="auto">{sentence(one.problem.message)}</span>
            </span>
          )}
          {changed > 0 && (
            <span className="mt-1 flex items-start gap-1.5">
              <TriangleAlert size={14} aria-hidden className="mt-px text-warn" />
              {t("settings.servers.changedText")}
            </span>
          )}
        </>
      }
    >
      <Button size="sm" aria-label={t("settings.servers.toolsOf", { name: one.name })} onClick={onOpen}>
        {t("settings.servers.tools")}
      </Button>
      <MenuButton
        label={t("settings.ai.menu", { name: one.name })}
        items={[
          { label: t("settings.ai.edit"), onSelect: onEdit },
          {
            label: t("settings.servers.look"),
            onSelect: () => void attempt(() => lookAtToolServer(one.name)),
          },
          {
            label: t(one.on ? "settings.servers.switchOff" : "settings.servers.switchOn"),
            onSelect: () => void attempt(() => switchToolServer(one.name, !one.on)),
          },
          { separator: true },
          { label: t("settings.ai.remove"), danger: true, onSelect: () => void remove() },
        ]}
      />
    </Row>
  );
}
