import { useTranslation } from "react-i18next";

import { definitionSchema, fieldsOf } from "../language";
import { useStudio } from "../studio/store";
import { languageOf } from "../text/flows";

import { ChoiceControl, Labelled } from "./controls";
import { FormContext, useEditing, useScopeOf } from "./editing";
import { FieldControl } from "./field";

const FIELDS = ["Comment", "StartAt", "TimeoutSeconds"];

/** The form of the definition as a whole, shown while no state is selected. */
export function DefinitionForm() {
  const { t } = useTranslation();
  const scope = useScopeOf(undefined);
  const definition = useStudio((state) => state.good.definition);
  const { set } = useEditing();
  const language = languageOf(definition, undefined);
  const fields = fieldsOf(definitionSchema(), language).filter(({ name }) => FIELDS.includes(name));
  return (
    <FormContext value={scope}>
      <div className="sw-form" data-testid="definition-form">
        <p className="sw-muted">{t("editor.form.selectHint")}</p>
        {fields.map((field) => (
          <FieldControl key={field.name} field={field} holder={[]} />
        ))}
        <Labelled label={t("editor.form.language")} name="QueryLanguage" hint={t("editor.form.languageHint")}>
          {(id) => (
            <ChoiceControl
              id={id}
              testid="field-QueryLanguage"
              value={language}
              options={[{ value: "JSONPath", text: "JSONPath" }, { value: "JSONata", text: "JSONata" }]}
              onChange={(next) => set(["QueryLanguage"], next === "JSONPath" ? undefined : next)}
            />
          )}
        </Labelled>
      </div>
    </FormContext>
  );
}
