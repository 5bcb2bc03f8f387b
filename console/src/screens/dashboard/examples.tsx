import { useMutation } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import { call } from "@/api/aws";
import { ApiFailure } from "@/api/failure";
import { sample, SAMPLES, type SampleId } from "@/editor/samples";
import { Box, Button, Container, Header, SpaceBetween } from "@/ui/cloudscape";
import { Trouble } from "@/ui/pane";
import { address } from "@/ui/screen";


interface ExamplesProps {
  account: string;
  region: string;
  onGo: (to: string) => void;
}

/** Makes the machine unless it is there, and starts it. */
async function run(id: SampleId, account: string, region: string): Promise<string> {
  const { definition, input } = sample(id);
  const name = `example-${id}`;
  const arn = `arn:aws:states:${region}:${account}:stateMachine:${name}`;
  await call("CreateStateMachine", {
    name,
    definition,
    roleArn: `arn:aws:iam::${account}:role/example`,
  }).catch((failure: unknown) => {
    if (!(failure instanceof ApiFailure && failure.code === "StateMachineAlreadyExists")) throw failure;
  });
  return (await call("StartExecution", { stateMachineArn: arn, input })).executionArn;
}

/** What there is to do where nothing has run yet: examples that need nothing but this server. */
export default function Examples({ account, region, onGo }: ExamplesProps) {
  const { t } = useTranslation();
  const start = useMutation({
    mutationFn: (id: SampleId) => run(id, account, region),
    onSuccess: (executionArn) => onGo(address(["executions", executionArn])),
  });
  return (
    <Container
      data-testid="examples"
      header={
        <Header variant="h2" description={t("dashboard.examples.hint")}>
          {t("dashboard.examples.title")}
        </Header>
      }
    >
      <SpaceBetween size="m">
        <div className="sw-two">
          {SAMPLES.map((id) => (
            <SpaceBetween key={id} size="xxs">
              <Box variant="h3">{t(`editor.samples.${id}.title`)}</Box>
              <Box>{t(`editor.samples.${id}.text`)}</Box>
              <Button
                loading={start.isPending && start.variables === id}
                ariaLabel={t("dashboard.examples.startOf", { name: t(`editor.samples.${id}.title`) })}
                onClick={() => start.mutate(id)}
                data-testid={`example-${id}`}
              >
                {t("dashboard.examples.start")}
              </Button>
            </SpaceBetween>
          ))}
        </div>
        {start.isError && <Trouble error={start.error} />}
      </SpaceBetween>
    </Container>
  );
}
