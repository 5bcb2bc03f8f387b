import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import { call } from "@/api/aws";
import type { Machine } from "@/api/operations";
import { Container, FormField, Header, Select, SpaceBetween } from "@/ui/cloudscape";
import { fetched } from "@/ui/fetched";
import { Pane, Skeleton } from "@/ui/pane";

const DefinitionDiff = fetched(async () => ({ default: (await import("@/editor/diff/definition-diff")).DefinitionDiff }), <Skeleton lines={8} />);

const CURRENT = "current";

interface CompareProps {
  machine: Machine;
  versions: readonly string[];
  from: string;
  to: string;
  onChange: (from: string, to: string) => void;
}

function useDefinition(machine: Machine, version: string) {
  const arn = version === CURRENT ? machine.stateMachineArn : `${machine.stateMachineArn}:${version}`;
  return useQuery({
    queryKey: ["definition", arn, version === CURRENT ? (machine.revisionId ?? "") : ""],
    queryFn: ({ signal }) => call("DescribeStateMachine", { stateMachineArn: arn }, signal),
    staleTime: version === CURRENT ? 0 : Infinity, // a version never changes
  });
}

/** What has changed from one version to another. */
export function Compare({ machine, versions, from, to, onChange }: CompareProps) {
  const { t } = useTranslation();
  const one = useDefinition(machine, from);
  const other = useDefinition(machine, to);
  const options = [CURRENT, ...versions].map((value) => ({
    value,
    label: value === CURRENT ? t("machine.versions.current") : t("machine.versions.numbered", { version: value }),
  }));
  const chosen = (value: string) => options.find((option) => option.value === value) ?? null;
  return (
    <Container
      data-testid="version-diff"
      header={
        <Header
          variant="h2"
          actions={
            <SpaceBetween direction="horizontal" size="xs">
              <FormField label={t("machine.versions.from")}>
                <Select options={options} selectedOption={chosen(from)} onChange={({ detail }) => onChange(detail.selectedOption.value ?? from, to)} />
              </FormField>
              <FormField label={t("machine.versions.to")}>
                <Select options={options} selectedOption={chosen(to)} onChange={({ detail }) => onChange(from, detail.selectedOption.value ?? to)} />
              </FormField>
            </SpaceBetween>
          }
        >
          {t("machine.versions.difference")}
        </Header>
      }
    >
      <Pane query={one}>
        {(before) => (
          <Pane query={other}>
            {(after) => (
              <DefinitionDiff before={before.definition} after={after.definition} beforeName={chosen(from)?.label ?? from} afterName={chosen(to)?.label ?? to} />
            )}
          </Pane>
        )}
      </Pane>
    </Container>
  );
}
