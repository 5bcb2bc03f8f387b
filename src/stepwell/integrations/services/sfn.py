"""Tasks that call any operation of Step Functions: `aws-sdk:sfn:<operation>`.

The answer is the API's in PascalCase, without SDK metadata (recorded). The operations are this server's own.
"""

import asyncio
from typing import Any, Final

from stepwell.engine.failure import RUNTIME, Failure
from stepwell.errors import ApiError
from stepwell.integrations import sfn_model
from stepwell.integrations.base import Call, Operations, Outcome, Registry, WithoutJobs
from stepwell.integrations.own_operations import START, start_execution, v2_refusal
from stepwell.integrations.sdk_metadata import parameters_failure
from stepwell.payload import Payload

SERVICE: Final = "aws-sdk:sfn"
REPEATABLE: Final = frozenset(
    (
        *("startExecution", "stopExecution", "tagResource", "untagResource", "sendTaskHeartbeat"),
        *(
            "describeActivity",
            "describeExecution",
            "describeMapRun",
            "describeStateMachine",
            "describeStateMachineAlias",
        ),
        *("describeStateMachineForExecution", "getExecutionHistory", "listActivities", "listExecutions", "listMapRuns"),
        *("listStateMachineAliases", "listStateMachineVersions", "listStateMachines", "listTagsForResource"),
        *("createActivity", "deleteActivity", "createStateMachine", "deleteStateMachine", "updateMapRun"),
        *("testState", "validateStateMachineDefinition"),
    )
)


class SfnIntegration(WithoutJobs):
    """Any operation of Step Functions as a task."""

    def __init__(self, operations: Operations) -> None:
        self._operations = operations

    def is_repeatable(self, action: str) -> bool:
        """Reading, and what AWS made idempotent, may be repeated; starts without a name get one from the attempt."""
        return action in REPEATABLE

    async def perform(self, call: Call) -> Outcome:
        """Perform the operation."""
        models = await asyncio.to_thread(sfn_model.operations)
        operation = models.get(call.action)
        if operation is None:
            return Failure(RUNTIME, f"Step Functions has no operation '{call.action}'")
        reasons = sfn_model.check(operation, call.parameters.value)
        if reasons:
            return parameters_failure(call.parameters.text, reasons)
        members = sfn_model.to_operation(operation, call.parameters.value)
        try:
            answer = await self._call(call, operation.name, members)
        except ApiError as error:
            return v2_refusal(error)
        return Payload.of(sfn_model.to_result(operation, answer))

    async def _call(self, call: Call, name: str, members: dict[str, Any]) -> dict[str, Any]:
        if name == START:
            return await start_execution(self._operations, call, members)
        return await self._operations.call(call.account, call.region, name, members)


def register(registry: Registry, operations: Operations) -> None:
    """Add all operations."""
    registry.register(SERVICE, SfnIntegration(operations))
