import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { arnParts } from "@/api/arn";
import { call, everyPage } from "@/api/aws";
import type { Alias, Machine, Version } from "@/api/operations";
import { Button, Header, SpaceBetween, Table } from "@/ui/cloudscape";
import { flash } from "@/ui/flash";
import { percent } from "@/ui/format";
import { Link } from "@/ui/link";
import { Nothing, Pane, Trouble } from "@/ui/pane";
import { address, type ScreenProps } from "@/ui/screen";
import { Moment } from "@/ui/time";

import { AliasForm } from "./alias-form";
import { Compare } from "./compare";
import { PublishVersion } from "./publish-version";
import type { MachineSearch } from "./search";

interface Published {
  versions: Version[];
  aliases: Alias[];
}

/** Versions newest first, and every alias with where it leads. */
async function published(arn: string, signal: AbortSignal): Promise<Published> {
  const [versions, items] = await Promise.all([
    everyPage(
      (nextToken) => call("ListStateMachineVersions", { stateMachineArn: arn, maxResults: 1000, ...(nextToken && { nextToken }) }, signal),
      (page) => page.stateMachineVersions,
    ),
    everyPage(
      (nextToken) => call("ListStateMachineAliases", { stateMachineArn: arn, maxResults: 1000, ...(nextToken && { nextToken }) }, signal),
      (page) => page.stateMachineAliases,
    ),
  ]);
  const aliases = await Promise.all(items.map((item) => call("DescribeStateMachineAlias", { stateMachineAliasArn: item.stateMachineAliasArn }, signal)));
  return { versions, aliases };
}

export function usePublished(arn: string) {
  return useQuery({ queryKey: ["versions", arn], queryFn: ({ signal }) => published(arn, signal) });
}

export function versionNumber(arn: string): string {
  return arnParts(arn).name ?? "";
}

interface VersionsProps extends Pick<ScreenProps<MachineSearch>, "search" | "onSearch" | "onGo"> {
  machine: Machine;
}

export function Versions({ machine, search, onSearch, onGo }: VersionsProps) {
  const found = usePublished(machine.stateMachineArn);
  return (
    <Pane query={found}>
      {(all) => (
        <SpaceBetween size="l">
          <VersionTable machine={machine} published={all} onCompare={(from, to) => onSearch({ from, to }, "push")} />
          {search.from && search.to && (
            <Compare
              machine={machine}
              versions={all.versions.map((version) => versionNumber(version.stateMachineVersionArn))}
              from={search.from}
              to={search.to}
              onChange={(from, to) => onSearch({ from, to })}
            />
          )}
          <AliasTable machine={machine} published={all} onGo={onGo} />
        </SpaceBetween>
      )}
    </Pane>
  );
}

interface VersionTableProps {
  machine: Machine;
  published: Published;
  onCompare: (from: string, to: string) => void;
}

function VersionTable({ machine, published, onCompare }: VersionTableProps) {
  const { t } = useTranslation();
  const [publishing, setPublishing] = useState(false);
  const { remove, failure } = useRemoval(machine.stateMachineArn);
  const { versions, aliases } = published;
  const before = (version: Version) => versions[versions.indexOf(version) + 1];
  const leading = (version: Version) =>
    aliases.filter((alias) => alias.routingConfiguration?.some((route) => route.stateMachineVersionArn === version.stateMachineVersionArn));
  return (
    <>
      <Table
        data-testid="versions"
        items={versions}
        trackBy="stateMachineVersionArn"
        ariaLabels={{ tableLabel: t("machine.versions.title") }}
        header={
          <Header
            variant="h2"
            counter={`(${versions.length})`}
            actions={
              <Button onClick={() => setPublishing(true)} data-testid="publish-version">
                {t("machine.versions.publish")}
              </Button>
            }
          >
            {t("machine.versions.title")}
          </Header>
        }
        columnDefinitions={[
          { id: "version", header: t("machine.versions.version"), isRowHeader: true, cell: (item) => versionNumber(item.stateMachineVersionArn) },
          { id: "created", header: t("machine.versions.created"), cell: (item) => <Moment ms={item.creationDate * 1000} /> },
          { id: "aliases", header: t("machine.versions.aliases"), cell: (item) => leading(item).map((alias) => alias.name).join(", ") || "–" },
          {
            id: "actions",
            header: t("machine.versions.actions"),
            minWidth: 240,
            cell: (item) => {
              const number = versionNumber(item.stateMachineVersionArn);
              const older = before(item);
              return (
                <SpaceBetween direction="horizontal" size="s">
                  {older && (
                    <Button variant="inline-link" onClick={() => onCompare(versionNumber(older.stateMachineVersionArn), number)}>
                      {t("machine.versions.compareBefore")}
                    </Button>
                  )}
                  <Button variant="inline-link" onClick={() => onCompare(number, "current")}>
                    {t("machine.versions.compareNow")}
                  </Button>
                  <Button
                    variant="inline-link"
                    ariaLabel={t("machine.versions.deleteOne", { version: number })}
                    onClick={() => remove({ version: item.stateMachineVersionArn })}
                  >
                    {t("machines.delete.button")}
                  </Button>
                </SpaceBetween>
              );
            },
          },
        ]}
        empty={<Nothing title={t("machine.versions.none")}>{t("machine.versions.noneHint")}</Nothing>}
      />
      {failure && <Trouble error={failure} />}
      {publishing && <PublishVersion machine={machine} onClose={() => setPublishing(false)} />}
    </>
  );
}

