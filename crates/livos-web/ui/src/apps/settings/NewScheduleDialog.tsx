import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { isAdmin } from "@/lib/api";
import {
  addSchedule,
  type EventKind,
  type NewSchedule,
  refreshSchedules,
  subagentsQuery,
} from "@/lib/assistant";
import { region, t } from "@/lib/i18n";
import { announce } from "@/lib/notify";
import { Select, TextField } from "@/ui";
import { NewDialog } from "./NewDialog";
import { TextArea, useSave } from "./parts";

const WHENS = ["once", "daily", "weekly", "event", "cron"] as const;
type When = (typeof WHENS)[number];

const OF_APPS: EventKind[] = ["app_problem", "app_stopped", "app_started", "app_update"];
/** Only those who run the server may know of these. */
const OF_THE_SERVER: EventKind[] = [
  "container_stopped",
  "container_unhealthy",
  "unit_failed",
  "journal_line",
];

const weekday = new Intl.DateTimeFormat(region, { weekday: "long", timeZone: "UTC" });
/** The 7th of January 2024 was a Sunday. */
const DAYS = [1, 2, 3, 4, 5, 6, 0].map((day) => ({
  value: String(day),
  label: weekday.format(Date.UTC(2024, 0, 7 + day)),
}));

function subjectHint(event: EventKind): string {
  if (event === "journal_line") return t("settings.schedules.subject.journal");
  if (event === "unit_failed") return t("settings.schedules.subject.unit");
  if (event.startsWith("container_")) return t("settings.schedules.subject.container");
  return t("settings.schedules.subject.app");
}

/** What is to be asked later, by whom it is answered, and when it comes. */
export default function NewScheduleDialog({ onClose }: { onClose: () => void }) {
  const { data } = useQuery(subagentsQuery);
  const [task, setTask] = useState("");
  const [who, setWho] = useState("");
  const [when, setWhen] = useState<When>("daily");
  const [at, setAt] = useState("");
  const [time, setTime] = useState("08:00");
  const [day, setDay] = useState("1");
  const [cron, setCron] = useState("");
  const [event, setEvent] = useState<EventKind>("app_problem");
  const [subject, setSubject] = useState("");
  const { busy, error, save } = useSave();

  const comes = (): Partial<NewSchedule> | undefined => {
    const [hour, minute] = time.split(":").map(Number);
    const clock = hour === undefined || minute === undefined ? undefined : `${minute} ${hour}`;
    if (when === "once") return at ? { at } : undefined;
    if (when === "daily") return clock ? { cron: `${clock} * * *` } : undefined;
    if (when === "weekly") return clock ? { cron: `${clock} * * ${day}` } : undefined;
    if (when === "cron") return cron.trim() ? { cron: cron.trim() } : undefined;
    if (event === "journal_line" && subject.trim() === "") return undefined;
    return { event, subject: subject.trim() };
  };
  const coming = time === "" && (when === "daily" || when === "weekly") ? undefined : comes();
  const whole = task.trim() !== "" && coming !== undefined;
  const submit = async () => {
    const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
    const made = {
      task,
      ...coming,
      time_zone: timeZone,
      ...(who === "" ? {} : { subagent: who }),
    };
    if (!(await save(() => addSchedule(made)))) return;
    await refreshSchedules().catch(() => undefined);
    announce(t("settings.schedules.created"));
    onClose();
  };
  const events = isAdmin() ? [...OF_APPS, ...OF_THE_SERVER] : OF_APPS;
  return (
    <NewDialog
      title={t("settings.schedules.new")}
      action={t("settings.schedules.create")}
      whole={whole}
      busy={busy}
      error={error}
      onSubmit={submit}
      onClose={onClose}
    >
      <TextArea
        label={t("settings.schedules.task")}
        hint={t("settings.schedules.task.hint")}
        value={task}
        onChange={setTask}
      />
      {data && data.subagents.length > 0 && (
        <Select
          label={t("settings.schedules.who")}
          value={who}
          onChange={setWho}
          options={[
            { value: "", label: t("settings.schedules.who.assistant") },
            ...data.subagents.map((one) => ({ value: one.id, label: one.name })),
          ]}
        />
      )}
      <Select
        label={t("settings.schedules.when")}
        value={when}
        onChange={(value) => setWhen(WHENS.find((one) => one === value) ?? "daily")}
        options={WHENS.map((value) => ({ value, label: t(`settings.schedules.when.${value}`) }))}
      />
      {when === "once" && (
        <TextField label={t("settings.schedules.at")} type="datetime-local" value={at} onChange={setAt} />
      )}
      {when === "weekly" && (
        <Select label={t("settings.schedules.day")} value={day} onChange={setDay} options={DAYS} />
      )}
      {(when === "daily" || when === "weekly") && (
        <TextField label={t("settings.schedules.at")} type="time" value={time} onChange={setTime} />
      )}
      {when === "cron" && (
        <TextField
          label={t("settings.schedules.cron")}
          hint={t("settings.schedules.cron.hint")}
          value={cron}
          onChange={setCron}
          autoComplete="off"
          spellCheck={false}
        />
      )}
      {when === "event" && (
        <>
          <Select
            label={t("settings.schedules.event")}
            value={event}
            onChange={(value) => setEvent(events.find((one) => one === value) ?? "app_problem")}
            options={events.map((value) => ({ value, label: t(`settings.event.${value}`) }))}
          />
          <TextField
            label={t(event === "journal_line" ? "settings.schedules.line" : "settings.schedules.subject")}
            hint={subjectHint(event)}
            value={subject}
            onChange={setSubject}
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
          />
        </>
      )}
      <p className="text-xs text-muted">{t("settings.schedules.cost")}</p>
    </NewDialog>
  );
}
