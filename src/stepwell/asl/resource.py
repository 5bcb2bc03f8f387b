"""What a Task's Resource names: a Lambda function, an activity, or an action of a service with its pattern.

The table of optimized integrations is AWS's ("Integrating services", developer guide). Which of them this server can
perform is known to the integrations, not here.
"""

from __future__ import annotations

import re
from typing import Any, Final

from msgspec import Struct

from stepwell.asl.fields import UNREADABLE
from stepwell.asl.reading import Place

SYNC: Final = "sync"
SYNC_2: Final = "sync:2"
TOKEN: Final = "waitForTaskToken"
EXPRESS: Final = "EXPRESS"

_PARTITION: Final = r"arn:[^:\s]+"
_LAMBDA: Final = re.compile(
    _PARTITION + r":lambda:[^:\s]*:[^:\s]*:function:[A-Za-z0-9_-]+(:(\$LATEST|[A-Za-z0-9_-]+))?"
)
_ACTIVITY: Final = re.compile(_PARTITION + r":states:[^:\s]+:[^:\s]+:activity:[^:\s]{1,80}")
_SDK: Final = re.compile(_PARTITION + r":states:::(aws-sdk:[a-z0-9]+):([a-z][A-Za-z0-9]*)(?:\.(waitForTaskToken))?")
_OPTIMIZED: Final = re.compile(
    _PARTITION + r":states:::([a-z0-9-]+):([a-z][A-Za-z0-9]*)(?:\.(sync|sync:2|waitForTaskToken))?"
)

# service -> actions, each with the patterns it has beside request-response: `*` stands for .sync, `+` for the token
_SERVICES: Final[dict[str, str]] = {
    "apigateway": "invoke+",
    "athena": "startQueryExecution* stopQueryExecution getQueryExecution getQueryResults",
    "batch": "submitJob*",
    "bedrock": "invokeModel+ createModelCustomizationJob*+",
    "codebuild": "startBuild* stopBuild batchDeleteBuilds batchGetReports startBuildBatch* stopBuildBatch "
    "retryBuildBatch* deleteBuildBatch",
    "databrew": "startJobRun*",
    "dynamodb": "getItem putItem updateItem deleteItem",
    "ecs": "runTask*+",
    "eks": "createCluster* deleteCluster* createNodegroup* deleteNodegroup* createFargateProfile* "
    "deleteFargateProfile* call+ runJob*+",
    "elasticmapreduce": "createCluster* terminateCluster* addStep* cancelStep setClusterTerminationProtection "
    "modifyInstanceFleetByName modifyInstanceGroupByName",
    "emr-containers": "createVirtualCluster deleteVirtualCluster* startJobRun*",
    "emr-serverless": "createApplication* startApplication* stopApplication* deleteApplication* startJobRun* "
    "cancelJobRun*",
    "events": "putEvents+",
    "glue": "startJobRun*",
    "http": "invoke",
    "lambda": "invoke+",
    "mediaconvert": "createJob*",
    "sagemaker": "createTrainingJob* createTransformJob* createProcessingJob* createHyperParameterTuningJob* "
    "createLabelingJob* createModel createEndpoint* updateEndpoint* createEndpointConfig",
    "sns": "publish+",
    "sqs": "sendMessage+",
    "states": "startExecution*+2",
}
_MARKS: Final = {"*": SYNC, "+": TOKEN, "2": SYNC_2}


def _patterns() -> dict[tuple[str, str], frozenset[str]]:
    table = {}
    for service, actions in _SERVICES.items():
        for word in actions.split():
            action = word.rstrip("*+2")
            table[service, action] = frozenset({"", *(_MARKS[mark] for mark in word[len(action) :])})
    return table


PATTERNS: Final = _patterns()


class Resource(Struct, frozen=True):
    """A recognised Resource.

    `kind` is "lambda" (a plain function ARN), "activity" or "service"; `service` and `action` name what is called
    ("aws-sdk:sqs", "sendMessage"); `pattern` is "" (request-response), "sync", "sync:2" or "waitForTaskToken".
    `resource_type` and `resource` are the two texts of history events.
    """

    arn: str
    kind: str
    service: str
    action: str
    pattern: str
    resource_type: str
    resource: str

    @property
    def has_token(self) -> bool:
        """Whether its tasks can be answered by token: those that wait for one, and for a job too (recorded)."""
        return bool(self.pattern)


def parse_resource(arn: str) -> Resource | None:
    """The resource of an ARN, or None when AWS would not recognise it."""
    if _LAMBDA.fullmatch(arn):
        return Resource(arn, "lambda", "lambda", "invoke", "", "lambda", arn)
    if _ACTIVITY.fullmatch(arn):
        return Resource(arn, "activity", "", "", "", "", arn)
    found = _SDK.fullmatch(arn)
    if found is None:
        found = _OPTIMIZED.fullmatch(arn)
        if found is None or (found[3] or "") not in PATTERNS.get((found[1], found[2]), ()):
            return None
    service, action, pattern = found[1], found[2], found[3] or ""
    return Resource(arn, "service", service, action, pattern, service, f"{action}.{pattern}" if pattern else action)


def unrecognized(arn: str) -> str:
    """What is said of a resource that nobody knows (recorded)."""
    return (
        f"The resource provided {arn} is not recognized. The value is not a valid resource ARN, or the resource is not "
        "available in this region."
    )


class ResourceArn(Struct, frozen=True):
    """The kind of a Task's Resource."""

    def read(self, value: Any, place: Place) -> Any:
        if not isinstance(value, str):
            place.report("Expected value of type String")
            return UNREADABLE
        resource = parse_resource(value)
        if resource is None:
            place.report(unrecognized(value))
            return UNREADABLE
        if place.type == EXPRESS:
            _check_express(resource, place)
        return resource

    def describe(self) -> str:
        return "ARN of a function, an activity or a service action"


def _check_express(resource: Resource, place: Place) -> None:
    """Express state machines run request-response tasks only; the blank before `at` is AWS's own (recorded)."""
    if resource.kind == "activity":
        place.report("Express state machine does not support Activity ARN")
    elif resource.pattern in (SYNC, SYNC_2):
        place.report("Express state machine does not support '.sync' service integration")
    elif resource.pattern == TOKEN:
        place.report("Express state machine does not support '.waitForTaskToken' service integration ")
