"""The optimized services that are described so far, and their registration."""

from collections.abc import Mapping
from functools import partial
from typing import Final

from stepwell.integrations.aws_call import AwsCaller
from stepwell.integrations.base import Registry
from stepwell.integrations.catalog import OptimizedAction, Service, actions_of
from stepwell.integrations.polling import Pace
from stepwell.integrations.services import athena, batch, codebuild, dynamodb, ecs, events, glue, sagemaker, sns, sqs

SERVICES: Final[tuple[Service, ...]] = (
    *(athena.SERVICE, batch.SERVICE, codebuild.SERVICE, dynamodb.SERVICE, ecs.SERVICE, events.SERVICE),
    *(glue.SERVICE, sagemaker.SERVICE, sns.SERVICE, sqs.SERVICE),
)


def register(registry: Registry, caller: AwsCaller) -> None:
    """Add the integrations of all described services."""
    for service in SERVICES:
        actions = actions_of(caller, service, Pace())
        registry.register_family(service.name, partial(_find, actions))


def _find(actions: Mapping[str, OptimizedAction], service: str, action: str) -> OptimizedAction | None:
    return actions.get(action)
