import { useTranslation } from "react-i18next";

import type { Overview } from "@/api/reads";
import { KeyValuePairs, StatusIndicator } from "@/ui/cloudscape";
import { count } from "@/ui/format";
import { Lasting } from "@/ui/time";

/** Whether the store takes commits, and how much it has taken since the server began. */
export function Health({ overview }: { overview: Overview }) {
  const { t } = useTranslation();
  const { store } = overview;
  return (
    <KeyValuePairs
      columns={4}
      items={[
        {
          label: t("dashboard.health.store"),
          value: (
            <StatusIndicator type={store.broken ? "error" : store.errors ? "warning" : "success"}>
              {t(store.broken ? "dashboard.health.broken" : store.errors ? "dashboard.health.errors" : "dashboard.health.good", { count: store.errors })}
            </StatusIndicator>
          ),
        },
        { label: t("dashboard.health.commits"), value: count(store.commits) },
        { label: t("dashboard.health.groups"), value: count(store.groups) },
        { label: t("dashboard.health.up"), value: <Lasting fromMs={overview.startedMs} toMs={null} /> },
      ]}
    />
  );
}
