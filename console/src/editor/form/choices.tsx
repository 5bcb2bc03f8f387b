import { useTranslation } from "react-i18next";

import { blankRule } from "../blueprints";
import { fieldsOf, namedSchema, type Field } from "../language";
import { insertItem, isObject, removeValue, renameMember, setValue, type Json, type JsonObject, type Path } from "../text/json";
import { listOf } from "../text/flows";

import { ChoiceControl, Labelled, SmallButton } from "./controls";
import { useEditing, useFormScope } from "./editing";
import { FieldControl } from "./field";

const NEXT: Field = { name: "Next", required: true, instead: [], schema: { "x-kind": "state" } };
const CONDITION: Field = { name: "Condition", required: true, instead: [], schema: { "x-kind": "condition" } };
const VARIABLE: Field = { name: "Variable", required: true, instead: [], schema: { "x-kind": "path" } };
const COMPARISONS = fieldsOf(namedSchema("Test"), "JSONPath").filter(({ schema }) => schema["x-comparison"]);
const JOINS = ["And", "Or", "Not"] as const;
type Join = (typeof JOINS)[number];

/** The rules of a Choice, in the order in which they are tested. */
export function Choices({ holder }: { holder: Path }) {
  const { t } = useTranslation();
  const { get, apply } = useEditing();
  const { language, targets, state } = useFormScope();
  const path = [...holder, "Choices"];
  const rules = listOf(get(path));
  const add = () => {
    const rule: Json = { ...blankRule(language), Next: targets.find((name) => name !== state?.name) ?? "" };
    apply((text) => (rules.length > 0 ? insertItem(text, path, rules.length, { json: rule }) : setValue(text, path, [rule], ["Default"])));
  };
  const move = (at: number) =>
    apply((text) => {
      const [before, now] = [rules[at - 1], rules[at]];
      return before && now ? setValue(setValue(text, [...path, at - 1], now), [...path, at], before) : text;
    });
  return (
    <div className="sw-group" data-field="Choices">
      {rules.map((rule, at) => (
        <div key={at} className="sw-card" data-testid="rule">
          <div className="sw-card-head">
            <strong>{t("editor.choices.rule", { number: at + 1 })}</strong>
            <span>
              <SmallButton onClick={() => move(at)} label={t("editor.choices.up")} disabled={at === 0}>
                ↑
              </SmallButton>
              <SmallButton onClick={() => apply((text) => removeValue(text, [...path, at]))} label={t("editor.form.remove")} testid="remove-rule">
                ✕
              </SmallButton>
            </span>
          </div>
          {language === "JSONata" ? <FieldControl field={CONDITION} holder={[...path, at]} /> : <Test test={rule} path={[...path, at]} depth={0} />}
          <FieldControl field={NEXT} holder={[...path, at]} label={t("editor.choices.then")} />
        </div>
      ))}
      <SmallButton onClick={add} testid="add-rule">
        {t("editor.choices.add")}
      </SmallButton>
    </div>
  );
}

function joinOf(test: JsonObject): Join | undefined {
  return JOINS.find((name) => name in test);
}

/** One test: a comparison, or tests that are joined. */
function Test({ test, path, depth }: { test: JsonObject; path: Path; depth: number }) {
  const { t } = useTranslation();
  const { apply } = useEditing();
  const join = joinOf(test);
  const operator = COMPARISONS.find(({ name }) => name in test);
  const current = join ?? operator?.name ?? "";
  const options = [
    ...COMPARISONS.map(({ name }) => ({ value: name, text: name })),
    ...JOINS.map((name) => ({ value: name, text: t(`editor.choices.join.${name}`) })),
  ];
  return (
    <div className={depth > 0 ? "sw-nested" : undefined}>
      {!join && <FieldControl field={VARIABLE} holder={path} />}
      <Labelled label={t("editor.choices.operator")} name={current}>
        {(id) => <ChoiceControl id={id} testid="operator" value={current} options={options} onChange={(next) => apply((text) => withOperator(text, path, test, current, next))} />}
      </Labelled>
      {operator && !join && <Operand field={operator} path={path} />}
      {join && <Joined join={join} test={test} path={[...path, join]} depth={depth} />}
    </div>
  );
}

function Operand({ field, path }: { field: Field; path: Path }) {
  const { t } = useTranslation();
  const { get, set } = useEditing();
  if (field.schema["x-kind"] !== "boolean") return <FieldControl field={{ ...field, required: true }} holder={path} />;
  const value = get([...path, field.name]);
  const options = ["true", "false"].map((text) => ({ value: text, text }));
  return (
    <Labelled label={t("editor.choices.is")} name={field.name}>
      {(id) => <ChoiceControl id={id} testid={`field-${field.name}`} value={String(value)} options={options} onChange={(next) => set([...path, field.name], next === "true")} />}
    </Labelled>
  );
}

function Joined({ join, test, path, depth }: { join: Join; test: JsonObject; path: Path; depth: number }) {
  const { t } = useTranslation();
  const { apply } = useEditing();
  const value = test[join];
  if (join === "Not") return <Test test={isObject(value) ? value : {}} path={path} depth={depth + 1} />;
  const tests = listOf(value);
  return (
    <>
      {tests.map((one, at) => (
        <div key={at} className="sw-joined">
          <Test test={one} path={[...path, at]} depth={depth + 1} />
          <SmallButton onClick={() => apply((text) => removeValue(text, [...path, at]))} label={t("editor.form.remove")} disabled={tests.length === 1}>
            ✕
          </SmallButton>
        </div>
      ))}
      <SmallButton onClick={() => apply((text) => insertItem(text, path, tests.length, { json: blankRule("JSONPath") }))}>{t("editor.choices.addTest")}</SmallButton>
    </>
  );
}

function operandFor(field: Field | undefined, old: Json | undefined): Json {
  const kind = field?.schema["x-kind"];
  if (kind === "boolean") return typeof old === "boolean" ? old : true;
  if (kind === "number") return typeof old === "number" ? old : 0;
  if (kind === "path") return typeof old === "string" && old.startsWith("$") ? old : "$";
  return typeof old === "string" ? old : "";
}

/** The text with another operator in a test: what can be kept is kept, in its place. */
function withOperator(text: string, path: Path, test: JsonObject, old: string, next: string): string {
  const held = [...JOINS, ...COMPARISONS.map(({ name }) => name)];
  if (JOINS.some((name) => name === next)) {
    const inner: JsonObject = Object.fromEntries(Object.entries(test).filter(([name]) => name === "Variable" || held.includes(name)));
    const value: Json = next === "Not" ? inner : old === "And" || old === "Or" ? (test[old] ?? [inner]) : [inner];
    const bare = Object.keys(inner).reduce((now, name) => removeValue(now, [...path, name]), text);
    return setValue(bare, [...path, next], value, ["Next"]);
  }
  if (JOINS.some((name) => name === old)) {
    const value = old === "Not" ? test.Not : listOf(test[old])[0];
    const inner = isObject(value) ? value : blankRule("JSONPath");
    const bare = removeValue(text, [...path, old]);
    const filled = Object.entries(inner).reduce((now, [name, member]) => setValue(now, [...path, name], member, ["Next"]), bare);
    const operator = COMPARISONS.find(({ name }) => name in inner)?.name ?? "";
    return withOperator(filled, path, inner, operator, next);
  }
  const field = COMPARISONS.find(({ name }) => name === next);
  const operand = operandFor(field, test[old]);
  if (old === "") return setValue(text, [...path, next], operand, ["Next"]);
  return setValue(renameMember(text, [...path, old], next), [...path, next], operand);
}
