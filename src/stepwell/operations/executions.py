"""Executions: start, stop, describe, list."""

from typing import Any, TypedDict

from stepwell.arn import (
    CHILD_EXECUTION,
    EXECUTION,
    EXPRESS_CHILD_EXECUTION,
    Arn,
    alias_arn,
    check_name,
    execution_arn,
    labelled_state_machine_arn,
    map_run_arn,
    parse_arn_of,
    state_machine_arn,
    version_arn,
)
from stepwell.caller import Caller
from stepwell.engine.child_ids import uuid_of
from stepwell.errors import (
    ConstraintViolation,
    ExecutionAlreadyExists,
    ExecutionLimitExceeded,
    InvalidExecutionInput,
    StateMachineTypeNotSupported,
    ValidationException,
)
from stepwell.operations import children
from stepwell.operations.child_list import list_children
from stepwell.operations.descriptions import METADATA_ONLY
from stepwell.operations.json_text import JsonTextError, read_json_text
from stepwell.operations.paging import page_size
from stepwell.operations.redrive import redrive_status
from stepwell.operations.resources import MACHINE_KINDS, deleting, execution_of, find_machine, qualified
from stepwell.operations.service import Service
from stepwell.operations.tasks import check_failure
from stepwell.payload import Payload
from stepwell.runtime.shard import NameTaken
from stepwell.store.records import ExecutionRow, ListingRow, StateMachineRow


class _Qualifier(TypedDict):
    version: int | None
    alias: str | None


# Start


async def start_execution(
    service: Service,
    caller: Caller,
    *,
    state_machine_arn: str,
    name: str | None = None,
    input: str = "{}",
    trace_header: str | None = None,
) -> dict[str, Any]:
    """Start an execution; durable when this returns.

    AWS: with the name and input text of a running execution this answers that one; of an EXPRESS machine any number of
    executions may have the same name. Raises `ExecutionAlreadyExists`, `InvalidExecutionInput`, `InvalidName`,
    `ExecutionLimitExceeded`, `StateMachineDoesNotExist`, `StateMachineDeleting` and others.
    """
    arn = parse_arn_of(state_machine_arn, *MACHINE_KINDS)
    name = service.runtime.new_name() if name is None else check_name(name)
    given = read_input(service, input)
    with service.deletions.starting(arn.account, arn.region, arn.name):
        chosen = await qualified(service, caller, state_machine_arn)
        machine = chosen.machine
        if machine.status == "DELETING":
            raise deleting(state_machine_arn)
        loaded = await service.runtime.machines.load(machine.id, chosen.revision)
        qualifier: _Qualifier = {"version": chosen.version_number, "alias": chosen.alias_name}
        if machine.type == "EXPRESS":
            facts = (await service.runtime.express.start(loaded, name, given, trace_header, **qualifier)).facts
            return {"execution_arn": facts.arn, "start_date": facts.started_ms}
        try:
            await service.running_quota.check(caller)
            _, started_ms = await service.runtime.start_execution(loaded, name, given, trace_header, **qualifier)
        except NameTaken as taken:
            started_ms = await _already_started(service, machine, name, input, taken.execution_id)
        except ExecutionLimitExceeded:  # what was started before needs no room
            holder = await service.store.find_execution(machine.id, name)
            if holder is None:
                raise
            started_ms = await _already_started(service, machine, name, input, holder)
    return {"execution_arn": _arn_of(machine, name), "start_date": started_ms}


def read_input(service: Service, text: str) -> Payload:
    """The input, kept as it came. Recorded: "Invalid State Machine Execution Input: '<what Jackson says>'"."""
    try:
        return read_json_text(text, service.limits)
    except JsonTextError as error:
        raise InvalidExecutionInput(f"Invalid State Machine Execution Input: '{error}'") from None


async def _already_started(
    service: Service, machine: StateMachineRow, name: str, text: str, execution_id: bytes
) -> int:
    """When the execution that holds the name was started, if this is the same request. (Recorded.)"""
    row = await service.store.load_execution(execution_id)
    if row is None or row.status != "RUNNING" or await service.runtime.reader.input_of(row) != text:
        raise ExecutionAlreadyExists(f"Execution Already Exists: '{_arn_of(machine, name)}'")
    return row.started_ms


def _arn_of(machine: StateMachineRow, name: str) -> str:
    return execution_arn(machine.region, machine.account, machine.name, name)


# Stop


async def stop_execution(
    service: Service, caller: Caller, *, execution_arn: str, error: str | None = None, cause: str | None = None
) -> dict[str, Any]:
    """Abort an execution. One that has ended stays as it is, and its stop date is answered (recorded)."""
    check_failure(error, cause, service.limits)
    _, row = await execution_of(service, caller, execution_arn)
    if row.stopped_ms is None:
        await service.runtime.stop_execution(row.id, error, cause)
        _, row = await execution_of(service, caller, execution_arn)
    return {"stop_date": row.stopped_ms}


# Describe


