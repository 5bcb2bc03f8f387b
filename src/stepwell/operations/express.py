"""StartSyncExecution: run an Express execution and answer when it has ended."""

from typing import Any, Final

from stepwell.arn import check_name, parse_arn_of
from stepwell.caller import Caller
from stepwell.errors import StateMachineTypeNotSupported
from stepwell.operations.descriptions import METADATA_ONLY
from stepwell.operations.executions import read_input
from stepwell.operations.resources import MACHINE_KINDS, deleting, qualified
from stepwell.operations.service import Service

_BILLED_MEMORY_MB: Final = 64
_BILLED_STEP_MS: Final = 100


async def start_sync_execution(
    service: Service,
    caller: Caller,
    *,
    state_machine_arn: str,
    name: str | None = None,
    input: str = "{}",
    trace_header: str | None = None,
    included_data: str = "ALL_DATA",
) -> dict[str, Any]:
    """Run an execution of an EXPRESS machine, at most once and for at most five minutes.

    AWS: answers 200 also when the execution has failed. Recorded: billed by 100 ms and 64 MB; a failed one has
    `outputDetails` and no output. Raises `StateMachineTypeNotSupported`, `InvalidExecutionInput` and others.
    """
    parse_arn_of(state_machine_arn, *MACHINE_KINDS)
    name = service.runtime.new_name() if name is None else check_name(name)
    chosen = await qualified(service, caller, state_machine_arn)
    machine = chosen.machine
    if machine.type != "EXPRESS":
        raise StateMachineTypeNotSupported("This operation is not supported by this type of state machine")
    if machine.status == "DELETING":
        raise deleting(state_machine_arn)
    given = read_input(service, input)
    loaded = await service.runtime.machines.load(machine.id, chosen.revision)
    version, alias = chosen.version_number, chosen.alias_name
    execution = await service.runtime.express.run(loaded, name, given, version=version, alias=alias)
    facts = execution.facts
    stopped_ms = execution.stopped_ms or execution.at_ms
    error, cause = execution.failure or (None, None)
    included = included_data != METADATA_ONLY
    answer = {
        "execution_arn": facts.arn,
        "state_machine_arn": facts.machine_arn,
        "name": name,
        "start_date": facts.started_ms,
        "stop_date": stopped_ms,
        "status": execution.status,
        "input_details": {"included": included},
        "output_details": {"included": included},
        "trace_header": trace_header,
        "billing_details": {
            "billed_memory_used_in_mb": _BILLED_MEMORY_MB,
            "billed_duration_in_milliseconds": _billed_ms(stopped_ms - facts.started_ms),
        },
    }
    if included:
        output = None if execution.output is None else execution.output.text
        answer.update(input=input, output=output, error=error, cause=cause)
    return answer


def _billed_ms(duration_ms: int) -> int:
    """Rounded up to 100 ms; at least that (recorded)."""
    return max(1, -(-duration_ms // _BILLED_STEP_MS)) * _BILLED_STEP_MS
