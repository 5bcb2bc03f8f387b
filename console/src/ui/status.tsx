import { useTranslation } from "react-i18next";

import { StatusIndicator, type StatusIndicatorProps } from "./cloudscape";

const TYPES: Record<string, StatusIndicatorProps.Type> = {
  RUNNING: "in-progress",
  SUCCEEDED: "success",
  FAILED: "error",
  TIMED_OUT: "error",
  ABORTED: "stopped",
  PENDING_REDRIVE: "pending",
  ACTIVE: "success",
  DELETING: "in-progress",
};

export type StatusName = "RUNNING" | "SUCCEEDED" | "FAILED" | "TIMED_OUT" | "ABORTED" | "PENDING_REDRIVE" | "ACTIVE" | "DELETING";

/** The status of an execution, Map Run or machine: icon, word and colour. */
export function Status({ status }: { status: StatusName }) {
  const { t } = useTranslation();
  return (
    <span data-testid="status" data-status={status} className="sw-nowrap">
      <StatusIndicator type={TYPES[status] ?? "info"} {...(status === "RUNNING" && { colorOverride: "blue" })}>{t(`ui.status.${status}`)}</StatusIndicator>
    </span>
  );
}
