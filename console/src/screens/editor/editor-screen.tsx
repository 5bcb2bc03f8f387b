import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";

import { arnParts, machineArnOf } from "@/api/arn";
import { call } from "@/api/aws";
import type { Machine } from "@/api/operations";
import { isSample, sample } from "@/editor/samples";
import { heldDraft } from "@/editor/save/draft";
import { makeStudio, type StudioStore } from "@/editor/studio/store";
import { Studio } from "@/editor/studio/studio";
import { keepSample } from "@/editor/test/samples";
import { Page } from "@/ui/page";
import { Pane, Skeleton } from "@/ui/pane";
import { address, type ScreenProps } from "@/ui/screen";

import { Start } from "./start";
import type { EditorSearch } from "./search";

/** The studio: of a machine, by its ARN, or of one that is to be made. */
export default function EditorScreen(props: ScreenProps<EditorSearch>) {
  return props.arn === "" ? <NewMachine {...props} /> : <ExistingMachine {...props} />;
}

function NewMachine(props: ScreenProps<EditorSearch>) {
  const { t } = useTranslation();
  const { example } = props.search;
  const title = t("editor.newTitle");
  const crumbs = [
    { text: t("editor.crumb"), to: "/machines" },
    { text: title, to: "/create" },
  ];
  const draft = example?.startsWith(DRAFT) ? example.slice(DRAFT.length) : undefined;
  return (
    <Page title={title} crumbs={crumbs} testid="editor">
      {example === undefined ? <Start onStart={(id) => props.onSearch({ example: id }, "push")} /> : draft === undefined ? <Begun {...props} example={example} /> : <FromDraft {...props} draft={draft} />}
    </Page>
  );
}

const DRAFT = "draft:";

function Begun({ example, ...props }: ScreenProps<EditorSearch> & { example: string }) {
  const store = useMemo(() => storeOfExample(example), [example]);
  return <Desk {...props} store={store} />;
}

/** A text that was kept with the console's store, not yet fit to be saved. */
function FromDraft({ draft, ...props }: ScreenProps<EditorSearch> & { draft: string }) {
  const query = useQuery({ queryKey: ["draft", draft], queryFn: () => heldDraft(draft), staleTime: Infinity, gcTime: 0 });
  const text = query.data?.text;
  const store = useMemo(() => (text === undefined ? undefined : makeStudio({ text, name: draft, type: "STANDARD" })), [text, draft]);
  return (
    <Pane query={query} skeleton={<Skeleton lines={14} />}>
      {() => store && <Desk {...props} store={store} />}
    </Pane>
  );
}

/** A blank definition, or an example with the input to try it with. */
function storeOfExample(example: string): StudioStore {
  if (!isSample(example)) return makeStudio({ text: '{\n  "QueryLanguage": "JSONata",\n  "States": {}\n}\n', name: "", type: "STANDARD" });
  const { definition, input } = sample(example);
  keepSample("", { input });
  return makeStudio({ text: definition, name: example, type: "STANDARD" });
}

function ExistingMachine(props: ScreenProps<EditorSearch>) {
  const { t } = useTranslation();
  const machine = useQuery({
    queryKey: ["editor", props.arn],
    queryFn: ({ signal }) => call("DescribeStateMachine", { stateMachineArn: machineArnOf(props.arn) }, signal),
    staleTime: Infinity,
    gcTime: 0,
    refetchOnWindowFocus: false,
  });
  const name = machine.data?.name ?? arnParts(props.arn).machine;
  const crumbs = [
    { text: t("editor.crumb"), to: "/machines" },
    { text: name, to: address(["machines", props.arn]) },
    { text: t("editor.title"), to: "" },
  ];
  return (
    <Page title={t("editor.editTitle", { name })} crumbs={crumbs} testid="editor">
      <Pane query={machine} skeleton={<Skeleton lines={14} />}>
        {(data) => <Existing {...props} machine={data} />}
      </Pane>
    </Page>
  );
}

function Existing({ machine, ...props }: ScreenProps<EditorSearch> & { machine: Machine }) {
  const store = useMemo(() => storeOf(machine), [machine]);
  return <Desk {...props} store={store} />;
}

function storeOf({ definition, name, type, stateMachineArn, roleArn, revisionId }: Machine): StudioStore {
  const store = makeStudio({ text: definition, name, type });
  store.getState().keep({ arn: stateMachineArn, roleArn, saved: { text: definition, revisionId } });
  return store;
}

function Desk({ arn, search, onSearch, onGo, store }: ScreenProps<EditorSearch> & { store: StudioStore }) {
  return (
    <Studio
      store={store}
      place={search}
      onPlace={(change) => onSearch(change)}
      onSaved={(saved) => {
        if (arn === "") onGo(address(["machines", saved, "edit"]));
      }}
      onStarted={(execution) => onGo(address(["executions", execution]))}
    />
  );
}
