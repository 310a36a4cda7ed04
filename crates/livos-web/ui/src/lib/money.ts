import { region } from "./i18n";

const formats = new Map<number, Intl.NumberFormat>();

/** Millionths of a US dollar as money; what costs less than a cent keeps enough digits to be something. */
export function dollars(millionths: number): string {
  const digits = millionths === 0 || millionths >= 10_000 ? 2 : 4;
  let format = formats.get(digits);
  if (!format) {
    format = new Intl.NumberFormat(region, {
      style: "currency",
      currency: "USD",
      minimumFractionDigits: digits === 4 ? 4 : 2,
      maximumFractionDigits: digits === 4 ? 4 : 3,
      roundingMode: "ceil",
    } as Intl.NumberFormatOptions);
    formats.set(digits, format);
  }
  return format.format(millionths / 1e6);
}

/** What somebody typed as dollars, in millionths; nothing if it is no amount. */
export function millionths(typed: string): number | undefined {
  const text = typed.trim().replace(",", ".");
  if (!/^\d{1,6}(\.\d{1,6})?$/.test(text)) return undefined;
  return Math.round(Number(text) * 1e6);
}

/** As it is typed: the other way round. */
export function typedDollars(value: number): string {
  return String(value / 1e6);
}
