"""The forms of services' answers, by the models that botocore ships: what a task of an integration gives."""

from functools import cache
from typing import Any, Final

BOTOCORE_NAMES: Final = {
    "states": "stepfunctions",
    "sfn": "stepfunctions",
    "elasticmapreduce": "emr",
    "eventbridge": "events",
    "cloudwatchlogs": "logs",
    "cognitoidentityprovider": "cognito-idp",
}
_DESCRIBES: Final = {
    ("stepfunctions", "StartExecution"): "DescribeExecution",
    ("athena", "StartQueryExecution"): "GetQueryExecution",
    ("glue", "StartJobRun"): "GetJobRun",
    ("batch", "SubmitJob"): "DescribeJobs",
    ("ecs", "RunTask"): "DescribeTasks",
    ("codebuild", "StartBuild"): "BatchGetBuilds",
}
"""AWS: what a `.sync` task gives is the job's description, which another operation answers."""


def answer_shape(service: str, action: str, *, is_job: bool) -> Any:
    """botocore's shape of what a task gives, or None where no model tells."""
    name = service.removeprefix("aws-sdk:")
    name = BOTOCORE_NAMES.get(name, name)
    operation = action[:1].upper() + action[1:]
    if is_job:
        described = _DESCRIBES.get((name, operation))
        return None if described is None else _output_shape(name, described)
    return _output_shape(name, operation)


@cache
def _output_shape(service: str, operation: str) -> Any:
    """botocore's shape of an answer, or None for what it does not know."""
    from botocore.exceptions import UnknownServiceError
    from botocore.loaders import Loader
    from botocore.model import OperationNotFoundError, ServiceModel

    try:
        model = ServiceModel(Loader().load_service_model(service, "service-2"), service)
        return model.operation_model(operation).output_shape
    except (UnknownServiceError, OperationNotFoundError):
        return None
