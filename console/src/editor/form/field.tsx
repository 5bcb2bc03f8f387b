import { useTranslation } from "react-i18next";

import type { Field, Kind } from "../language";
import { useProblemText } from "../problems/problems";
import type { Json, Path } from "../text/json";

import { CheckControl, ChoiceControl, isExpression, Labelled, TextControl, ValueControl } from "./controls";
import { problemAt, useEditing, useFormScope } from "./editing";
import { Preview } from "./preview";

interface FieldProps {
  field: Field;
  /** Path of the object that has the field. */
  holder: Path;
  label?: string;
}

/** One field of the language, with the control that its kind asks for. */
export function FieldControl({ field, holder, label }: FieldProps) {
  const { t } = useTranslation();
  const path = [...holder, field.name];
  const { get, set } = useEditing();
  const { problems, language } = useFormScope();
  const problemText = useProblemText();
  const problem = problemAt(problems, path);
  const value = get(path);
  const kind = field.schema["x-kind"];
  const hint = field.schema.default === undefined ? undefined : t("editor.form.default", { value: JSON.stringify(field.schema.default) });
  const isExpressive = kind === "path" || kind === "value" || kind === "template" || kind === "condition" || kind === "assign" || field.schema["x-expression"] === true;
  return (
    <Labelled label={label ?? field.name} name={field.name} required={field.required} hint={hint} problem={problem && problemText(problem)} warning={problem?.severity === "WARNING"}>
      {(id, describedBy) => (
        <>
          <Control id={id} describedBy={describedBy} field={field} value={value} language={language} onChange={(next) => set(path, next)} />
          {isExpressive && value !== undefined && <Preview path={path} value={value} />}
        </>
      )}
    </Labelled>
  );
}

const PLACEHOLDERS: Partial<Record<Kind, string>> = { assign: '{ "name": … }', condition: "{% true %}" };

interface ControlProps {
  id: string;
  describedBy: string | undefined;
  field: Field;
  value: Json | undefined;
  language: string;
  onChange: (value: Json | undefined) => void;
}

function Control({ id, describedBy, field, value, language, onChange }: ControlProps) {
  const { t } = useTranslation();
  const { targets, state } = useFormScope();
  const common = { id, describedBy, testid: `field-${field.name}` };
  const kind = field.schema["x-kind"];
  const text = typeof value === "string" ? value : value === undefined ? "" : JSON.stringify(value);
  const ifAny = (next: string) => onChange(next === "" && !field.required ? undefined : next);
  switch (kind) {
    case "boolean":
      return <CheckControl {...common} value={value === true} onChange={(next) => onChange(next ? true : undefined)} />;
    case "choice": {
      const options = (field.schema.enum ?? []).map((one) => ({ value: one, text: one }));
      return <ChoiceControl {...common} value={text} onChange={ifAny} options={[{ value: "", text: t("editor.form.notSet") }, ...options]} />;
    }
    case "state": {
      const options = targets.filter((name) => name !== state?.name || name === text).map((name) => ({ value: name, text: name }));
      return <ChoiceControl {...common} value={text} onChange={ifAny} options={field.required && text !== "" ? options : [{ value: "", text: t("editor.form.notSet") }, ...options]} />;
    }
    case "number":
      return <TextControl {...common} mono value={text} onChange={(next) => onChange(numberOf(next, language === "JSONata" && field.schema["x-expression"] === true))} />;
    case "path":
    case "path-into":
      return <TextControl {...common} mono placeholder="$" value={value === null ? "null" : text} onChange={(next) => (next === "null" ? onChange(null) : ifAny(next))} />;
    case "text":
    case "timestamp":
      return <TextControl {...common} value={text} onChange={ifAny} />;
    default:
      return <ValueControl {...common} value={value} onChange={onChange} placeholder={PLACEHOLDERS[kind] ?? (language === "JSONata" ? "{% $states.input %}" : "{ }")} />;
  }
}

/** A number that was written. What is none is kept as text, for the server to say so. */
function numberOf(text: string, mayBeExpression: boolean): Json | undefined {
  const plain = text.trim();
  if (plain === "") return undefined;
  const number = Number(plain);
  return Number.isFinite(number) && !(mayBeExpression && isExpression(plain)) ? number : plain;
}
