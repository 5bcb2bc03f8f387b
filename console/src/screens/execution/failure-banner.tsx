import { useTranslation } from "react-i18next";

import type { Model } from "@/execution/reducer";
import { Alert, Button, SpaceBetween } from "@/ui/cloudscape";
import { Link } from "@/ui/link";
import { address } from "@/ui/screen";

interface BannerProps {
  arn: string;
  model: Model;
  onShow: (state: string) => void;
}

const ONE_LINE = 160;

/** A cause that is JSON is printed for reading: a short one on a line, so that what comes below keeps its room. */
export function printed(cause: string): string {
  try {
    const value: unknown = JSON.parse(cause);
    if (typeof value !== "object") return cause;
    const pretty = JSON.stringify(value, null, 2);
    const line = pretty.replace(/\n\s*/g, " ");
    return line.length <= ONE_LINE ? line : pretty;
  } catch {
    return cause;
  }
}

/** Why an execution ended badly, before anything else is looked at. */
export function FailureBanner({ arn, model, onShow }: BannerProps) {
  const { t } = useTranslation();
  const { failure, status } = model;
  if (!failure) return null;
  const { state, error, cause, path } = failure;
  const header = state
    ? t("execution.failure.at", { status: t(`ui.status.${status}`), state, error: error ?? "" })
    : t("execution.failure.whole", { status: t(`ui.status.${status}`), error: error ?? "" });
  const bad = Object.entries(model.states).filter(([, one]) => one.iterations && one.iterations.failed > 0);
  return (
    <div data-testid="failure-banner" className="sw-failure">
      <Alert
        type={status === "ABORTED" ? "warning" : "error"}
        header={<span data-testid="failure-header">{header}</span>}
        action={
          state && (
            <Button onClick={() => onShow(state)} data-testid="show-failure">
              {t("execution.failure.show")}
            </Button>
          )
        }
      >
        <div>
          {cause && (
            <pre className="sw-failure__cause" data-testid="failure-cause" tabIndex={0} aria-label={t("execution.failure.cause")}>
              {printed(cause)}
            </pre>
          )}
          <SpaceBetween direction="horizontal" size="m">
          {path.length > 0 && <span>{t("execution.failure.in", { path: path.map(([map, index]) => `${map} #${index}`).join(" › ") })}</span>}
          {bad.map(([name, one]) => (
            <Link
              key={name}
              to={
                one.iterations?.mapRunArn
                  ? address(["map-runs", one.iterations.mapRunArn], { status: "FAILED" })
                  : address(["executions", arn], { step: name, tab: "iterations" })
              }
            >
              {t("execution.failure.iterations", { count: one.iterations?.failed ?? 0, state: name })}
            </Link>
          ))}
          </SpaceBetween>
        </div>
      </Alert>
    </div>
  );
}
