import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { errorText, queries } from "@/lib/api";
import { assistantKeys, conversationsQuery, type Rule, rulesQuery, setRule } from "@/lib/assistant";
import { type TextKey, t } from "@/lib/i18n";
import { reportProblem } from "@/lib/notify";
import { openApp } from "@/lib/window";
import { Button, QueryView, Select, StaleNote } from "@/ui";
import { Group, Row } from "./parts";

/** What the assistant ever proposes. A rule for something that only a newer server knows shows its tool's name. */
const TOOLS: Record<string, TextKey> = {
  apps_start: "settings.rules.apps_start",
  apps_stop: "settings.rules.apps_stop",
  apps_restart: "settings.rules.apps_restart",
  apps_install: "settings.rules.apps_install",
  apps_update: "settings.rules.apps_update",
  apps_remove: "settings.rules.apps_remove",
  docker_start: "settings.rules.docker_start",
  docker_stop: "settings.rules.docker_stop",
  docker_restart: "settings.rules.docker_restart",
  docker_exec: "settings.rules.docker_exec",
  service_restart: "settings.rules.service_restart",
  mcp_install: "settings.rules.mcp_install",
  mcp_manage: "settings.rules.mcp_manage",
  mcp_config_raw: "settings.rules.mcp_config_raw",
  files_write: "settings.rules.files_write",
  files_move: "settings.rules.files_move",
  files_trash: "settings.rules.files_trash",
  scrape: "settings.rules.scrape",
  web_search: "settings.rules.web_search",
};
const VERDICTS = ["ask", "allow", "deny"] as const;
/** These are looked at each time. */
const EACH_TIME = [
  "apps_install",
  "apps_update",
  "apps_remove",
  "docker_start",
  "docker_stop",
  "docker_restart",
  "docker_exec",
  "service_restart",
  "mcp_install",
  "mcp_manage",
  "mcp_config_raw",
];

/** What the assistant may do without asking this person, and what it may not do at all. */
export function Rules() {
  const rules = useQuery({ ...rulesQuery, staleTime: 0 });
  return (
    <>
      <Group title={t("settings.rules")} end={<StaleNote at={rules.dataUpdatedAt} />}>
        <QueryView query={rules} failed={t("settings.rules.failed")}>
          {(all: Rule[]) => <Lines rules={all} />}
        </QueryView>
      </Group>
      <p className="text-xs text-muted">{t("settings.rules.explain")}</p>
    </>
  );
}

function Lines({ rules }: { rules: Rule[] }) {
  const everywhere = rules.filter((rule) => !rule.conversation);
  const tools = [...new Set([...Object.keys(TOOLS), ...everywhere.map((rule) => rule.tool)])];
  return (
    <>
      {tools.map((tool) => (
        <Everywhere
          key={tool}
          tool={tool}
          verdict={everywhere.find((rule) => rule.tool === tool)?.verdict ?? "ask"}
        />
      ))}
      {rules
        .filter((rule) => rule.conversation)
        .map((rule) => (
          <InOne key={`${rule.tool}/${rule.conversation}`} rule={rule} />
        ))}
    </>
  );
}

const nameOf = (tool: string) => (TOOLS[tool] ? t(TOOLS[tool]) : tool);

/** Settles it and shows what the server keeps, also when it refused. */
async function settle(tool: string, conversation: string, verdict: string): Promise<void> {
  try {
    await setRule(tool, { conversation, verdict });
  } catch (error) {
    reportProblem(errorText(error));
  }
  await queries.invalidateQueries({ queryKey: assistantKeys.rules });
}

function Everywhere({ tool, verdict }: { tool: string; verdict: string }) {
  const [chosen, setChosen] = useState<string>();
  const choose = async (next: string) => {
    setChosen(next);
    await settle(tool, "", next);
    setChosen(undefined);
  };
  return (
    <Row label={nameOf(tool)}>
      <Select
        label={nameOf(tool)}
        hideLabel
        write
        value={chosen ?? verdict}
        onChange={(next) => void choose(next)}
        options={VERDICTS.filter((one) => one !== "allow" || !EACH_TIME.includes(tool)).map((one) => ({
          value: one,
          label: t(`settings.rules.${one}`),
        }))}
      />
    </Row>
  );
}

function InOne({ rule }: { rule: Rule }) {
  const { data } = useQuery(conversationsQuery);
  const [busy, setBusy] = useState(false);
  const title =
    data?.find((one) => one.id === rule.conversation)?.title || t("settings.rules.oneConversation");
  const again = async () => {
    setBusy(true);
    await settle(rule.tool, rule.conversation, "ask");
    setBusy(false);
  };
  return (
    <Row
      label={nameOf(rule.tool)}
      line={
        <>
          {t(rule.verdict === "deny" ? "settings.rules.deniedIn" : "settings.rules.allowedIn")}{" "}
          <button
            type="button"
            className="min-h-6 touch:min-h-11 text-start underline underline-offset-4"
            onClick={() => openApp("assistant", `/${rule.conversation}`)}
          >
            <bdi>{title}</bdi>
          </button>
        </>
      }
    >
      <Button
        size="sm"
        write
        busy={busy}
        aria-label={t("settings.rules.againIn", { what: nameOf(rule.tool), where: title })}
        onClick={() => void again()}
      >
        {t("settings.rules.again")}
      </Button>
    </Row>
  );
}
