import { useTranslation } from "react-i18next";

import { arnParts } from "@/api/arn";
import { Alert, Button, SpaceBetween } from "@/ui/cloudscape";
import { Link } from "@/ui/link";
import { Pane } from "@/ui/pane";
import { address } from "@/ui/screen";

import type { Compared } from "./use-comparison";

interface ComparisonProps {
  other: string;
  found: Compared;
  onChoose: (state: string) => void;
  onClose: () => void;
}

/** In which states two executions differ, and in what. */
export function Comparison({ other, found, onChoose, onClose }: ComparisonProps) {
  const { t } = useTranslation();
  return (
    <div data-testid="comparison">
      <Alert type="info" dismissible dismissAriaLabel={t("execution.compare.end")} onDismiss={onClose}>
        {t("execution.compare.with")} <Link to={address(["executions", other])}>{arnParts(other).name}</Link>{" "}
        <Pane query={found.query}>
          {() =>
            found.differences.length === 0 ? (
              t("execution.compare.same")
            ) : (
              <SpaceBetween direction="horizontal" size="xs">
                {found.differences.map(({ state, kinds }) => (
                  <Button key={state} variant="inline-link" onClick={() => onChoose(state)}>
                    {t("execution.compare.state", { state, kinds: kinds.map((kind) => t(`execution.compare.${kind}`)).join(", ") })}
                  </Button>
                ))}
              </SpaceBetween>
            )
          }
        </Pane>
      </Alert>
    </div>
  );
}
