"""The optimized services that are described so far, and their registration."""

from typing import Final

from stepwell.integrations.aws_call import AwsCaller
from stepwell.integrations.base import Registry
from stepwell.integrations.catalog import Service, actions_of
from stepwell.integrations.polling import Pace
from stepwell.integrations.services import athena, batch, codebuild, dynamodb, ecs, events, glue, sagemaker, sns, sqs

SERVICES: Final[tuple[Service, ...]] = (
    *(athena.SERVICE, batch.SERVICE, codebuild.SERVICE, dynamodb.SERVICE, ecs.SERVICE, events.SERVICE),
    *(glue.SERVICE, sagemaker.SERVICE, sns.SERVICE, sqs.SERVICE),
)


def register(registry: Registry, caller: AwsCaller) -> None:
    """Add the integrations of all described services."""
    for service in SERVICES:
        for name, integration in actions_of(caller, service, Pace()).items():
            registry.register(service.name, integration, name)
