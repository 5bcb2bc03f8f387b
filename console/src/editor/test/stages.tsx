import { useTranslation } from "react-i18next";

import { Copy } from "@/ui/copy";

import type { Stage } from "./outcome";

const SHOWN_MAX = 20_000;

/** A JSON text in lines; what is no JSON stays as it is. */
export function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

/** The data at each stage, one below the other. */
export function Stages({ stages, onField }: { stages: readonly Stage[]; onField?: (field: string) => void }) {
  const { t } = useTranslation();
  return (
    <ol className="sw-stages" data-testid="stages">
      {stages.map(({ name, field, text }) => {
        const shown = pretty(text);
        return (
          <li key={name} data-stage={name}>
            <div className="sw-stage-head">
              <strong>{t(`editor.stage.${name}`)}</strong>
              {field !== "" && (onField ? <button type="button" className="sw-small-button" onClick={() => onField(field)}>{field}</button> : <code className="sw-muted">{field}</code>)}
              <Copy text={shown} label={t("editor.stage.copy")} />
            </div>
            <pre tabIndex={0}>{shown.length > SHOWN_MAX ? `${shown.slice(0, SHOWN_MAX)}…` : shown}</pre>
          </li>
        );
      })}
    </ol>
  );
}
