"""The optimized services that are described, and the integrations that come of them."""

from typing import Final

from stepwell.integrations.aws_call import AwsCaller
from stepwell.integrations.base import Integration
from stepwell.integrations.catalog import Service, actions_of
from stepwell.integrations.hints import Hints
from stepwell.integrations.polling import Pace
from stepwell.integrations.services import (
    athena,
    batch,
    bedrock,
    codebuild,
    databrew,
    dynamodb,
    ecs,
    eks,
    elasticmapreduce,
    emr_containers,
    emr_serverless,
    events,
    glue,
    mediaconvert,
    sagemaker,
    sns,
    sqs,
)

SERVICES: Final[tuple[Service, ...]] = (
    *(athena.SERVICE, batch.SERVICE, bedrock.SERVICE, codebuild.SERVICE, databrew.SERVICE, dynamodb.SERVICE),
    *(ecs.SERVICE, eks.SERVICE, elasticmapreduce.SERVICE, emr_containers.SERVICE, emr_serverless.SERVICE),
    *(events.SERVICE, glue.SERVICE, mediaconvert.SERVICE, sagemaker.SERVICE, sns.SERVICE, sqs.SERVICE),
)


def optimized_actions(caller: AwsCaller, hints: Hints | None = None) -> dict[tuple[str, str], Integration]:
    """The integrations of all described services, by service and action. The jobs of a service share a pace."""
    return {
        (service.name, name): integration
        for service in SERVICES
        for name, integration in actions_of(caller, service, Pace(hints=hints)).items()
    }
