"""What the service can be asked, whatever the transport: one function for each operation of the service model."""

from collections.abc import Mapping
from typing import Final

from stepwell.operations import activities, executions, history, map_runs, state_machines, tags, tasks, validation
from stepwell.operations.service import Operation, Service, guarded

__all__ = ["OPERATIONS", "Operation", "Service"]

_FUNCTIONS: Final[Mapping[str, Operation]] = {
    "CreateActivity": activities.create_activity,
    "CreateStateMachine": state_machines.create_state_machine,
    "DeleteActivity": activities.delete_activity,
    "DeleteStateMachine": state_machines.delete_state_machine,
    "DescribeActivity": activities.describe_activity,
    "DescribeExecution": executions.describe_execution,
    "DescribeMapRun": map_runs.describe_map_run,
    "DescribeStateMachine": state_machines.describe_state_machine,
    "DescribeStateMachineForExecution": state_machines.describe_state_machine_for_execution,
    "GetActivityTask": tasks.get_activity_task,
    "GetExecutionHistory": history.get_execution_history,
    "ListActivities": activities.list_activities,
    "ListExecutions": executions.list_executions,
    "ListMapRuns": map_runs.list_map_runs,
    "ListStateMachines": state_machines.list_state_machines,
    "ListTagsForResource": tags.list_tags_for_resource,
    "SendTaskFailure": tasks.send_task_failure,
    "SendTaskHeartbeat": tasks.send_task_heartbeat,
    "SendTaskSuccess": tasks.send_task_success,
    "StartExecution": executions.start_execution,
    "StopExecution": executions.stop_execution,
    "TagResource": tags.tag_resource,
    "UntagResource": tags.untag_resource,
    "UpdateMapRun": map_runs.update_map_run,
    "UpdateStateMachine": state_machines.update_state_machine,
    "ValidateStateMachineDefinition": validation.validate_state_machine_definition,
}
OPERATIONS: Final[Mapping[str, Operation]] = {name: guarded(function) for name, function in _FUNCTIONS.items()}
"""By wire name. A function takes (service, caller, **members in snake_case) and raises `ApiError`."""
