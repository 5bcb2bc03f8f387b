import { useTranslation } from "react-i18next";

import { StatusIndicator } from "@/ui/cloudscape";

import { useStudio, useStudioStore } from "../studio/store";
import type { Problem } from "../text/checks";
import { fieldOf } from "../text/places";

/** A problem in the person's language, or in the server's words. */
export function useProblemText(): (problem: Problem) => string {
  const { t } = useTranslation();
  return ({ word, holes, message }) => {
    if (word === "parse") return t("editor.problem.parse", { what: t(`editor.parse.${holes?.what ?? ""}` as "editor.parse.InvalidSymbol", { defaultValue: holes?.what ?? "" }) });
    return word ? t(`editor.problem.${word}`, { name: holes?.name ?? "" }) : (message?.split("\n at [Source")[0] ?? "");
  };
}

/** What is wrong with the text, each remark leading to its line, state and field. */
export function Problems({ onGo }: { onGo: (problem: Problem) => void }) {
  const { t } = useTranslation();
  const problems = useStudio((state) => state.problems);
  const store = useStudioStore();
  const textOf = useProblemText();
  if (problems.length === 0) {
    return (
      <div className="sw-problems-none" data-testid="problems">
        <StatusIndicator type="success">{t("editor.problems.none")}</StatusIndicator>
      </div>
    );
  }
  const go = (problem: Problem) => {
    const { state, field } = fieldOf(store.getState().good.definition, problem.path);
    store.getState().select(state?.path, field);
    onGo(problem);
  };
  return (
    <ul className="sw-problems" data-testid="problems" aria-label={t("editor.problems.title")}>
      {problems.map((problem, at) => (
        <li key={at}>
          <button type="button" onClick={() => go(problem)} data-testid="problem" data-severity={problem.severity}>
            <StatusIndicator type={problem.severity === "ERROR" ? "error" : "warning"}>{t(`editor.severity.${problem.severity}`)}</StatusIndicator>
            <span className="sw-problem-line sw-number">{t("editor.line", { line: problem.line })}</span>
            <span>{textOf(problem)}</span>
            {problem.state && <span className="sw-muted">{String(problem.state[problem.state.length - 1])}</span>}
          </button>
        </li>
      ))}
    </ul>
  );
}
