import { useTranslation } from "react-i18next";

import { fieldsOf, type Field } from "../language";
import type { Json, Path } from "../text/json";

import { SmallButton } from "./controls";
import { useEditing, useFormScope } from "./editing";
import { FieldControl } from "./field";

/** An object with fields of its own (ItemReader, ItemBatcher, ResultWriter), which is there or is added. */
export function ObjectFields({ field, holder }: { field: Field; holder: Path }) {
  const { t } = useTranslation();
  const { language } = useFormScope();
  const { get, set } = useEditing();
  const path = [...holder, field.name];
  const fields = fieldsOf(field.schema, language);
  if (get(path) === undefined) {
    return (
      <SmallButton onClick={() => set(path, startOf(fields))} testid={`add-${field.name}`}>
        {t("editor.form.addField", { name: field.name })}
      </SmallButton>
    );
  }
  return (
    <div className="sw-card" data-field={field.name}>
      <div className="sw-card-head">
        <strong>{field.name}</strong>
        <SmallButton onClick={() => set(path, undefined)} label={t("editor.form.remove")} testid={`remove-${field.name}`}>
          ✕
        </SmallButton>
      </div>
      {fields.map((one) => (one.schema["x-kind"] === "object" ? <ObjectFields key={one.name} field={one} holder={path} /> : <FieldControl key={one.name} field={one} holder={path} />))}
    </div>
  );
}

/** The members that the object cannot do without. */
function startOf(fields: readonly Field[]): Json {
  return Object.fromEntries(fields.filter(({ required }) => required).map(({ name, schema }) => [name, schema.enum?.[0] ?? ""]));
}
