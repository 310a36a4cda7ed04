import { region, t } from "./i18n";

const UNITS = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte", "petabyte"] as const;
const numbers = new Map<string, Intl.NumberFormat>();

function unitFormat(unit: string, digits: number): Intl.NumberFormat {
  const key = `${unit}/${digits}`;
  let format = numbers.get(key);
  if (!format) {
    format = new Intl.NumberFormat(region, {
      style: "unit",
      unit,
      // "260 bytes": the short form of this one unit has no plural in English.
      unitDisplay: unit === "byte" ? "long" : "short",
      maximumFractionDigits: digits,
    });
    numbers.set(key, format);
  }
  return format;
}

function scale(bytes: number): { value: number; unit: string; digits: number } {
  let value = bytes;
  let step = 0;
  while (value >= 999.5 && step < UNITS.length - 1) {
    value /= 1000;
    step++;
  }
  return {
    value,
    unit: UNITS[step] ?? "byte",
    digits: step === 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2,
  };
}

/** Decimal units: 1 kB is 1,000 bytes. */
export function bytes(count: number): string {
  const { value, unit, digits } = scale(Math.max(0, count));
  return unitFormat(unit, digits).format(value);
}

/** "312 of 740 MB", saying the unit once when both share it. */
export function bytesOf(done: number, total: number): string {
  const whole = scale(total);
  const part = scale(done);
  const doneText =
    whole.unit === part.unit
      ? new Intl.NumberFormat(region, { maximumFractionDigits: whole.digits }).format(part.value)
      : bytes(done);
  return t("shell.progress.of", { done: doneText, total: bytes(total) });
}

export function perSecond(rate: number): string {
  return `${bytes(rate)}/s`;
}

export function number(value: number): string {
  return value.toLocaleString(region);
}

export function percent(value: number): string {
  return new Intl.NumberFormat(region, { style: "percent", maximumFractionDigits: 0 }).format(value);
}

/** "40 s", "12 min", "2 h": the largest useful unit only. */
export function duration(seconds: number): string {
  if (seconds < 60) return unitFormat("second", 0).format(Math.max(1, Math.round(seconds)));
  if (seconds < 3600) return unitFormat("minute", 0).format(Math.round(seconds / 60));
  if (seconds < 86_400) return unitFormat("hour", 1).format(seconds / 3600);
  return unitFormat("day", 0).format(Math.round(seconds / 86_400));
}

/** "0.4 s": for what is over before one could look at a clock. */
export function elapsed(milliseconds: number): string {
  if (milliseconds >= 9_950) return duration(milliseconds / 1000);
  return unitFormat("second", 1).format(Math.max(0.1, milliseconds / 1000));
}

const relative = new Intl.RelativeTimeFormat(region, { numeric: "auto" });
const dayFormat = new Intl.DateTimeFormat(region, { year: "numeric", month: "short", day: "numeric" });
const exactFormat = new Intl.DateTimeFormat(region, { dateStyle: "long", timeStyle: "medium" });
const clockFormat = new Intl.DateTimeFormat(region, { hour: "2-digit", minute: "2-digit" });

/** Relative under seven days, a date after that. `at` is in UTC seconds. */
export function ago(at: number, now = Date.now()): string {
  const seconds = Math.round(now / 1000 - at);
  const size = Math.abs(seconds);
  if (size < 45) return t("shell.time.now");
  if (size < 3600) return relative.format(-Math.round(seconds / 60) || -1, "minute");
  if (size < 86_400) return relative.format(-Math.round(seconds / 3600), "hour");
  if (size < 7 * 86_400) return relative.format(-Math.round(seconds / 86_400), "day");
  return dayFormat.format(at * 1000);
}

/** The full date and time, for tooltips. */
export function exact(at: number): string {
  return exactFormat.format(at * 1000);
}

export function clock(at: number): string {
  return clockFormat.format(at * 1000);
}

export function day(at: number): string {
  return dayFormat.format(at * 1000);
}

/** Sorts names the way people count: "img 2" before "img 10". */
export const collator = new Intl.Collator(region, { numeric: true, sensitivity: "base" });
