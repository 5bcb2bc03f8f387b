import { useTranslation } from "react-i18next";

import { Tabs } from "@/ui/cloudscape";

import { DefinitionForm } from "../form/definition-form";
import { StateForm } from "../form/state-form";
import { DataFlow } from "../test/data-flow";
import { TestPanel } from "../test/test-panel";

import type { Gestures } from "./gestures";
import { StateMenu } from "./state-menu";
import { useStudio } from "./store";

export type InspectorTab = "form" | "test" | "data";

interface InspectorProps {
  tab: InspectorTab;
  onTab: (tab: InspectorTab) => void;
  gestures: Gestures;
  runs: number;
  onRename: () => void;
  onAdd: () => void;
}

/** What is known of the selected state: its form, its test, the way of its data. */
export function Inspector({ tab, onTab, gestures, runs, onRename, onAdd }: InspectorProps) {
  const { t } = useTranslation();
  const selected = useStudio((state) => state.selected);
  const isBroken = useStudio((state) => state.checked.definition === undefined);
  if (!selected) {
    return (
      <section className="sw-inspector" aria-label={t("editor.inspector")} data-testid="inspector">
        <h2 className="sw-inspector-title">{t("editor.wholeDefinition")}</h2>
        <fieldset disabled={isBroken}>
          <DefinitionForm />
        </fieldset>
      </section>
    );
  }
  const key = selected.join("/");
  const tabs = [
    { id: "form", label: t("editor.tab.form"), content: <StateForm path={selected} key={key} /> },
    { id: "test", label: t("editor.tab.test"), content: <TestPanel path={selected} runs={runs} key={key} /> },
    { id: "data", label: t("editor.tab.data"), content: <DataFlow path={selected} onField={() => onTab("form")} key={key} /> },
  ] as const;
  return (
    <section className="sw-inspector" aria-label={t("editor.inspector")} data-testid="inspector">
      <div className="sw-inspector-head">
        <h2 className="sw-inspector-title sw-ellipsis">{String(selected[selected.length - 1])}</h2>
        <StateMenu gestures={gestures} onRename={onRename} onAdd={onAdd} />
      </div>
      {isBroken && <p className="sw-field-warning">{t("editor.form.waits")}</p>}
      <fieldset disabled={isBroken}>
        <Tabs
          activeTabId={tab}
          onChange={({ detail }) => onTab(tabs.find(({ id }) => id === detail.activeTabId)?.id ?? "form")}
          tabs={tabs.map(({ id, label, content }) => ({ id, label, content: id === tab ? content : null }))}
          ariaLabel={t("editor.inspector")}
        />
      </fieldset>
    </section>
  );
}
