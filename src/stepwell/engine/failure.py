"""The value that stands for something that went wrong in a workflow. It is data, never raised."""

from typing import NamedTuple

RUNTIME = "States.Runtime"
TIMEOUT = "States.Timeout"
TASK_FAILED = "States.TaskFailed"
HEARTBEAT_TIMEOUT = "States.HeartbeatTimeout"
DATA_LIMIT_EXCEEDED = "States.DataLimitExceeded"
QUERY_EVALUATION_ERROR = "States.QueryEvaluationError"
TOO_MANY_FAILURES = "States.ExceedToleratedFailureThreshold"
ITEM_READER_FAILED = "States.ItemReaderFailed"
RESULT_WRITER_FAILED = "States.ResultWriterFailed"


class Failure(NamedTuple):
    """An error name and its cause; either may be absent, as in SendTaskFailure or a Fail state without fields."""

    error: str | None
    cause: str | None


class Unstartable(Failure):
    """A task's parameters are of no use: nothing was called, and history names the state in front of the cause."""