/** Deletes a version or an alias, and has the lists asked for again. */
function useRemoval(arn: string) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const removal = useMutation({
    mutationFn: async (what: { version: string } | { alias: string }) => {
      if ("version" in what) await call("DeleteStateMachineVersion", { stateMachineVersionArn: what.version });
      else await call("DeleteStateMachineAlias", { stateMachineAliasArn: what.alias });
    },
    onSuccess: () => flash({ type: "success", text: t("machine.versions.deleted") }),
    onSettled: () => client.invalidateQueries({ queryKey: ["versions", arn] }),
  });
  return { remove: removal.mutate, failure: removal.error };
}

interface AliasTableProps {
  machine: Machine;
  published: Published;
  onGo: (to: string) => void;
}

function AliasTable({ machine, published, onGo }: AliasTableProps) {
  const { t } = useTranslation();
  const [editing, setEditing] = useState<Alias | "new" | null>(null);
  const { remove, failure } = useRemoval(machine.stateMachineArn);
  const { versions, aliases } = published;
  return (
    <>
      <Table
        data-testid="aliases"
        items={aliases}
        ariaLabels={{ tableLabel: t("machine.aliases.title") }}
        header={
          <Header
            variant="h2"
            counter={`(${aliases.length})`}
            actions={
              <Button disabled={versions.length === 0} onClick={() => setEditing("new")} data-testid="create-alias">
                {t("machine.aliases.create")}
              </Button>
            }
          >
            {t("machine.aliases.title")}
          </Header>
        }
        columnDefinitions={[
          {
            id: "name",
            header: t("machine.aliases.name"),
            isRowHeader: true,
            cell: (alias) => <Link to={address(["executions"], { machine: alias.stateMachineAliasArn })}>{alias.name}</Link>,
          },
          { id: "routing", header: t("machine.aliases.routing"), cell: (alias) => <Routing alias={alias} /> },
          { id: "description", header: t("machine.aliases.description"), cell: (alias) => alias.description || "–" },
          { id: "updated", header: t("machine.aliases.updated"), cell: (alias) => <Moment ms={(alias.updateDate ?? alias.creationDate ?? 0) * 1000} /> },
          {
            id: "actions",
            header: t("machine.versions.actions"),
            minWidth: 160,
            cell: (alias) => (
              <SpaceBetween direction="horizontal" size="s">
                <Button variant="inline-link" ariaLabel={t("machine.aliases.editOne", { name: alias.name })} onClick={() => setEditing(alias)}>
                  {t("machine.aliases.edit")}
                </Button>
                <Button
                  variant="inline-link"
                  ariaLabel={t("machine.aliases.deleteOne", { name: alias.name })}
                  onClick={() => alias.stateMachineAliasArn && remove({ alias: alias.stateMachineAliasArn })}
                >
                  {t("machines.delete.button")}
                </Button>
              </SpaceBetween>
            ),
          },
        ]}
        empty={<Nothing title={t("machine.aliases.none")}>{t("machine.aliases.noneHint")}</Nothing>}
      />
      {failure && <Trouble error={failure} />}
      {editing && <AliasForm machine={machine} versions={versions} alias={editing === "new" ? null : editing} onClose={() => setEditing(null)} onGo={onGo} />}
    </>
  );
}

function Routing({ alias }: { alias: Alias }) {
  const { t } = useTranslation();
  return (
    <>
      {(alias.routingConfiguration ?? []).map((route) => (
        <div key={route.stateMachineVersionArn}>
          {t("machine.aliases.share", { version: versionNumber(route.stateMachineVersionArn), share: percent(route.weight / 100) })}
        </div>
      ))}
    </>
  );
}
