import { region, t } from "@/lib/i18n";

const time = new Intl.DateTimeFormat(region, { hour: "numeric", minute: "2-digit", timeZone: "UTC" });
const weekday = new Intl.DateTimeFormat(region, { weekday: "long", timeZone: "UTC" });

/** The usual schedules in words; any other as it is written. */
export function wordsOfCron(cron: string): string {
  const parts = cron.trim().split(/\s+/);
  const [minute = "", hour = "", day, month, week = ""] = parts;
  if (parts.length !== 5 || day !== "*" || month !== "*" || !/^\d{1,2}$/.test(minute)) return cron;
  if (hour === "*" && week === "*") return t("settings.cron.hourly", { minute: minute.padStart(2, "0") });
  if (!/^\d{1,2}$/.test(hour)) return cron;
  const at = time.format(Date.UTC(2024, 0, 1, Number(hour), Number(minute)));
  if (week === "*") return t("settings.cron.daily", { at });
  if (/^(1-5|mon-fri)$/i.test(week)) return t("settings.cron.weekdays", { at });
  // The 7th of January 2024 was a Sunday.
  if (/^[0-7]$/.test(week))
    return t("settings.cron.weekly", { day: weekday.format(Date.UTC(2024, 0, 7 + (Number(week) % 7))), at });
  return cron;
}
