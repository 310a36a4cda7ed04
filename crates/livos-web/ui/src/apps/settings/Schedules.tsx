import { useQuery } from "@tanstack/react-query";
import { AlarmClock, CircleAlert } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { errorText, sentence } from "@/lib/api";
import {
  pauseSchedule,
  refreshSchedules,
  removeSchedule,
  restoreSchedule,
  runSchedule,
  type Schedule,
  type Schedules as SchedulesReply,
  schedulesQuery,
} from "@/lib/assistant";
import { ago, elapsed, exact, number } from "@/lib/format";
import { type TextKey, t } from "@/lib/i18n";
import { announce, reportProblem, toast } from "@/lib/notify";
import { openApp } from "@/lib/window";
import { Badge, Button, EmptyState, MenuButton, QueryView, StaleNote } from "@/ui";
import { wordsOfCron } from "./cron";
import { Group, Row } from "./parts";

export const LAST: Record<string, TextKey> = {
  running: "settings.schedules.running",
  done: "settings.schedules.done",
  failed: "settings.schedules.failedRun",
  stopped: "settings.schedules.stopped",
};

const NewScheduleDialog = lazy(() => import("./NewScheduleDialog"));

/** What the assistant is to be asked later. They are made by asking it, or here. */
export function Schedules() {
  const query = useQuery(schedulesQuery);
  const [making, setMaking] = useState(false);
  return (
    <Group
      title={t("settings.schedules")}
      end={
        <span className="flex items-center gap-2">
          <StaleNote at={query.dataUpdatedAt} />
          <Button size="sm" write onClick={() => setMaking(true)}>
            {t("settings.schedules.new")}
          </Button>
        </span>
      }
    >
      <QueryView query={query} failed={t("settings.schedules.failed")}>
        {({ schedules }: SchedulesReply) =>
          schedules.length === 0 ? (
            <EmptyState
              icon={AlarmClock}
              title={t("settings.schedules.empty")}
              text={t("settings.schedules.emptyText")}
            />
          ) : (
            schedules.map((one) => <Line key={one.id} one={one} />)
          )
        }
      </QueryView>
      {making && (
        <Suspense fallback={null}>
          <NewScheduleDialog onClose={() => setMaking(false)} />
        </Suspense>
      )}
    </Group>
  );
}

/** What has to happen for one to come, in words. */
function happens({ kind, subject }: NonNullable<Schedule["event"]>): string {
  const what = t(`settings.event.${kind}`);
  return subject ? t("settings.schedules.on", { what, subject }) : what;
}

/** How often one comes, in words. */
export function often(one: Schedule): string {
  if (typeof one.every === "number")
    return t("settings.schedules.loop", {
      interval: elapsed(one.every * 1000),
      done: number(one.done ?? 0),
      most: number(one.most ?? 0),
    });
  if (one.event) return happens(one.event);
  return one.cron ? wordsOfCron(one.cron) : t("settings.schedules.once");
}

/** Whether nothing more comes of it. Between two runs of a loop it is not known yet when the next one comes. */
export function isOver(one: Schedule): boolean {
  if (one.paused || typeof one.next_at === "number" || one.event) return false;
  return typeof one.every === "number" ? (one.done ?? 0) >= (one.most ?? 0) : !one.cron;
}

async function attempt(work: () => Promise<unknown>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    reportProblem(errorText(error));
    return false;
  } finally {
    await refreshSchedules().catch(() => undefined);
  }
}

function Line({ one }: { one: Schedule }) {
  // It has none before it has come for the first time.
  const open = () => openApp("assistant", `/${one.conversation}`);
  const run = async () => {
    if (await attempt(() => runSchedule(one.id))) announce(t("settings.schedules.begun"));
  };
  const remove = async () => {
    if (!(await attempt(() => removeSchedule(one.id)))) return;
    toast(t("settings.schedules.removed"), {
      label: t("shell.action.undo"),
      run: () => void attempt(() => restoreSchedule(one.id)),
    });
  };
  // What was to come once and has come is only there to be looked at, or run again.
  const over = isOver(one);
  return (
    <Row
      label={
        <span className="flex flex-wrap items-center gap-2">
          <span dir="auto" className="line-clamp-2">
            {one.task}
          </span>
          {one.subagent && <Badge>{t("settings.schedules.subagent", { id: one.subagent })}</Badge>}
          {one.paused && <Badge tone="warn">{t("settings.schedules.paused")}</Badge>}
        </span>
      }
      line={
        <>
          <span className="block">
            {often(one)} · <bdi>{one.time_zone}</bdi>
            {typeof one.next_at === "number" && (
              <> · {t("settings.schedules.next", { when: exact(one.next_at) })}</>
            )}
          </span>
          {typeof one.last_at === "number" && (
            <span className="block" title={exact(one.last_at)}>
              {t("settings.schedules.last", {
                when: ago(one.last_at),
                how: t(LAST[one.last ?? ""] ?? "settings.schedules.gone"),
              })}
            </span>
          )}
          {one.problem && (
            <span className="mt-1 flex items-start gap-1.5 text-danger">
              <CircleAlert size={14} aria-hidden className="mt-px" />
              <span dir="auto">{sentence(one.problem)}</span>
            </span>
          )}
        </>
      }
    >
      <MenuButton
        label={t("settings.schedules.menu", { task: one.task.slice(0, 40) })}
        items={[
          one.conversation !== "" && { label: t("settings.schedules.open"), onSelect: open },
          { label: t("settings.schedules.run"), onSelect: () => void run() },
          !over && {
            label: t(one.paused ? "shell.action.resume" : "shell.action.pause"),
            onSelect: () => void attempt(() => pauseSchedule(one.id, !one.paused)),
          },
          { separator: true },
          { label: t("settings.schedules.remove"), danger: true, onSelect: () => void remove() },
        ]}
      />
    </Row>
  );
}
