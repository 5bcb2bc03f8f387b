import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import { executionPath, read } from "@/api/reads";
import type { HistoryEvent } from "@/execution/reducer";
import { Box } from "@/ui/cloudscape";
import { JsonView } from "@/ui/json-view";
import { Pane } from "@/ui/pane";

/** A text of an event's details, whole: what was cut for the list is fetched when it is looked at. */
export function usePayload(arn: string, event: HistoryEvent | undefined, member: string) {
  const cut = event?.cut.includes(member) ?? false;
  return useQuery({
    queryKey: ["execution", arn, "event", event?.id, member],
    queryFn: async ({ signal }) => {
      const details = cut && event ? (await read<{ event: HistoryEvent }>(`${executionPath(arn)}/events/${event.id}`, {}, signal)).event.details : event?.details;
      return asText(details?.[member]);
    },
    enabled: event !== undefined,
    staleTime: Infinity, // history does not change
  });
}

export function asText(value: unknown): string | null {
  if (value === undefined || value === null) return null;
  return typeof value === "string" ? value : JSON.stringify(value);
}

interface PayloadProps {
  arn: string;
  event: HistoryEvent | undefined;
  member: string;
  label: string;
  maxHeight?: number | string;
}

export function Payload({ arn, event, member, label, maxHeight }: PayloadProps) {
  const { t } = useTranslation();
  const found = usePayload(arn, event, member);
  if (!event) return <Box color="text-body-secondary">{t("execution.notYet")}</Box>;
  return (
    <Pane query={found}>
      {(text) =>
        text === null ? (
          <Box color="text-body-secondary">{t("execution.nothing")}</Box>
        ) : (
          <JsonView text={text} label={label} file={`${event.id}-${member}.json`} {...(maxHeight !== undefined && { maxHeight })} testid={`payload-${member}`} />
        )
      }
    </Pane>
  );
}
