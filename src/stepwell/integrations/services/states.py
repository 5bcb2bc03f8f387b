"""Tasks that start executions: `states:startExecution`, plain, `.sync`, `.sync:2` and `.waitForTaskToken`.

Parameters and outputs are AWS's, dates are integer milliseconds, and the operations are this server's own.
"""

from typing import Any, Final

from stepwell.engine.failure import TASK_FAILED, Failure
from stepwell.errors import ApiError
from stepwell.integrations import sdk_metadata
from stepwell.integrations.base import Call, Operations, Outcome
from stepwell.integrations.own_operations import DESCRIBE, STOP, json_text, pascal, start_execution, v1_refusal
from stepwell.payload import JsonError, Payload, parse_json, print_json

MEMBERS: Final = {
    "Input": "input",
    "Name": "name",
    "StateMachineArn": "state_machine_arn",
    "TraceHeader": "trace_header",
}
REQUIRED: Final = ("StateMachineArn",)
_PARSED: Final = ("Input", "Output")


class StatesIntegration:
    """`states:startExecution` in all its patterns.

    Repeatable: where the task names no execution, its name follows from the attempt. A task that gives a name itself
    relies on the idempotency of StartExecution, which ends with the execution.
    """

    def __init__(self, operations: Operations) -> None:
        self._operations = operations

    def is_repeatable(self, action: str) -> bool:
        """As said above."""
        return True

    async def perform(self, call: Call) -> Outcome:
        """Start the execution: the output of a plain task, the submission of the others."""
        members = _read(call.parameters)
        if isinstance(members, Failure):
            return members
        try:
            answer = await start_execution(self._operations, call, members)
        except ApiError as error:
            return v1_refusal(error)
        return Payload.of(_started(answer["execution_arn"], answer["start_date"]))

    async def watch(self, call: Call, submitted: Payload) -> Outcome:
        """Wait for the execution's end. Anything but success is `States.TaskFailed`, its cause the description."""
        arn = submitted.value["ExecutionArn"]
        try:
            await self._operations.wait_closed(arn)
            answer = await self._operations.call(call.account, call.region, DESCRIBE, {"execution_arn": arn})
        except ApiError as error:
            return v1_refusal(error)
        description = _description(answer, parsed=call.pattern == "sync:2")
        if answer["status"] == "SUCCEEDED":
            return Payload.of(description)
        return Failure(TASK_FAILED, print_json(description))

    async def cancel(self, call: Call, submitted: Payload | None) -> None:
        """Stop the execution, if it was started as a job (AWS: only `.sync` tasks stop what they began)."""
        if submitted is None or not call.pattern.startswith("sync"):
            return
        try:
            members = {"execution_arn": submitted.value["ExecutionArn"]}
            await self._operations.call(call.account, call.region, STOP, members)
        except ApiError:
            pass  # it has ended, or is gone: nothing is left to stop


def _read(parameters: Payload) -> dict[str, Any] | Failure:
    given = parameters.value
    if not isinstance(given, dict) or given.get("StateMachineArn") is None:
        return sdk_metadata.parameters_failure(parameters.text, [sdk_metadata.missing("StateMachineArn")])
    present = {name: value for name, value in given.items() if value is not None}
    reasons = [sdk_metadata.unsupported(name, MEMBERS) for name in present if name not in MEMBERS] or [
        sdk_metadata.wrong_type(name, "STRING")
        for name, value in present.items()
        if name != "Input" and not isinstance(value, str)
    ]
    if reasons:
        return sdk_metadata.parameters_failure(parameters.text, reasons)
    return {MEMBERS[name]: json_text(value) for name, value in present.items()}


def _started(arn: str, start_ms: int) -> dict[str, Any]:
    """Recorded: `{ExecutionArn, SdkHttpMetadata, SdkResponseMetadata, StartDate}`."""
    request_id = sdk_metadata.new_request_id()
    body = print_json({"executionArn": arn, "startDate": start_ms / 1000})
    return {
        "ExecutionArn": arn,
        "SdkHttpMetadata": sdk_metadata.json_call_metadata(request_id, len(body)),
        "SdkResponseMetadata": sdk_metadata.response_metadata(request_id),
        "StartDate": start_ms,
    }


def _description(answer: dict[str, Any], *, parsed: bool) -> dict[str, Any]:
    """The described execution, keys in alphabetical order, however it ended (measured).

    (Recordings of failed ones from 2023 have no redrive members: they are older than redrives.)
    """
    document = {pascal(name): value for name, value in answer.items() if value is not None}
    for name in _PARSED:
        if name in document:
            included = document.get(f"{name}Details", {}).get("included", True)
            document[f"{name}Details"] = {"Included": included}
            document[name] = _value(document[name]) if parsed else document[name]
    return {name: document[name] for name in sorted(document)}


def _value(text: str) -> Any:
    try:
        return parse_json(text)
    except JsonError:
        return text
