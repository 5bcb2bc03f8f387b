"""The table of console reads: name to function, and the API's action whose permission a read needs."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, NamedTuple

from stepwell.operations.reads import (
    actions,
    documents,
    iterations,
    jobs,
    live,
    logs,
    machines,
    metrics,
    overview,
    pictures,
    search,
    topics,
    workers,
)
from stepwell.operations.service import guarded


class Read(NamedTuple):
    """One read. The function takes (service, caller, **members) and raises `ApiError`."""

    function: Callable[..., Awaitable[Any]]
    action_of: Callable[[dict[str, Any]], str]


def _read(function: Callable[..., Awaitable[Any]], action: str) -> Read:
    return Read(guarded(function), lambda members: f"states:{action}")


READS: Final[Mapping[str, Read]] = {
    "CancelJob": _read(jobs.cancel_job, "ListExecutions"),
    "DeleteDocument": _read(documents.delete_document, "ListStateMachines"),
    "ExecutionEvent": _read(pictures.execution_event, "GetExecutionHistory"),
    "ExecutionEvents": _read(pictures.execution_events, "GetExecutionHistory"),
    "ExecutionIterations": _read(iterations.execution_iterations, "GetExecutionHistory"),
    "ExecutionLogs": _read(logs.execution_logs, "GetExecutionHistory"),
    "ExecutionModel": _read(pictures.execution_model, "GetExecutionHistory"),
    "FollowExecution": _read(live.follow_execution, "GetExecutionHistory"),
    "FollowTopics": _read(topics.follow_topics, "ListExecutions"),
    "GetDocument": _read(documents.get_document, "ListStateMachines"),
    "GetJob": _read(jobs.get_job, "ListExecutions"),
    "ListActions": _read(actions.list_actions, "ListStateMachines"),
    "ListActivityQueues": _read(workers.list_activity_queues, "ListActivities"),
    "ListDocuments": _read(documents.list_documents, "ListStateMachines"),
    "ListJobs": _read(jobs.list_jobs, "ListExecutions"),
    "ListMachines": _read(machines.list_machines, "ListStateMachines"),
    "ListWorkers": _read(workers.list_workers, "ListActivities"),
    "Metrics": _read(metrics.metrics, "ListExecutions"),
    "Overview": _read(overview.overview, "ListExecutions"),
    "PutDocument": _read(documents.put_document, "ListStateMachines"),
    "SearchExecutions": _read(search.search_executions, "ListExecutions"),
    "StartJob": Read(guarded(jobs.start_job), lambda members: f"states:{jobs.action_of(members)}"),
    "StateMetrics": _read(metrics.state_metrics, "GetExecutionHistory"),
}
