"""What the tasks that call Step Functions itself share: refusals, derived names, and dates.

The operations come in as a Protocol (`base.Operations`); this server's are used, never an HTTP endpoint.
"""

import time
from typing import Any, Final

from stepwell.arn import execution_arn, parse_arn
from stepwell.engine.failure import Failure
from stepwell.errors import SERVICE_NAMESPACE, ApiError, InvalidArn
from stepwell.integrations.base import Call, Operations
from stepwell.integrations.sdk_metadata import new_request_id, v1_failure, v2_failure
from stepwell.payload import print_json

START: Final = "StartExecution"
DESCRIBE: Final = "DescribeExecution"
STOP: Final = "StopExecution"


def v1_refusal(error: ApiError) -> Failure:
    """An operation's error as `states:` tasks show it (recorded: `StepFunctions.StateMachineDoesNotExistException`)."""
    return v1_failure(
        *("StepFunctions", "AWSStepFunctions", error.code, error.message),
        status=error.status,
        request_id=new_request_id(),
        modelled=_is_modelled(error),
    )


def v2_refusal(error: ApiError) -> Failure:
    """An operation's error as `aws-sdk:sfn:` tasks show it (recorded: `Sfn.InvalidTokenException`)."""
    return v2_failure(
        *("Sfn", error.code, error.message),
        status=error.status,
        request_id=new_request_id(),
        modelled=_is_modelled(error),
    )


def _is_modelled(error: ApiError) -> bool:
    return ApiError.BY_CODE[error.code].namespace == SERVICE_NAMESPACE


async def start_execution(operations: Operations, call: Call, members: dict[str, Any]) -> dict[str, Any]:
    """Start an execution so that a repetition after a crash finds the first one. Raises `ApiError`.

    Without a name of the task's own the name is derived from the attempt: if it is taken already, this attempt took it.
    """
    if members.get("name") is not None:
        return await operations.call(call.account, call.region, START, members)
    name = call.attempt_uuid
    try:
        return await operations.call(call.account, call.region, START, {**members, "name": name})
    except ApiError as error:
        if error.code != "ExecutionAlreadyExists":
            raise
        arn = _execution_of(members["state_machine_arn"], name)
        if arn is None:
            raise
    answer = await operations.call(call.account, call.region, DESCRIBE, {"execution_arn": arn})
    return {"execution_arn": arn, "start_date": answer["start_date"]}


def _execution_of(machine: str, name: str) -> str | None:
    try:
        parsed = parse_arn(machine)
    except InvalidArn:
        return None
    return execution_arn(parsed.region, parsed.account, parsed.name, name)


def json_text(value: Any) -> str:
    """A member that the API wants as text: text stays as it is, other values become their JSON (recorded)."""
    return value if isinstance(value, str) else print_json(value)


def iso_date(at_ms: int) -> str:
    """A date as `aws-sdk:` tasks show it: ISO 8601 in UTC, milliseconds only where there are any (recorded for S3)."""
    seconds, fraction_ms = divmod(at_ms, 1000)
    text = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
    return f"{text}.{fraction_ms:03}Z" if fraction_ms else f"{text}Z"


def pascal(snake: str) -> str:
    """`state_machine_arn` as task parameters and results spell it: `StateMachineArn`."""
    return "".join(word[:1].upper() + word[1:] for word in snake.split("_"))
