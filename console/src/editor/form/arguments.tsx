import { useState } from "react";
import { useTranslation } from "react-i18next";

import type { ArgumentSchema } from "../blueprints";
import { resourceOf, useArguments } from "../palette/actions";
import { isObject, removeValue, renameMember, setValue, type Json, type Path } from "../text/json";

import { ChoiceControl, isExpression, Labelled, SmallButton, TextControl, ValueControl } from "./controls";
import { problemAt, useEditing, useFormScope } from "./editing";
import { Preview } from "./preview";

const SUFFIX = ".$";

/** Whether a text of a JSONPath state is worked out, and so stands under a name with the suffix. */
function isPath(value: Json | undefined): boolean {
  return typeof value === "string" && (value.startsWith("$") || value.startsWith("States."));
}

/** The arguments of an action by its service's model, the required ones first; others can be added. */
export function Arguments({ holder, resource }: { holder: Path; resource: string }) {
  const { t } = useTranslation();
  const { language, problems } = useFormScope();
  const { get, set } = useEditing();
  const [asJson, setAsJson] = useState(false);
  const name = language === "JSONata" ? "Arguments" : "Parameters";
  const path = [...holder, name];
  const schema = useArguments(resourceOf(resource)).data;
  const value = get(path);
  const problem = problemAt(problems, path);
  const byFields = schema?.properties && (value === undefined || isObject(value)) && !asJson;
  return (
    <div className="sw-group" data-field={name} data-invalid={problem ? "" : undefined}>
      <div className="sw-group-head">
        <strong>{name}</strong>
        {schema?.properties && (
          <SmallButton onClick={() => setAsJson(!asJson)} testid="arguments-json">
            {asJson ? t("editor.form.asFields") : t("editor.form.asJson")}
          </SmallButton>
        )}
      </div>
      {byFields && schema ? (
        <Members path={path} schema={schema} value={isObject(value) ? value : {}} />
      ) : (
        <Labelled label={t("editor.form.json", { name })} name={name}>
          {(id, describedBy) => <ValueControl id={id} describedBy={describedBy} testid={`field-${name}`} value={value} onChange={(next) => set(path, next)} />}
        </Labelled>
      )}
    </div>
  );
}

function Members({ path, schema, value }: { path: Path; schema: ArgumentSchema; value: { [name: string]: Json } }) {
  const { t } = useTranslation();
  const { apply } = useEditing();
  const required = schema.required ?? [];
  const properties = schema.properties ?? {};
  const given = Object.keys(value).map((name) => (name.endsWith(SUFFIX) ? name.slice(0, -SUFFIX.length) : name));
  const shown = [...required, ...given.filter((name) => !required.includes(name))];
  const others = Object.keys(properties).filter((name) => !shown.includes(name));
  const add = (name: string) => apply((text) => setValue(text, [...path, name], blankOf(properties[name]), ["Next", "End"]));
  return (
    <>
      {shown.map((name) => (
        <Member key={name} name={name} path={path} schema={properties[name] ?? {}} value={value[name + SUFFIX] ?? value[name]} required={required.includes(name)} isKnown={name in properties} />
      ))}
      {others.length > 0 && (
        <ChoiceControl
          label={t("editor.form.addArgument")}
          testid="add-argument"
          value=""
          options={[{ value: "", text: t("editor.form.addArgument") }, ...others.map((name) => ({ value: name, text: name }))]}
          onChange={(name) => name !== "" && add(name)}
        />
      )}
    </>
  );
}

function blankOf(schema: ArgumentSchema | undefined): Json {
  if (schema?.enum) return schema.enum[0] ?? "";
  if (schema?.type === "integer" || schema?.type === "number") return 0;
  if (schema?.type === "boolean") return false;
  if (schema?.type === "array") return [];
  return schema?.type === "string" ? "" : {};
}

interface MemberProps {
  name: string;
  path: Path;
  schema: ArgumentSchema;
  value: Json | undefined;
  required: boolean;
  isKnown: boolean;
}

/** One argument. The models describe theirs in English, so that in another language it stands by itself. */
function Member({ name, path, schema, value, required, isKnown }: MemberProps) {
  const { t, i18n } = useTranslation();
  const { language } = useFormScope();
  const { apply, get } = useEditing();
  const isHeldAsPath = get([...path, name + SUFFIX]) !== undefined;
  const key = isHeldAsPath ? name + SUFFIX : name;
  const write = (next: Json | undefined) =>
    apply((text) => {
      if (next === undefined || (next === "" && !required)) return removeValue(text, [...path, key]);
      const wanted = language === "JSONPath" && isPath(next) ? name + SUFFIX : name;
      const named = wanted === key ? text : renameMember(text, [...path, key], wanted);
      return setValue(named, [...path, wanted], next, ["Next", "End"]);
    }, `argument:${path.join("/")}/${name}`);
  const isSimple = schema.type === "string" || schema.type === "integer" || schema.type === "number" || schema.type === "boolean";
  return (
    <Labelled label={name} name={name} required={required} hint={isKnown ? (i18n.language === "en" ? schema.description : undefined) : t("editor.form.unknownArgument")}>
      {(id, describedBy) => (
        <>
          {(isSimple && typeof value !== "object") || isPath(value) ? (
            <TextControl id={id} describedBy={describedBy} testid={`argument-${name}`} value={value === undefined ? "" : String(value)} list={schema.enum ?? []} onChange={(text) => write(simpleValue(text, schema))} />
          ) : (
            <ValueControl id={id} describedBy={describedBy} testid={`argument-${name}`} value={value} onChange={write} />
          )}
          {value !== undefined && <Preview path={[...path, key]} value={value} />}
        </>
      )}
    </Labelled>
  );
}

function simpleValue(text: string, { type }: ArgumentSchema): Json {
  if (isExpression(text) || text.startsWith("$") || text.trim() === "") return text;
  if ((type === "integer" || type === "number") && Number.isFinite(Number(text))) return Number(text);
  return type === "boolean" && (text === "true" || text === "false") ? text === "true" : text;
}
