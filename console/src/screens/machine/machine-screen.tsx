import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { arnParts } from "@/api/arn";
import { call } from "@/api/aws";
import type { Machine } from "@/api/operations";
import { Button, ButtonDropdown, SpaceBetween, Tabs } from "@/ui/cloudscape";
import { CopyLine } from "@/ui/copy";
import { download } from "@/ui/download";
import { Page } from "@/ui/page";
import { Pane } from "@/ui/pane";
import { address, type ScreenProps } from "@/ui/screen";
import { Status } from "@/ui/status";

import { JobList } from "../executions/job-list";
import { ExecutionsList } from "../executions/list";
import { DeleteMachines } from "../machines/delete-machines";
import { StartExecution } from "../start/start-execution";
import { Definition } from "./definition";
import { Monitoring } from "./monitoring";
import { MACHINE_TABS, type MachineSearch } from "./search";
import { Tags } from "./tags";
import { Versions } from "./versions";

export default function MachineScreen(props: ScreenProps<MachineSearch>) {
  const { t } = useTranslation();
  const { arn, onGo } = props;
  const name = arnParts(arn).machine;
  const [layer, setLayer] = useState<"start" | "delete" | null>(null);
  const machine = useQuery({ queryKey: ["machine", arn], queryFn: ({ signal }) => call("DescribeStateMachine", { stateMachineArn: arn }, signal) });
  return (
    <Page
      title={name}
      crumbs={[
        { text: t("machines.title"), to: "/machines" },
        { text: name, to: address(["machines", arn]) },
      ]}
      description={<CopyLine text={arn} label={t("ui.copyArn")} />}
      info={machine.data?.status === "DELETING" && <Status status="DELETING" />}
      actions={<Actions machine={machine.data} onLayer={setLayer} onGo={onGo} />}
      testid="machine-screen"
    >
      <Pane query={machine}>{(found) => <MachineTabs {...props} machine={found} onStart={() => setLayer("start")} />}</Pane>
      {layer === "start" && machine.data && <StartExecution machine={machine.data} onClose={() => setLayer(null)} onGo={onGo} />}
      {layer === "delete" && <DeleteMachines machines={[{ arn, name }]} onClose={() => setLayer(null)} onDeleted={() => onGo("/machines")} />}
    </Page>
  );
}

interface ActionsProps {
  machine: Machine | undefined;
  onLayer: (layer: "start" | "delete") => void;
  onGo: (to: string) => void;
}

function Actions({ machine, onLayer, onGo }: ActionsProps) {
  const { t } = useTranslation();
  const items = [
    { id: "json", text: t("machine.exportJson") },
    { id: "delete", text: t("machines.delete.button") },
  ];
  return (
    <SpaceBetween direction="horizontal" size="xs">
      <ButtonDropdown
        disabled={!machine}
        items={items}
        onItemClick={({ detail }) => {
          if (detail.id === "delete") onLayer("delete");
          else if (machine) download(`${machine.name}.asl.json`, machine.definition);
        }}
      >
        {t("machine.actions")}
      </ButtonDropdown>
      <Button disabled={!machine} onClick={() => machine && onGo(address(["machines", machine.stateMachineArn, "edit"]))} data-testid="machine-edit">
        {t("machine.edit")}
      </Button>
      <Button variant="primary" disabled={!machine || machine.status === "DELETING"} onClick={() => onLayer("start")} data-testid="start-execution">
        {t("start.title")}
      </Button>
    </SpaceBetween>
  );
}

interface MachineTabsProps extends ScreenProps<MachineSearch> {
  machine: Machine;
  onStart: () => void;
}

function MachineTabs({ arn, search, onSearch, onGo, machine, onStart }: MachineTabsProps) {
  const { t } = useTranslation();
  const contents = {
    executions: (
      <SpaceBetween size="s">
        <JobList />
        <ExecutionsList
          heading="h2"
          machine={arn}
          query={search.query ?? ""}
          onQuery={(query) => onSearch({ query: query || undefined }, "push")}
          onGo={onGo}
          emptyAction={<Button onClick={onStart}>{t("start.title")}</Button>}
        />
      </SpaceBetween>
    ),
    definition: <Definition machine={machine} />,
    versions: <Versions machine={machine} search={search} onSearch={onSearch} onGo={onGo} />,
    monitoring: <Monitoring arn={arn} />,
    tags: <Tags arn={arn} />,
  };
  return (
    <Tabs
      activeTabId={search.tab}
      onChange={({ detail }) => onSearch({ tab: MACHINE_TABS.find((tab) => tab === detail.activeTabId) ?? "executions" }, "push")}
      ariaLabel={machine.name}
      tabs={MACHINE_TABS.map((id) => ({ id, label: t(`machine.tab.${id}`), content: search.tab === id && contents[id] }))}
    />
  );
}