async def describe_execution(
    service: Service, caller: Caller, *, execution_arn: str, included_data: str = "ALL_DATA"
) -> dict[str, Any]:
    """An execution as it was last committed. Raises `ExecutionDoesNotExist`, `InvalidArn`.

    Recorded: error and cause only where there are some; no redrive reason where it is REDRIVABLE.
    """
    arn = parse_arn_of(execution_arn, EXECUTION, CHILD_EXECUTION, EXPRESS_CHILD_EXECUTION)
    if arn.kind == EXPRESS_CHILD_EXECUTION:
        return await _describe_express_child(service, caller, arn, included_data)
    machine, row = await execution_of(service, caller, execution_arn)
    reader = service.runtime.reader
    answer: dict[str, Any] = {
        "execution_arn": execution_arn,
        "state_machine_arn": _machine_arn(machine, arn),
        "map_run_arn": None if arn.kind == EXECUTION else _map_run_of(arn, row.machine_id),
        "name": row.name,
        "status": row.status,
        "start_date": row.started_ms,
        "stop_date": row.stopped_ms,
        "trace_header": reader.trace_header_of(row),
        **_qualifiers(machine, row),
        "redrive_count": row.redrives,
        "redrive_date": row.redriven_ms,
    }
    included = {"included": included_data != METADATA_ONLY}
    output, error, cause = await reader.result_of(row)
    answer["input_details"] = included
    if output is not None:
        answer["output_details"] = included
    if included["included"]:
        answer.update(input=await reader.input_of(row), output=output, error=error, cause=cause)
    answer["redrive_status"], answer["redrive_status_reason"] = await redrive_status(service, row)
    if arn.kind == CHILD_EXECUTION and row.status not in ("RUNNING", "SUCCEEDED"):
        answer["status"] = await children.status_now(service, row.id, row.status, row.redrives)
        if answer["redrive_status"] == "REDRIVABLE":  # measured
            answer["redrive_status"] = "REDRIVABLE_BY_MAP_RUN"
    return answer


async def _describe_express_child(service: Service, caller: Caller, arn: Arn, included_data: str) -> dict[str, Any]:
    machine = await find_machine(service, caller, arn)
    child = await children.express_child_of(service, caller, machine, arn)
    return children.described(child, _map_run_of(arn, child.run.id), included_data != METADATA_ONLY)


def _machine_arn(machine: StateMachineRow, arn: Arn) -> str:
    if arn.kind == EXECUTION:
        return state_machine_arn(machine.region, machine.account, machine.name)
    return labelled_state_machine_arn(machine.region, machine.account, machine.name, arn.parts[1])


def _map_run_of(child: Arn, run_id: bytes) -> str:
    return map_run_arn(child.region, child.account, child.name, child.parts[1], uuid_of(run_id))


# List


async def list_executions(
    service: Service,
    caller: Caller,
    *,
    state_machine_arn: str | None = None,
    status_filter: str | None = None,
    max_results: int | None = None,
    next_token: str | None = None,
    map_run_arn: str | None = None,
    redrive_filter: str | None = None,
) -> dict[str, Any]:
    """A machine's executions, newest first: open ones by their start, closed ones by their stop (AWS).

    Raises `StateMachineDoesNotExist`, `StateMachineTypeNotSupported`, `InvalidToken`, `ValidationException`.
    """
    if (state_machine_arn is None) == (map_run_arn is None):
        raise ValidationException("Exactly one of 'stateMachineArn' and 'mapRunArn' must be specified")
    if state_machine_arn is None:
        return await list_children(
            service,
            caller,
            map_run_arn=map_run_arn or "",
            status_filter=status_filter,
            redrive_filter=redrive_filter,
            max_results=max_results,
            next_token=next_token,
        )
    _check_filters(status_filter, redrive_filter)
    chosen = await qualified(service, caller, state_machine_arn)
    machine, alias = chosen.machine, chosen.alias_name
    version = chosen.version_number if alias is None else None
    if machine.type != "STANDARD":
        raise StateMachineTypeNotSupported("This operation is not supported by this type of state machine")
    size = page_size(max_results, service.limits)
    arguments = (machine.id, status_filter, version, alias)
    position = await service.pages.read("ListExecutions", caller, arguments, next_token)
    before = None if position is None else (position[0], position[1])
    lines = await service.store.list_executions(machine.id, status_filter, before, size + 1, version, alias)
    token = None
    if len(lines) > size:
        sort_ms, last = lines[size - 1]
        token = await service.pages.make("ListExecutions", caller, arguments, (sort_ms, last.execution_id))
    return {"executions": [_line(machine, line) for _, line in lines[:size]], "next_token": token}


def _check_filters(status_filter: str | None, redrive_filter: str | None) -> None:
    if redrive_filter is not None:  # recorded
        raise ConstraintViolation("RedriveFilter cannot be applied to ListExecutions call with StateMachine ARN")
    if status_filter == "PENDING_REDRIVE":
        raise ValidationException("The status PENDING_REDRIVE can only be asked for together with 'mapRunArn'")


def _line(machine: StateMachineRow, line: ListingRow) -> dict[str, Any]:
    return {
        "execution_arn": _arn_of(machine, line.name),
        "state_machine_arn": state_machine_arn(machine.region, machine.account, machine.name),
        "name": line.name,
        "status": line.status,
        "start_date": line.started_ms,
        "stop_date": line.stopped_ms,
        **_qualifiers(machine, line),
        "redrive_count": line.redrives,
        "redrive_date": line.redriven_ms,
    }


def _qualifiers(machine: StateMachineRow, row: ExecutionRow | ListingRow) -> dict[str, str | None]:
    """The ARNs of the version and alias by which an execution was started (recorded: an alias start has both)."""
    place = (machine.region, machine.account, machine.name)
    return {
        "state_machine_version_arn": None if row.version is None else version_arn(*place, row.version),
        "state_machine_alias_arn": None if row.alias is None else alias_arn(*place, row.alias),
    }
