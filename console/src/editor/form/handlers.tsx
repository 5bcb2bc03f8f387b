import { useTranslation } from "react-i18next";

import { fieldsOf, WORDS, type Field } from "../language";
import { insertItem, removeValue, setValue, type Json, type JsonObject, type Path } from "../text/json";
import { listOf } from "../text/flows";

import { Labelled, SmallButton, TextControl } from "./controls";
import { problemAt, useEditing, useFormScope } from "./editing";
import { FieldControl } from "./field";

const PRESETS: Record<"Retry" | "Catch", Record<string, JsonObject>> = {
  Retry: {
    transient: {
      ErrorEquals: ["Lambda.ServiceException", "Lambda.AWSLambdaException", "Lambda.SdkClientException", "Lambda.TooManyRequestsException"],
      IntervalSeconds: 1,
      MaxAttempts: 3,
      BackoffRate: 2,
      JitterStrategy: "FULL",
    },
    task: { ErrorEquals: ["States.TaskFailed"], IntervalSeconds: 2, MaxAttempts: 3, BackoffRate: 2 },
    timeout: { ErrorEquals: ["States.Timeout"], MaxAttempts: 2 },
    any: { ErrorEquals: ["States.ALL"] },
  },
  Catch: {
    task: { ErrorEquals: ["States.TaskFailed"] },
    timeout: { ErrorEquals: ["States.Timeout"] },
    any: { ErrorEquals: ["States.ALL"] },
  },
};

/** The list of retriers or catchers of a state. */
export function Handlers({ field, holder }: { field: Field; holder: Path }) {
  const { t } = useTranslation();
  const name = field.name as "Retry" | "Catch";
  const path = [...holder, name];
  const { get, apply } = useEditing();
  const { targets, state } = useFormScope();
  const list = listOf(get(path));
  const add = (preset: JsonObject) => {
    const next = targets.find((target) => target !== state?.name) ?? "";
    const item: Json = name === "Catch" ? { ...preset, Next: next } : preset;
    const isAll = (one: JsonObject) => Array.isArray(one.ErrorEquals) && one.ErrorEquals.includes("States.ALL");
    const at = list.length > 0 && isAll(list[list.length - 1] ?? {}) && !isAll(preset) ? list.length - 1 : list.length;
    apply((text) => (list.length > 0 ? insertItem(text, path, at, { json: item }) : setValue(text, path, [item], ["Next", "End"])));
  };
  return (
    <div className="sw-group" data-field={name}>
      {list.map((_, at) => (
        <Handler key={at} field={field} path={[...path, at]} onRemove={() => apply((text) => removeValue(text, list.length === 1 ? path : [...path, at]))} />
      ))}
      <div className="sw-add-row">
        <span className="sw-muted">{t(`editor.handlers.add${name}`)}</span>
        {Object.entries(PRESETS[name]).map(([preset, value]) => (
          <SmallButton key={preset} onClick={() => add(value)} testid={`add-${name}-${preset}`}>
            {t(`editor.handlers.preset.${preset}` as "editor.handlers.preset.any")}
          </SmallButton>
        ))}
      </div>
    </div>
  );
}

function Handler({ field, path, onRemove }: { field: Field; path: Path; onRemove: () => void }) {
  const { t } = useTranslation();
  const { language, problems } = useFormScope();
  const { get, set } = useEditing();
  const fields = fieldsOf(field.schema.items ?? {}, language);
  const errors = get([...path, "ErrorEquals"]);
  const names = Array.isArray(errors) ? errors.map(String) : [];
  const isRetry = field.name === "Retry";
  return (
    <div className="sw-card" data-testid={isRetry ? "retrier" : "catcher"} data-invalid={problemAt(problems, path) ? "" : undefined}>
      <div className="sw-card-head">
        <strong>{names.join(", ") || t("editor.handlers.noError")}</strong>
        <SmallButton onClick={onRemove} label={t("editor.form.remove")} testid="remove-handler">
          ✕
        </SmallButton>
      </div>
      <Labelled label="ErrorEquals" name="ErrorEquals" required hint={t("editor.handlers.errorHint")}>
        {(id) => (
          <TextControl
            id={id}
            mono
            list={WORDS.errors}
            testid="field-ErrorEquals"
            value={names.join(", ")}
            onChange={(text) => set([...path, "ErrorEquals"], text.split(",").map((one) => one.trim()).filter((one, at, all) => one !== "" || at < all.length - 1))}
          />
        )}
      </Labelled>
      <div className="sw-two">
        {fields
          .filter(({ name }) => name !== "ErrorEquals")
          .map((one) => (
            <FieldControl key={one.name} field={one} holder={path} />
          ))}
      </div>
    </div>
  );
}
