"""What a child execution's end looks like in a result file. Pure; the shapes are recorded."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

import orjson
from msgspec import Struct

from stepwell.payload import parse_json, print_json

SUCCEEDED: Final = "SUCCEEDED"
FAILED: Final = "FAILED"
PENDING: Final = "PENDING"
NONE: Final = "NONE"
COMPACT: Final = "COMPACT"
FLATTEN: Final = "FLATTEN"
_INCLUDED: Final = {"Included": True}
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class ChildResult(Struct, frozen=True):
    """One child execution, ended or never started. Texts are JSON; times count milliseconds from 1970.

    `status` is SUCCEEDED, FAILED, TIMED_OUT, ABORTED or PENDING; a pending one has its input only.
    """

    status: str
    input: str
    execution_arn: str = ""
    name: str = ""
    state_machine_arn: str = ""
    output: str | None = None
    error: str | None = None
    cause: str | None = None
    start_ms: int = 0
    stop_ms: int = 0
    redrive_count: int = 0
    redrive_status: str = ""
    redrive_status_reason: str | None = None

    @property
    def kind(self) -> str:
        """The kind of file it goes to: what timed out or was aborted is with the failed ones (AWS, ResultWriter)."""
        return self.status if self.status in {SUCCEEDED, PENDING} else FAILED


def result_texts(result: ChildResult, transformation: str) -> list[str]:
    """The elements that a child adds to a result, each compact JSON on one line.

    NONE gives its record; COMPACT its output; FLATTEN the elements of its output if that is an array. What did not
    succeed is always a record (AWS, ResultWriter).
    """
    if transformation == NONE or result.kind != SUCCEEDED:
        return [orjson.dumps(_record(result)).decode()]
    output = parse_json(result.output or "null")
    if transformation == FLATTEN and isinstance(output, list):
        return [print_json(element) for element in output]
    return [print_json(output)]


def _record(result: ChildResult) -> dict[str, Any]:
    """Keys in the order of the alphabet; a member that is not there has no key."""
    if result.status == PENDING:
        return {"Input": result.input, "InputDetails": _INCLUDED, "Status": PENDING}
    redrive_status = result.redrive_status or ("NOT_REDRIVABLE" if result.status == SUCCEEDED else _BY_MAP_RUN)
    reason = result.redrive_status_reason or (_SUCCEEDED_REASON if result.status == SUCCEEDED else None)
    record = {
        "Cause": result.cause,
        "Error": result.error,
        "ExecutionArn": result.execution_arn,
        "Input": result.input,
        "InputDetails": _INCLUDED,
        "Name": result.name,
        "Output": result.output,
        "OutputDetails": _INCLUDED,
        "RedriveCount": result.redrive_count,
        "RedriveStatus": redrive_status,
        "RedriveStatusReason": reason,
        "StartDate": _date(result.start_ms),
        "StateMachineArn": result.state_machine_arn,
        "Status": result.status,
        "StopDate": _date(result.stop_ms),
    }
    return {key: value for key, value in record.items() if value is not None}


_BY_MAP_RUN: Final = "REDRIVABLE_BY_MAP_RUN"
_SUCCEEDED_REASON: Final = "Execution is SUCCEEDED and cannot be redriven"


def _date(ms: int) -> str:
    """ISO 8601 with milliseconds and Z (recorded)."""
    return (_EPOCH + timedelta(milliseconds=ms)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
