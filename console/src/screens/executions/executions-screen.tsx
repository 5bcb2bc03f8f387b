import { useTranslation } from "react-i18next";

import { arnParts, machineArnOf } from "@/api/arn";
import { SpaceBetween } from "@/ui/cloudscape";
import { Link } from "@/ui/link";
import { Page } from "@/ui/page";
import { address, type ScreenProps } from "@/ui/screen";

import { BulkActions } from "./bulk";
import { JobList } from "./job-list";
import { ExecutionsList } from "./list";
import type { ExecutionsSearch } from "./search";

export default function ExecutionsScreen({ search, onSearch, onGo }: ScreenProps<ExecutionsSearch>) {
  const { t } = useTranslation();
  const query = search.query ?? "";
  const of = search.machine ? arnParts(search.machine).machine : null;
  return (
    <Page
      title={t("executions.title")}
      crumbs={[{ text: t("executions.title"), to: "/executions" }]}
      actions={<BulkActions query={query} machine={search.machine} />}
      description={
        of &&
        search.machine && (
          <>
            {t("executions.of")} <Link to={address(["machines", machineArnOf(search.machine)])}>{of}</Link>
          </>
        )
      }
      testid="executions-screen"
    >
      <SpaceBetween size="s">
        <JobList />
        <ExecutionsList
          query={query}
          machine={search.machine}
          onQuery={(next) => onSearch({ query: next || undefined }, "push")}
          onGo={onGo}
          emptyAction={<Link to="/machines">{t("executions.toMachines")}</Link>}
        />
      </SpaceBetween>
    </Page>
  );
}
