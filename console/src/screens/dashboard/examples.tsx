import { useMutation } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import { call } from "@/api/aws";
import { ApiFailure } from "@/api/failure";
import { Box, Button, Container, Header, SpaceBetween } from "@/ui/cloudscape";
import { Trouble } from "@/ui/pane";
import { address } from "@/ui/screen";

import { EXAMPLES, type Example } from "./example-machines";

interface ExamplesProps {
  account: string;
  region: string;
  onGo: (to: string) => void;
}

/** Makes the machine unless it is there, and starts it. */
async function run({ name, definition, input }: Example, account: string, region: string): Promise<string> {
  const arn = `arn:aws:states:${region}:${account}:stateMachine:${name}`;
  await call("CreateStateMachine", {
    name,
    definition: JSON.stringify(definition, null, 2),
    roleArn: `arn:aws:iam::${account}:role/example`,
  }).catch((failure: unknown) => {
    if (!(failure instanceof ApiFailure && failure.code === "StateMachineAlreadyExists")) throw failure;
  });
  return (await call("StartExecution", { stateMachineArn: arn, input: JSON.stringify(input) })).executionArn;
}

/** What there is to do where nothing has run yet: examples that need nothing but this server. */
export function Examples({ account, region, onGo }: ExamplesProps) {
  const { t } = useTranslation();
  const start = useMutation({
    mutationFn: (example: Example) => run(example, account, region),
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
          {EXAMPLES.map((example) => (
            <SpaceBetween key={example.name} size="xxs">
              <Box variant="h3">{t(`dashboard.examples.${example.id}.title`)}</Box>
              <Box>{t(`dashboard.examples.${example.id}.text`)}</Box>
              <Button loading={start.isPending && start.variables === example} onClick={() => start.mutate(example)} data-testid={`example-${example.id}`}>
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
