import { useTranslation } from "react-i18next";

import { arnParts, machineArnOf } from "@/api/arn";
import type { Model } from "@/execution/reducer";
import { Badge, Header } from "@/ui/cloudscape";
import { Copy } from "@/ui/copy";
import { Link } from "@/ui/link";
import { address } from "@/ui/screen";
import { Status } from "@/ui/status";
import { Lasting, Moment } from "@/ui/time";

import { Actions } from "./actions";
import { PENDING, type ExecutionInView } from "./use-execution";

interface HeaderProps {
  execution: ExecutionInView;
  model: Model;
  /** Answers the picture that is looked at. */
  shown: () => Model;
  onGo: (to: string) => void;
  onCompare: (arn: string) => void;
}

/** What it is, how it stands, where it comes from and what can be done with it. */
export function ExecutionHeader({ execution, model, shown, onGo, onCompare }: HeaderProps) {
  const { t } = useTranslation();
  const { arn, described, express, endsOnly } = execution;
  const { name, machine } = arnParts(arn);
  const { live } = execution.following.recording;
  const facts = described.data;
  const version = facts?.stateMachineVersionArn && arnParts(facts.stateMachineVersionArn).name;
  const alias = facts?.stateMachineAliasArn && arnParts(facts.stateMachineAliasArn).name;
  const command = `aws stepfunctions describe-execution --endpoint-url ${location.origin} --execution-arn '${arn}'`;
  return (
    <div className="sw-head" data-testid="execution-header" data-status={live.status}>
      <Header variant="h1" actions={<Actions execution={execution} shown={shown} onGo={onGo} onCompare={onCompare} />}>
        {name}
      </Header>
      <div className="sw-row sw-head__facts">
        <Status status={facts?.status === PENDING ? PENDING : live.status} />
        <span data-testid="execution-duration">
          <Lasting fromMs={live.startedMs || null} toMs={live.stoppedMs} />
        </span>
        <span>
          <Link to={address(["machines", machineArnOf(arn)])}>{machine}</Link>
          {version && <span className="sw-muted"> {t("machine.versions.numbered", { version })}</span>}
          {alias && <Badge>{alias}</Badge>}
        </span>
        <span className="sw-muted">
          <Moment ms={live.startedMs || null} />
        </span>
        {express && <Badge>{t("machines.type.EXPRESS")}</Badge>}
        {model.redrives > 0 && <Badge color="blue">{t("execution.redrives", { count: model.redrives })}</Badge>}
        {facts?.mapRunArn && <Link to={address(["map-runs", facts.mapRunArn])}>{t("execution.ofMapRun")}</Link>}
        {endsOnly && <span className="sw-muted">{t("execution.endsOnly")}</span>}
        <span>
          <Copy text={arn} label={t("ui.copyArn")} />
          <span aria-hidden="true">ARN</span>
        </span>
        <span>
          <Copy text={command} label={t("execution.copyCommand")} />
          <span aria-hidden="true">CLI</span>
        </span>
      </div>
    </div>
  );
}
