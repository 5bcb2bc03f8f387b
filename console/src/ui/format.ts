import i18next from "i18next";

import type { Preferences } from "./preferences";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

type Unit = "millisecond" | "second" | "minute" | "hour" | "day";

function language(): string {
  return i18next.language || "en";
}

const made = new Map<string, Intl.NumberFormat | Intl.DateTimeFormat | Intl.RelativeTimeFormat>();

/** Formatters are dear to make and asked for by every row. */
function kept<Format extends Intl.NumberFormat | Intl.DateTimeFormat | Intl.RelativeTimeFormat>(key: string, make: () => Format): Format {
  const found = made.get(key) ?? make();
  made.set(key, found);
  return found as Format;
}

function unit(value: number, name: Unit, digits = 0): string {
  const format = kept(
    `${language()} ${name} ${digits}`,
    () => new Intl.NumberFormat(language(), { style: "unit", unit: name, unitDisplay: "narrow", maximumFractionDigits: digits }),
  );
  return format.format(value);
}

/** A length of time in at most two units: `850ms`, `3.4s`, `2m 5s`, `1h 3m`, `2d 4h`. */
export function duration(ms: number): string {
  if (ms < SECOND) return unit(Math.max(0, Math.round(ms)), "millisecond");
  if (ms < 10 * SECOND) return unit(Math.floor(ms / 100) / 10, "second", 1);
  if (ms < MINUTE) return unit(Math.floor(ms / SECOND), "second");
  const [large, largeName, small, smallName] = steps(ms);
  const whole = Math.floor(ms / large);
  const rest = Math.floor((ms % large) / small);
  return rest ? `${unit(whole, largeName)} ${unit(rest, smallName)}` : unit(whole, largeName);
}

function steps(ms: number): [number, Unit, number, Unit] {
  if (ms < HOUR) return [MINUTE, "minute", SECOND, "second"];
  if (ms < DAY) return [HOUR, "hour", MINUTE, "minute"];
  return [DAY, "day", HOUR, "hour"];
}

export function count(value: number): string {
  return kept(`${language()} number`, () => new Intl.NumberFormat(language())).format(value);
}

export function percent(part: number): string {
  const format = () => new Intl.NumberFormat(language(), { style: "percent", maximumFractionDigits: 1 });
  return kept(`${language()} percent`, format).format(part);
}

/** A moment with seconds, in the zone that the person prefers. */
export function moment(ms: number, zone: Preferences["zone"]): string {
  const make = () =>
    new Intl.DateTimeFormat(language(), {
      year: "numeric",
      month: "short",
      day: "numeric",
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit",
      hourCycle: "h23",
      ...(zone === "utc" && { timeZone: "UTC" }),
    });
  return kept(`${language()} moment ${zone}`, make).format(ms);
}

/** The day of a moment. */
export function day(ms: number, zone: Preferences["zone"]): string {
  const make = () => new Intl.DateTimeFormat(language(), { month: "short", day: "numeric", ...(zone === "utc" && { timeZone: "UTC" }) });
  return kept(`${language()} day ${zone}`, make).format(ms);
}

/** The time of a day: to the minute, the second or the millisecond. */
export function clock(ms: number, zone: Preferences["zone"], to: "minute" | "second" | "millisecond" = "second"): string {
  const make = () =>
    new Intl.DateTimeFormat(language(), {
      hour: "2-digit",
      minute: "2-digit",
      ...(to !== "minute" && { second: "2-digit" }),
      ...(to === "millisecond" && { fractionalSecondDigits: 3 }),
      hourCycle: "h23",
      ...(zone === "utc" && { timeZone: "UTC" }),
    });
  return kept(`${language()} clock ${zone} ${to}`, make).format(ms);
}

/** How long ago a moment was, in one unit. */
export function ago(ms: number, nowMs: number): string {
  const passed = Math.max(0, nowMs - ms);
  const format = kept(`${language()} ago`, () => new Intl.RelativeTimeFormat(language(), { numeric: "auto", style: "short" }));
  if (passed < MINUTE) return format.format(-Math.floor(passed / SECOND), "second");
  if (passed < HOUR) return format.format(-Math.floor(passed / MINUTE), "minute");
  if (passed < DAY) return format.format(-Math.floor(passed / HOUR), "hour");
  return format.format(-Math.floor(passed / DAY), "day");
}

/** Bytes of a text in UTF-8, as people read sizes. */
export function size(text: string): string {
  const bytes = new TextEncoder().encode(text).length;
  const [value, symbol] = bytes < 1024 ? [bytes, "B"] : bytes < 1024 ** 2 ? [bytes / 1024, "kB"] : [bytes / 1024 ** 2, "MB"];
  const make = () => new Intl.NumberFormat(language(), { maximumFractionDigits: 1 });
  return `${kept(`${language()} size`, make).format(value)} ${symbol}`;
}
