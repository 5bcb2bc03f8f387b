import { useEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";

import { Badge, ExpandableSection } from "@/ui/cloudscape";

import { fieldsOf, stateSchema, type Field } from "../language";
import { useProblemText } from "../problems/problems";
import { useStudio, useStudioStore } from "../studio/store";
import { rename, redirect, connect } from "../text/arrange";
import { END, languageOf, type StatePlace } from "../text/flows";
import { renameMember, setValue, type Json, type Path } from "../text/json";

import { Arguments } from "./arguments";
import { Choices } from "./choices";
import { ChoiceControl, Labelled, TextControl, ValueControl } from "./controls";
import { FormContext, problemAt, useEditing, useFormScope, useScopeOf } from "./editing";
import { FieldControl } from "./field";
import { Handlers } from "./handlers";
import { ObjectFields } from "./object-fields";
import { ResourceField } from "./resource";

/** Fields that have a part of the form of their own. */
const APART = new Set(["Type", "Comment", "QueryLanguage", "Resource", "Next", "End"]);
const STRUCTURE = new Set(["states", "flow", "list"]);
const DATA = ["InputPath", "Parameters", "Arguments", "ItemSelector", "ResultSelector", "ResultPath", "Result", "OutputPath", "Output", "Assign"];
const ERRORS = ["Retry", "Catch"];

/** The form of the selected state: its name, what its type asks for, how data flows, where it goes, what happens on errors. */
export function StateForm({ path }: { path: Path }) {
  const scope = useScopeOf(path);
  const root = useRef<HTMLDivElement>(null);
  useFocusOf(root);
  if (!scope.state) return null;
  return (
    <FormContext value={scope}>
      <div ref={root} className="sw-form" data-testid="state-form" key={path.join("/")}>
        <Head state={scope.state} />
        <Body state={scope.state} />
      </div>
    </FormContext>
  );
}

/** Moves to the field that a problem was about, opening the section that hides it. */
function useFocusOf(root: { readonly current: HTMLDivElement | null }): void {
  const focus = useStudio((state) => state.focus);
  const selected = useStudio((state) => state.selected);
  const store = useStudioStore();
  useEffect(() => {
    if (focus === undefined) return;
    const field = root.current?.querySelector<HTMLElement>(`[data-field="${CSS.escape(focus)}"] :is(input, select, textarea, button)`);
    field?.focus();
    if (field instanceof HTMLInputElement) field.select();
    store.getState().keep({ focus: undefined });
  }, [focus, selected, root, store]);
}

function Head({ state }: { state: StatePlace }) {
  const { t } = useTranslation();
  const { problems } = useFormScope();
  const { set } = useEditing();
  const definition = useStudio((studio) => studio.good.definition);
  const problemText = useProblemText();
  const own = problems.find((problem) => problem.path.length === state.path.length && problemAt([problem], state.path));
  const machine = languageOf(definition, undefined);
  const comment = state.value.Comment;
  return (
    <>
      <div className="sw-form-type">
        <Badge>{String(state.value.Type ?? "?")}</Badge>
      </div>
      {own && <div className={own.severity === "ERROR" ? "sw-field-problem" : "sw-field-warning"}>{problemText(own)}</div>}
      <NameField state={state} />
      <Labelled label={t("editor.form.comment")} name="Comment">
        {(id) => <TextControl id={id} testid="field-Comment" value={typeof comment === "string" ? comment : ""} onChange={(text) => set([...state.path, "Comment"], text === "" ? undefined : text)} />}
      </Labelled>
      {machine === "JSONPath" && (
        <Labelled label={t("editor.form.language")} name="QueryLanguage">
          {(id) => (
            <ChoiceControl
              id={id}
              testid="field-QueryLanguage"
              value={languageOf(definition, state.value)}
              options={[{ value: "JSONPath", text: "JSONPath" }, { value: "JSONata", text: "JSONata" }]}
              onChange={(next) => set([...state.path, "QueryLanguage"], next === machine ? undefined : next)}
            />
          )}
        </Labelled>
      )}
    </>
  );
}

/** The name, which is changed when it is left or Enter is pressed: every keystroke would be a name of its own. */
function NameField({ state }: { state: StatePlace }) {
  const { t } = useTranslation();
  const store = useStudioStore();
  const [name, setName] = useState(state.name);
  useEffect(() => setName(state.name), [state.name]);
  const refused = name !== state.name && rename(store.getState().stack.text, state.path, name) === undefined;
  const apply = () => {
    if (name !== state.name && !refused) store.getState().arrange(rename(store.getState().stack.text, state.path, name));
  };
  return (
    <Labelled label={t("editor.form.name")} name="Name" required problem={refused ? t("editor.form.nameRefused") : undefined}>
      {(id) => (
        <input
          id={id}
          className="sw-input"
          data-testid="field-Name"
          value={name}
          maxLength={80}
          onChange={(event) => setName(event.target.value)}
          onBlur={apply}
          onKeyDown={(event) => {
            if (event.key === "Enter") apply();
            if (event.key === "Escape") setName(state.name);
          }}
        />
      )}
    </Labelled>
  );
}

function Body({ state }: { state: StatePlace }) {
  const { t } = useTranslation();
  const { language } = useFormScope();
  const fields = useMemo(() => fieldsOf(stateSchema(state.value.Type), language), [state.value.Type, language]);
  const known = new Set(fields.map(({ name }) => name));
  const own = fields.filter(({ name }) => !APART.has(name) && !DATA.includes(name) && !ERRORS.includes(name));
  const data = fields.filter(({ name }) => DATA.includes(name));
  const errors = fields.filter(({ name }) => ERRORS.includes(name));
  const unknown = Object.keys(state.value).filter((name) => !known.has(name));
  const isTask = state.value.Type === "Task";
  const filled = (list: readonly Field[]) => list.filter(({ name }) => name in state.value).length;
  return (
    <>
      {isTask && <ResourceField holder={state.path} />}
      {isTask && typeof state.value.Resource === "string" && <Arguments holder={state.path} resource={state.value.Resource} />}
      {!isTask && <Own fields={own} state={state} />}
      {known.has("Next") && <WayOut state={state} />}
      {isTask && <Own fields={own} state={state} />}
      {data.length > 0 && (
        <Section title={t("editor.form.data")} count={filled(data)}>
          {data.filter(({ name }) => !(isTask && (name === "Parameters" || name === "Arguments"))).map((field) => (
            <FieldControl key={field.name} field={field} holder={state.path} />
          ))}
        </Section>
      )}
      {errors.length > 0 && (
        <Section title={t("editor.form.errors")} count={filled(errors)}>
          {errors.map((field) => (
            <Handlers key={field.name} field={field} holder={state.path} />
          ))}
        </Section>
      )}
      {unknown.length > 0 && <Unknown names={unknown} state={state} />}
    </>
  );
}

function Section({ title, count, children }: { title: string; count: number; children: React.ReactNode }) {
  return (
    <ExpandableSection headerText={count > 0 ? `${title} (${count})` : title} defaultExpanded headingTagOverride="h3">
      <div className="sw-section">{children}</div>
    </ExpandableSection>
  );
}

/** What only this type has: rules, seconds, items. Of fields that exclude one another one is shown. */
function Own({ fields, state }: { fields: readonly Field[]; state: StatePlace }) {
  const shown = fields.filter(({ schema }) => !STRUCTURE.has(schema["x-kind"]));
  const hasRules = fields.some(({ name }) => name === "Choices");
  return (
    <>
      {hasRules && <Choices holder={state.path} />}
      {shown.map((field) =>
        field.schema["x-kind"] === "object" ? (
          <ObjectFields key={field.name} field={field} holder={state.path} />
        ) : isHidden(field, shown, state) ? null : (
          <Alternatives key={field.name} field={field} state={state} fields={shown} />
        ),
      )}
      {state.value.Type === "Map" && <Processor state={state} />}
    </>
  );
}

/** Of a group, the field that is given is shown, or else the first one. */
function isHidden(field: Field, fields: readonly Field[], state: StatePlace): boolean {
  if (field.instead.length === 0) return false;
  const group = fields.filter(({ name }) => name === field.name || field.instead.includes(name));
  const given = group.find(({ name }) => name in state.value) ?? group[0];
  return given?.name !== field.name;
}

function Alternatives({ field, state, fields }: { field: Field; state: StatePlace; fields: readonly Field[] }) {
  const { t } = useTranslation();
  const { apply } = useEditing();
  const group = fields.filter(({ name }) => name === field.name || field.instead.includes(name));
  if (group.length < 2) return <FieldControl field={field} holder={state.path} />;
  const change = (name: string) => {
    const wanted = group.find((one) => one.name === name);
    if (!wanted) return;
    apply((text) => replaceMember(text, [...state.path, field.name], name, startOf(wanted)));
  };
  return (
    <div className="sw-alternatives">
      <ChoiceControl label={t("editor.form.which")} testid={`which-${group[0]?.name ?? ""}`} value={field.name} options={group.map(({ name }) => ({ value: name, text: name }))} onChange={change} />
      <FieldControl field={field} holder={state.path} />
    </div>
  );
}

function startOf({ schema }: Field): Json {
  if (schema["x-kind"] === "number") return schema.minimum ?? 0;
  return schema["x-kind"] === "path" ? "$." : schema["x-kind"] === "timestamp" ? "2030-01-01T00:00:00Z" : "";
}

/** One member in the place of another, whatever that held. */
function replaceMember(text: string, path: Path, name: string, value: Json): string {
  return setValue(renameMember(text, path, name), [...path.slice(0, -1), name], value, ["Next", "End"]);
}

function Processor({ state }: { state: StatePlace }) {
  const { t } = useTranslation();
  const { get, set } = useEditing();
  const name = "Iterator" in state.value ? "Iterator" : "ItemProcessor";
  const path = [...state.path, name, "ProcessorConfig"];
  const mode = get([...path, "Mode"]) ?? "INLINE";
  return (
    <>
      <Labelled label={t("editor.form.mode")} name="ProcessorConfig">
        {(id) => (
          <ChoiceControl
            id={id}
            testid="field-Mode"
            value={String(mode)}
            options={["INLINE", "DISTRIBUTED"].map((value) => ({ value, text: value }))}
            onChange={(next) => set(path, next === "DISTRIBUTED" ? { Mode: next, ExecutionType: "STANDARD" } : { Mode: next })}
          />
        )}
      </Labelled>
      {mode === "DISTRIBUTED" && (
        <Labelled label={t("editor.form.childType")} name="ExecutionType">
          {(id) => (
            <ChoiceControl
              id={id}
              testid="field-ExecutionType"
              value={String(get([...path, "ExecutionType"]) ?? "")}
              options={["STANDARD", "EXPRESS"].map((value) => ({ value, text: value }))}
              onChange={(next) => set([...path, "ExecutionType"], next)}
            />
          )}
        </Labelled>
      )}
    </>
  );
}

/** Where the state goes on, or that it ends. */
function WayOut({ state }: { state: StatePlace }) {
  const { t } = useTranslation();
  const { targets, problems } = useFormScope();
  const store = useStudioStore();
  const problemText = useProblemText();
  const next = state.value.Next;
  const problem = problemAt(problems, [...state.path, "Next"]);
  const change = (target: string) => {
    const { stack, arrange } = store.getState();
    arrange(target === "" ? redirect(stack.text, [...state.path, "Next"], END) : connect(stack.text, state.path, target, "next", {}));
  };
  const options = [{ value: "", text: t("editor.form.end") }, ...targets.filter((name) => name !== state.name).map((name) => ({ value: name, text: name }))];
  return (
    <Labelled label={t("editor.form.next")} name="Next" problem={problem && problemText(problem)}>
      {(id) => <ChoiceControl id={id} testid="field-Next" value={typeof next === "string" ? next : ""} options={options} onChange={change} />}
    </Labelled>
  );
}

function Unknown({ names, state }: { names: readonly string[]; state: StatePlace }) {
  const { t } = useTranslation();
  const { get, set } = useEditing();
  return (
    <Section title={t("editor.form.unknown")} count={names.length}>
      {names.map((name) => (
        <Labelled key={name} label={name} name={name}>
          {(id) => <ValueControl id={id} testid={`field-${name}`} value={get([...state.path, name])} onChange={(value) => set([...state.path, name], value)} />}
        </Labelled>
      ))}
    </Section>
  );
}
