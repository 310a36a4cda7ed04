import { useQuery } from "@tanstack/react-query";
import { Bot, CircleAlert } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { errorText, sentence } from "@/lib/api";
import {
  pauseSubagent,
  refreshSubagents,
  removeSubagent,
  runSubagent,
  type Subagent,
  type Subagents as SubagentsReply,
  subagentsQuery,
} from "@/lib/assistant";
import { ago, exact } from "@/lib/format";
import { t } from "@/lib/i18n";
import { announce, reportProblem } from "@/lib/notify";
import { openApp } from "@/lib/window";
import { Badge, Button, EmptyState, MenuButton, QueryView, StaleNote, useConfirm } from "@/ui";
import { Group, Row } from "./parts";
import { isOver, LAST, often } from "./Schedules";

const SubagentDialog = lazy(() => import("./SubagentDialog"));
const NewSubagentDialog = lazy(() => import("./NewSubagentDialog"));

/** Those that work for a person under a name. They are made by asking the assistant for one, or here. */
export function Subagents() {
  const query = useQuery(subagentsQuery);
  const [open, setOpen] = useState("");
  const [making, setMaking] = useState(false);
  return (
    <>
      <Group
        title={t("settings.subagents")}
        end={
          <span className="flex items-center gap-2">
            <StaleNote at={query.dataUpdatedAt} />
            <Button size="sm" write onClick={() => setMaking(true)}>
              {t("settings.subagents.new")}
            </Button>
          </span>
        }
      >
        <QueryView query={query} failed={t("settings.subagents.failed")}>
          {({ subagents }: SubagentsReply) =>
            subagents.length === 0 ? (
              <EmptyState
                icon={Bot}
                title={t("settings.subagents.empty")}
                text={t("settings.subagents.emptyText")}
              />
            ) : (
              subagents.map((one) => <Line key={one.id} one={one} onOpen={() => setOpen(one.id)} />)
            )
          }
        </QueryView>
      </Group>
      {making && (
        <Suspense fallback={null}>
          <NewSubagentDialog onClose={() => setMaking(false)} />
        </Suspense>
      )}
      {open && (
        <Suspense fallback={null}>
          <SubagentDialog id={open} onClose={() => setOpen("")} />
        </Suspense>
      )}
    </>
  );
}

async function attempt(work: () => Promise<unknown>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    reportProblem(errorText(error));
    return false;
  } finally {
    await refreshSubagents().catch(() => undefined);
  }
}

function Line({ one, onOpen }: { one: Subagent; onOpen: () => void }) {
  const confirm = useConfirm();
  const coming = one.schedules.filter((plan) => !isOver(plan));
  const paused = coming.length > 0 && coming.every((plan) => plan.paused);
  const run = async () => {
    if (await attempt(() => runSubagent(one.id))) announce(t("settings.subagents.begun", { name: one.name }));
  };
  const remove = async () => {
    const yes = await confirm({
      title: t("settings.subagents.removeTitle", { name: one.name }),
      text: t("settings.subagents.removeText"),
      action: t("settings.subagents.remove"),
      danger: true,
    });
    if (yes) await attempt(() => removeSubagent(one.id));
  };
  return (
    <Row
      label={
        <span className="flex flex-wrap items-center gap-2">
          <bdi>{one.name}</bdi>
          {one.running && <Badge tone="accent">{t("settings.subagents.running")}</Badge>}
          {paused && <Badge tone="warn">{t("settings.schedules.paused")}</Badge>}
        </span>
      }
      line={
        <>
          <span dir="auto" className="line-clamp-2">
            {one.description}
          </span>
          {one.schedules.map((plan) => (
            <span key={plan.id} className="block">
              {often(plan)} · <bdi>{plan.task.slice(0, 60)}</bdi>
              {typeof plan.next_at === "number" && (
                <> · {t("settings.schedules.next", { when: exact(plan.next_at) })}</>
              )}
              {plan.problem && (
                <span className="mt-1 flex items-start gap-1.5 text-danger">
                  <CircleAlert size={14} aria-hidden className="mt-px" />
                  <span dir="auto">{sentence(plan.problem)}</span>
                </span>
              )}
            </span>
          ))}
          <span className="block">
            {t("settings.subagents.runs", { count: one.runs })}
            {typeof one.last_at === "number" && (
              <span title={exact(one.last_at)}>
                {" · "}
                {t("settings.schedules.last", {
                  when: ago(one.last_at),
                  how: t(LAST[one.last ?? ""] ?? "settings.subagents.noRun"),
                })}
              </span>
            )}
          </span>
        </>
      }
    >
      <Button size="sm" aria-label={t("settings.subagents.lookAt", { name: one.name })} onClick={onOpen}>
        {t("settings.subagents.look")}
      </Button>
      <MenuButton
        label={t("settings.subagents.menu", { name: one.name })}
        items={[
          {
            label: t("settings.schedules.open"),
            onSelect: () => openApp("assistant", `/${one.conversation}`),
          },
          coming.length > 0 && { label: t("settings.schedules.run"), onSelect: () => void run() },
          coming.length > 0 && {
            label: t(paused ? "shell.action.resume" : "shell.action.pause"),
            onSelect: () => void attempt(() => pauseSubagent(one.id, !paused)),
          },
          { separator: true },
          { label: t("settings.subagents.remove"), danger: true, onSelect: () => void remove() },
        ]}
      />
    </Row>
  );
}
