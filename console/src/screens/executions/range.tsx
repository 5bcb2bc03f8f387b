import { useMemo } from "react";
import { useTranslation } from "react-i18next";

import { DateRangePicker } from "@/ui/cloudscape";

import { parseQuery, withTokens, type QueryToken } from "./query";

const UNITS: Record<string, "second" | "minute" | "hour" | "day"> = { s: "second", m: "minute", h: "hour", d: "day" };
const LETTERS: Record<string, string> = { second: "s", minute: "m", hour: "h", day: "d", week: "d", month: "d" };
const DAYS: Record<string, number> = { week: 7, month: 30 };
const OFFERED = [
  [15, "minute"],
  [1, "hour"],
  [24, "hour"],
  [7, "day"],
  [30, "day"],
] as const;

type Value = React.ComponentProps<typeof DateRangePicker>["value"];

/** The range that the `started` tokens of a query say, if the picker can say it, too. */
export function rangeOf(query: string): Value {
  const tokens = parseQuery(query).filter((token) => token.key === "started");
  const relative = tokens.length === 1 && tokens[0]?.operator === ">" ? /^-(\d+)([smhd])$/.exec(tokens[0].values[0] ?? "") : null;
  if (relative?.[2]) return { type: "relative", amount: Number(relative[1]), unit: UNITS[relative[2]] ?? "hour" };
  const from = tokens.find((token) => token.operator === ">=")?.values[0];
  const to = tokens.find((token) => token.operator === "<=")?.values[0];
  return from && to ? { type: "absolute", startDate: from, endDate: to } : null;
}

/** A query whose `started` tokens say a range. */
export function withRange(query: string, value: Value): string {
  return withTokens(query, "started", tokensOf(value));
}

function tokensOf(value: Value): QueryToken[] {
  if (!value) return [];
  if (value.type === "relative") {
    const amount = value.amount * (DAYS[value.unit] ?? 1);
    return [{ key: "started", operator: ">", values: [`-${amount}${LETTERS[value.unit] ?? "h"}`] }];
  }
  const utc = (text: string) => new Date(text).toISOString().replace(".000Z", "Z");
  return [
    { key: "started", operator: ">=", values: [utc(value.startDate)] },
    { key: "started", operator: "<=", values: [utc(value.endDate)] },
  ];
}

/** When the executions began: some time until now, or from one moment to another. */
export function Range({ query, onQuery }: { query: string; onQuery: (query: string) => void }) {
  const { t } = useTranslation();
  const value = useMemo(() => rangeOf(query), [query]);
  return (
    <DateRangePicker
      value={value}
      onChange={({ detail }) => onQuery(withRange(query, detail.value))}
      relativeOptions={OFFERED.map(([amount, unit]) => ({ key: `${amount}${unit}`, amount, unit, type: "relative" }))}
      isValidRange={(range) =>
        range?.type === "absolute" && !(range.startDate < range.endDate)
          ? { valid: false, errorMessage: t("executions.range.wrong") }
          : { valid: true }
      }
      i18nStrings={{
        formatRelativeRange: ({ amount, unit }) => t(`executions.range.${unit as "minute" | "hour" | "day"}`, { count: amount }),
        formatUnit: (unit, amount) => t(`executions.range.unit.${unit as "minute" | "hour" | "day"}`, { count: amount }),
      }}
      placeholder={t("executions.range.any")}
      expandToViewport
      showClearButton
    />
  );
}
