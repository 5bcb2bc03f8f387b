"""What Describe says of a state machine: by its ARN, or as the form of it that an execution runs.

The workflow inside a Distributed Map is described too, under the Map's label; nothing else can be done with it.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from stepwell.arn import (
    EXPRESS_CHILD_EXECUTION,
    LABELLED_STATE_MACHINE,
    Arn,
    labelled_state_machine_arn,
    map_run_arn,
    parse_arn,
    state_machine_arn,
)
from stepwell.asl.states.map import Map
from stepwell.caller import Caller
from stepwell.engine.child_ids import uuid_of
from stepwell.errors import StateMachineDoesNotExist
from stepwell.operations.children import express_child_of
from stepwell.operations.configurations import configurations_from
from stepwell.operations.resources import execution_of, find_machine, qualified, revision_of
from stepwell.operations.service import Service
from stepwell.operations.variables import variable_references
from stepwell.operations.versions import version_arn_of
from stepwell.payload import print_json
from stepwell.runtime.machines import Machine, find_map
from stepwell.store.records import RevisionRow

METADATA_ONLY: Final = "METADATA_ONLY"
_NOTHING: Final = "{}"  # what stands for a definition that is not to be shown (recorded)


async def describe_state_machine(
    service: Service, caller: Caller, *, state_machine_arn: str, included_data: str = "ALL_DATA"
) -> dict[str, Any]:
    """A state machine as it is now, or as a version has it; its definition byte for byte.

    A version shows its own description and date, and the revision id that it was published from (recorded). An alias
    shows the version that it leads to. Raises `StateMachineDoesNotExist`.
    """
    arn = parse_arn(state_machine_arn)
    if arn.kind == LABELLED_STATE_MACHINE:
        return await _describe_labelled(service, caller, arn)
    machine, number, version, _ = await qualified(service, caller, state_machine_arn)
    revision = await revision_of(service, machine.id, number)
    return {
        "state_machine_arn": state_machine_arn if version is None else version_arn_of(machine, version),
        "name": machine.name,
        "status": machine.status,
        "type": machine.type,
        "creation_date": machine.created_ms if version is None else version.created_ms,
        "description": None if version is None else version.description,
        **_described(revision),
        **_defined(service, revision, machine.type, included_data),
    }


async def _describe_labelled(service: Service, caller: Caller, arn: Arn) -> dict[str, Any]:
    """The workflow inside a Distributed Map of the current revision; METADATA_ONLY hides nothing of it (recorded)."""
    row = await find_machine(service, caller, arn)
    loaded = None if row is None else await service.runtime.machines.load(row.id, row.revision)
    found = None if loaded is None else find_map(loaded, arn.parts[1])
    if row is None or loaded is None or found is None:
        raise StateMachineDoesNotExist(f"State Machine Does Not Exist: '{arn.text}'")
    config = found.processor.config
    assert config is not None
    return {
        "state_machine_arn": arn.text,
        "name": row.name,
        "status": row.status,
        "type": config.execution_type,
        "creation_date": row.created_ms,
        "label": found.label,
        **_described(loaded.revision),
        **_inside(loaded, found),
    }


async def describe_state_machine_for_execution(
    service: Service, caller: Caller, *, execution_arn: str, included_data: str = "ALL_DATA"
) -> dict[str, Any]:
    """The form of its state machine that an execution runs; `updateDate` is that revision's date (recorded).

    Of EXPRESS executions only the children of Map Runs are known (recorded).
    """
    arn = parse_arn(execution_arn)
    if arn.kind == EXPRESS_CHILD_EXECUTION:
        machine = await find_machine(service, caller, arn)
        child = await express_child_of(service, caller, machine, arn)
        return _described_for_child(child.machine, included_data)
    machine, execution = await execution_of(service, caller, execution_arn)
    if execution.machine_id != machine.id:
        loaded = await service.runtime.machines.load(execution.machine_id, execution.revision)
        return _described_for_child(loaded, included_data)
    revision = await revision_of(service, machine.id, execution.revision)
    return {
        "state_machine_arn": state_machine_arn(machine.region, machine.account, machine.name),
        "name": machine.name,
        "update_date": revision.created_ms,
        **_described(revision),
        **_defined(service, revision, machine.type, included_data),
    }


def _described_for_child(child: Machine, included_data: str) -> dict[str, Any]:
    """What a Map Run's child runs: the flow of its Map, under the Map's label (recorded)."""
    assert child.label is not None and child.map_run_id is not None
    place = (child.row.region, child.row.account, child.row.name)
    found = find_map(child, child.label)
    assert found is not None
    return {
        "state_machine_arn": labelled_state_machine_arn(*place, child.label),
        "name": child.row.name,
        "map_run_arn": map_run_arn(*place, child.label, uuid_of(child.map_run_id)),
        "label": child.label,
        "update_date": child.revision.created_ms,
        **_described(child.revision),
        **({"definition": _NOTHING} if included_data == METADATA_ONLY else _inside(child, found)),
    }


# Parts


def _described(revision: RevisionRow) -> dict[str, Any]:
    """What is true of a revision, whatever part of it is described."""
    return {
        "role_arn": revision.role_arn,
        "revision_id": revision.revision_id,
        **configurations_from(revision.settings).described(),
    }


def _defined(service: Service, revision: RevisionRow, type: str, included_data: str) -> dict[str, Any]:
    """The definition, and the variables that its states read."""
    definition = _NOTHING if included_data == METADATA_ONLY else revision.definition.decode()
    return {
        "definition": definition,
        "variable_references": variable_references(definition, type, service.limits) or None,
    }


def _inside(machine: Machine, found: Map) -> dict[str, Any]:
    """The same of the flow of a Distributed Map: printed anew and without its ProcessorConfig (recorded)."""
    flow = {name: value for name, value in found.processor.source.items() if name != "ProcessorConfig"}
    reads = machine.compiled.variable_reads
    names = [name for name in _state_names(flow) if name in reads]
    return {"definition": print_json(flow), "variable_references": {name: list(reads[name]) for name in names} or None}


def _state_names(flow: Mapping[str, Any]) -> Iterator[str]:
    for name, state in flow["States"].items():
        yield name
        for inner in (*state.get("Branches", ()), state.get("ItemProcessor"), state.get("Iterator")):
            if inner is not None:
                yield from _state_names(inner)
