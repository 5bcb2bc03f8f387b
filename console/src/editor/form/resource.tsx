import { useTranslation } from "react-i18next";

import { resourceOf, useServices } from "../palette/actions";
import { useProblemText } from "../problems/problems";
import type { Path } from "../text/json";

import { ChoiceControl, Labelled, TextControl } from "./controls";
import { problemAt, useEditing, useFormScope } from "./editing";

/** What a Task calls: the ARN as it is, and for an action of a service the way in which it waits. */
export function ResourceField({ holder }: { holder: Path }) {
  const { t } = useTranslation();
  const { problems } = useFormScope();
  const { get, set } = useEditing();
  const problemText = useProblemText();
  const services = useServices().data;
  const path = [...holder, "Resource"];
  const value = get(path);
  const resource = resourceOf(value);
  const action = services?.optimized.find(({ name }) => name === resource?.service)?.actions.find(({ name }) => name === resource?.action);
  const patterns = action?.patterns ?? (resource?.service.startsWith("aws-sdk:") ? ["", "waitForTaskToken"] : []);
  const problem = problemAt(problems, path);
  const isAway = action && !action.available;
  const write = (pattern: string) => resource && set(path, `arn:aws:states:::${resource.service}:${resource.action}${pattern && `.${pattern}`}`);
  return (
    <>
      <Labelled label="Resource" name="Resource" required problem={problem ? problemText(problem) : isAway ? t("editor.form.notPerformed") : undefined} warning={!problem}>
        {(id, describedBy) => <TextControl id={id} describedBy={describedBy} mono testid="field-Resource" value={typeof value === "string" ? value : ""} onChange={(text) => set(path, text)} />}
      </Labelled>
      {resource && patterns.length > 1 && (
        <Labelled label={t("editor.form.pattern")} name="Pattern">
          {(id) => (
            <ChoiceControl
              id={id}
              testid="field-Pattern"
              value={resource.pattern}
              options={patterns.map((pattern) => ({ value: pattern, text: t(`editor.pattern.${pattern === "" ? "response" : pattern.replace(":", "")}` as "editor.pattern.response") }))}
              onChange={write}
            />
          )}
        </Labelled>
      )}
    </>
  );
}
