import { useTranslation } from "react-i18next";

import { useStudio, useStudioStore } from "../studio/store";
import { languageOf, stateOf } from "../text/flows";
import type { Path } from "../text/json";
import { pointerOf } from "../text/pointer";

import { stagesOf, useOutcomes } from "./outcome";
import { Stages } from "./stages";

const FIELDS = {
  JSONPath: ["InputPath", "Parameters", "ItemsPath", "ItemSelector", "Resource", "Result", "ResultSelector", "Assign", "ResultPath", "OutputPath"],
  JSONata: ["Arguments", "Items", "ItemSelector", "Resource", "Assign", "Output"],
} as const;

/** How data passes through the selected state: the fields that shape it, in order, and what each made of the sample. */
export function DataFlow({ path, onField }: { path: Path; onField: () => void }) {
  const { t } = useTranslation();
  const store = useStudioStore();
  const definition = useStudio((state) => state.good.definition);
  const outcome = useOutcomes(({ outcomes }) => outcomes[pointerOf(path)]);
  const state = stateOf(definition, path);
  if (!state) return null;
  const language = languageOf(definition, state.value);
  const go = (field: string) => {
    store.getState().select(path, field);
    onField();
  };
  const set = FIELDS[language].filter((name) => name in state.value);
  return (
    <div className="sw-form" data-testid="data-flow">
      <p className="sw-muted">{t(`editor.dataFlow.${language}`)}</p>
      <div className="sw-chain">
        <span>{t("editor.stage.input")}</span>
        {set.map((name) => (
          <span key={name}>
            {"→ "}
            <button type="button" className="sw-small-button" onClick={() => go(name)}>
              {name}
            </button>
          </span>
        ))}
        <span>{`→ ${t("editor.stage.output")}`}</span>
      </div>
      {outcome?.answer ? <Stages stages={stagesOf(outcome.answer, language)} onField={go} /> : <p className="sw-muted">{t("editor.dataFlow.hint")}</p>}
    </div>
  );
}
