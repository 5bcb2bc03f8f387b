import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";

import { follow } from "@/api/live";
import { read, type Overview } from "@/api/reads";
import { Container, Header, SpaceBetween } from "@/ui/cloudscape";
import { fetched } from "@/ui/fetched";
import { Page } from "@/ui/page";
import { Pane, Skeleton } from "@/ui/pane";
import type { ScreenProps } from "@/ui/screen";

import { Figures } from "./figures";
import { Health } from "./health";
import { Now } from "./now";
import { Queues } from "./queues";

const Examples = fetched(() => import("./examples"), <Skeleton lines={4} height={40} />);

export default function DashboardScreen({ onGo }: ScreenProps) {
  const { t } = useTranslation();
  const overview = useOverview();
  return (
    <Page title={t("dashboard.title")} testid="dashboard-screen">
      <SpaceBetween size="l">
        <Pane query={overview}>
          {(found) => (
            <SpaceBetween size="l">
              <Now counts={found.counts} />
              {found.counts.started + found.counts.running === 0 && <Examples account={found.account} region={found.region} onGo={onGo} />}
            </SpaceBetween>
          )}
        </Pane>
        <Figures />
        <Queues />
        <Container header={<Header variant="h2">{t("dashboard.health.title")}</Header>}>
          <Pane query={overview}>{(found) => <Health overview={found} />}</Pane>
        </Container>
      </SpaceBetween>
    </Page>
  );
}

/** The overview, with its counters kept true by the stream. */
function useOverview() {
  const client = useQueryClient();
  const overview = useQuery({ queryKey: ["overview"], queryFn: ({ signal }) => read<Overview>("overview", {}, signal) });
  useEffect(
    () =>
      follow("counts", (event) => {
        if (event.name === "gap") void client.invalidateQueries({ queryKey: ["overview"] });
        if (event.name !== "counts") return;
        client.setQueryData<Overview>(["overview"], (found) => found && { ...found, counts: event.data });
      }),
    [client],
  );
  return overview;
}
