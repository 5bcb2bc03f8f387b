"""The context object: what `$$` shows. (AWS: "Accessing execution data from the Context object"; order as recorded.)"""

from typing import TYPE_CHECKING, Any

from stepwell.asl.timestamp import print_timestamp
from stepwell.engine.branch import Branch

if TYPE_CHECKING:
    from stepwell.engine.execution import Execution

_COUNTING_STATES = frozenset(("Task", "Map", "Parallel"))


def context_object(execution: "Execution", branch: Branch, token: str | None = None) -> dict[str, Any]:
    """The context as seen from a branch's current state. `token` is there only while a token task is prepared."""
    facts = execution.facts
    state: dict[str, Any] = {"Name": branch.state.name, "EnteredTime": print_timestamp(branch.entered_ms)}
    if branch.state.type in _COUNTING_STATES:
        state["RetryCount"] = branch.retry_count
    context: dict[str, Any] = {
        "Execution": {
            "Id": facts.arn,
            "Input": facts.input.value,
            "StartTime": print_timestamp(facts.started_ms),
            "Name": facts.name,
            "RoleArn": facts.role_arn,
            "RedriveCount": execution.redrives,
            **_redrive_time(execution),
        },
        "StateMachine": {"Id": facts.machine_arn, "Name": facts.machine_name},
        "State": state,
    }
    item = _map_item(execution, branch)
    if item is not None:
        context["Map"] = {"Item": item}
    if token is not None:
        context["Task"] = {"Token": token}
    return context


def _redrive_time(execution: "Execution") -> dict[str, str]:
    return {} if execution.redriven_ms is None else {"RedriveTime": print_timestamp(execution.redriven_ms)}


def _map_item(execution: "Execution", branch: Branch) -> dict[str, Any] | None:
    """`Map.Item` of the innermost Map iteration around this branch."""
    at: Branch | None = branch
    while at is not None and at.parent is not None:
        if at.parent.state.type == "Map":
            return {"Index": at.index, "Value": execution.items_of(at.parent)[at.index]}
        at = at.parent
    return None
