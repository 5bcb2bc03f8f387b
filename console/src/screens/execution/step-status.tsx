import { useTranslation } from "react-i18next";

import type { StatusWord } from "@/graph";
import { StatusIndicator, type StatusIndicatorProps } from "@/ui/cloudscape";

const TYPES: Record<StatusWord, StatusIndicatorProps.Type> = {
  notReached: "stopped",
  running: "in-progress",
  waiting: "pending",
  succeeded: "success",
  caught: "warning",
  failed: "error",
  aborted: "stopped",
  timedOut: "error",
};

/** How a step stands: icon, word and colour. */
export function StepStatus({ status }: { status: StatusWord }) {
  const { t } = useTranslation();
  return (
    <span data-status={status} className="sw-nowrap">
      <StatusIndicator type={TYPES[status]} {...(status === "running" && { colorOverride: "blue" })}>{t(`graph.status.${status}`)}</StatusIndicator>
    </span>
  );
}
