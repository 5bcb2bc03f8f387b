"""The optimized services that are described so far, and the integrations that come of them."""

from typing import Final

from stepwell.integrations.aws_call import AwsCaller
from stepwell.integrations.catalog import OptimizedAction, Service, actions_of
from stepwell.integrations.polling import Pace
from stepwell.integrations.services import athena, batch, codebuild, dynamodb, ecs, events, glue, sagemaker, sns, sqs

SERVICES: Final[tuple[Service, ...]] = (
    *(athena.SERVICE, batch.SERVICE, codebuild.SERVICE, dynamodb.SERVICE, ecs.SERVICE, events.SERVICE),
    *(glue.SERVICE, sagemaker.SERVICE, sns.SERVICE, sqs.SERVICE),
)


def optimized_actions(caller: AwsCaller) -> dict[tuple[str, str], OptimizedAction]:
    """The integrations of all described services, by service and action. The jobs of a service share a pace."""
    return {
        (service.name, name): integration
        for service in SERVICES
        for name, integration in actions_of(caller, service, Pace()).items()
    }
