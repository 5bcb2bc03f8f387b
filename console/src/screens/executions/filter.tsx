import { useMemo } from "react";
import { useTranslation } from "react-i18next";

import { PropertyFilter, type PropertyFilterProps } from "@/ui/cloudscape";

import { formatQuery, parseQuery, type QueryToken } from "./query";

type Property = PropertyFilterProps.FilteringProperty;
type Token = PropertyFilterProps.Token;
type Operator = PropertyFilterProps.ComparisonOperator;

const TEXT: Operator[] = ["=", "!=", ":", "!:", "^"];
const ORDER: Operator[] = ["=", "!=", "<", "<=", ">", ">="];
const SPAN: Operator[] = ["<", "<=", ">", ">="];
const STATUSES = ["RUNNING", "SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"] as const;

const PROPERTIES = {
  status: ["=", "!="],
  name: TEXT,
  machine: TEXT,
  started: SPAN,
  stopped: SPAN,
  duration: SPAN,
  error: TEXT,
  cause: TEXT,
  state: TEXT,
  input: [":", "!:"],
  output: [":", "!:"],
  version: ORDER,
  alias: ["=", "!="],
  redrives: ORDER,
  mapRun: ["="],
} satisfies Record<string, Operator[]>;

type PropertyKey = keyof typeof PROPERTIES;

/** Operators of a key that has no row above: a JSON path into input or output, or a tag. */
function operatorsOf(key: string): Operator[] {
  return key.startsWith("tag.") ? ["=", "!="] : [...TEXT, ...SPAN];
}

function toToken({ key, operator, values }: QueryToken): Token {
  const value = key === "status" ? values : values.join(",");
  return { operator: operator as Operator, value, ...(key !== null && { propertyKey: key }) };
}

/** A token of the bar as one of the query. A text such as `input.$.id=7` or `tag.team=x` is what it says. */
function fromToken({ propertyKey, operator, value }: Token): QueryToken[] {
  if (propertyKey !== undefined) return [{ key: propertyKey, operator, values: Array.isArray(value) ? value : [String(value)] }];
  const read = parseQuery(String(value));
  return read.length === 1 && read[0]?.key ? read : [{ key: null, operator, values: [String(value)] }];
}

function useProperties(tokens: readonly QueryToken[], hidden: readonly PropertyKey[]): Property[] {
  const { t } = useTranslation();
  const known = (Object.keys(PROPERTIES) as PropertyKey[])
    .filter((key) => !hidden.includes(key))
    .map((key) => ({
      key,
      propertyLabel: t(`executions.property.${key}`),
      groupValuesLabel: t("executions.valuesOf", { property: t(`executions.property.${key}`) }),
      operators: PROPERTIES[key].map((operator) => (key === "status" ? { operator: operator as Operator, tokenType: "enum" as const } : operator)),
    }));
  const others = new Set(tokens.flatMap(({ key }) => (key !== null && !(key in PROPERTIES) ? [key] : [])));
  return [...known, ...[...others].map((key) => ({ key, propertyLabel: key, groupValuesLabel: key, operators: operatorsOf(key) }))];
}

interface FilterProps {
  query: string;
  onQuery: (query: string) => void;
  countText: string;
  loading: boolean;
  /** Properties that the list fixes by itself. */
  hidden?: readonly PropertyKey[];
}

/** The search language as tokens: what the bar shows and what the address holds are the same text. */
export function Filter({ query, onQuery, countText, loading, hidden = [] }: FilterProps) {
  const { t } = useTranslation();
  const tokens = useMemo(() => parseQuery(query), [query]);
  const properties = useProperties(tokens, hidden);
  const options = STATUSES.map((status) => ({ propertyKey: "status", value: status, label: t(`ui.status.${status}`) }));
  return (
    <div data-search data-testid="executions-filter">
      <PropertyFilter
        query={{ operation: "and", tokens: tokens.map(toToken) }}
        onChange={({ detail }) => onQuery(formatQuery(detail.tokens.flatMap(fromToken)))}
        filteringProperties={properties}
        filteringOptions={options}
        freeTextFiltering={{ operators: [":", "!:"], defaultOperator: ":" }}
        hideOperations
        countText={countText}
        loading={loading}
        expandToViewport
        filteringAriaLabel={t("executions.find")}
        filteringPlaceholder={t("executions.find")}
        filteringEmpty={t("executions.noValues")}
      />
    </div>
  );
}
