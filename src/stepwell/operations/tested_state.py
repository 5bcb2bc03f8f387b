"""The definition that a test of a state gives: one state, or a whole machine and the name of one of its states."""

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from stepwell.asl.compile import compile_definition
from stepwell.asl.machine import State, StateMachine
from stepwell.asl.states.distributed import ItemBatcher, ItemReader
from stepwell.asl.states.map import Map
from stepwell.errors import InvalidDefinition, ValidationException
from stepwell.limits import Limits
from stepwell.payload import JsonError, parse_json, print_json

STATE_NAME: Final = "StateName"
"""What a single state is called, in causes and in locations (recorded)."""
_DISTRIBUTED_FIELDS: Final = ("ItemReader", "ItemBatcher", "ResultWriter", "Label")


class Tested(NamedTuple):
    """The compiled machine and the state in it that is to be tested; `given` is that state as it was written.

    `reader` and `batcher` are those of a distributed Map, which the machine that is run has none of.
    """

    machine: StateMachine
    state: State
    given: dict[str, Any]
    reader: ItemReader | None = None
    batcher: ItemBatcher | None = None


def read_tested(definition: str, state_name: str | None, variables: frozenset[str], limits: Limits) -> Tested:
    """Compile what is to be tested. Raises `InvalidDefinition`, `ValidationException` (texts recorded)."""
    try:
        value = parse_json(definition)
    except JsonError:
        value = None
    if not isinstance(value, dict):
        _refuse_errors(definition, limits)
        raise InvalidDefinition("Invalid State Machine Definition: 'Definition must be a valid JSON object'")
    if "States" not in value:
        if state_name is not None:
            raise ValidationException("State not found in definition")
        return _compiled(_wrapped(value), STATE_NAME, value, variables, limits)
    if state_name is None:
        raise ValidationException("A state name must be specified when testing a state of a whole definition")
    found = next((state for name, state in _states(value) if name == state_name), None)
    if found is None:
        _refuse_errors(definition, limits)
        raise ValidationException("State not found in definition")
    return _compiled(value, state_name, found, variables, limits)


def has_state(tested: Tested, name: str) -> bool:
    """Whether a state of this name is in the definition, at whatever depth."""
    return name in tested.machine.states


def _compiled(
    value: dict[str, Any], name: str, given: dict[str, Any], variables: frozenset[str], limits: Limits
) -> Tested:
    as_written, inlined = _machine(print_json(value), variables, limits), _inline(value)
    machine = as_written if inlined == value else _machine(print_json(inlined), variables, limits)
    state = as_written.states[name]
    if not isinstance(state, Map):
        return Tested(machine, machine.states[name], given)
    return Tested(machine, machine.states[name], given, state.item_reader, state.item_batcher)


def _machine(text: str, variables: frozenset[str], limits: Limits) -> StateMachine:
    compiled = compile_definition(text, limits=limits, known=variables)
    if compiled.errors or compiled.machine is None:
        raise InvalidDefinition(f"Invalid State Machine Definition: '{', '.join(map(str, compiled.errors))}'")
    return compiled.machine


def _refuse_errors(definition: str, limits: Limits) -> None:
    errors = compile_definition(definition, limits=limits).errors
    if errors:
        raise InvalidDefinition(f"Invalid State Machine Definition: '{', '.join(map(str, errors))}'")


def _wrapped(state: dict[str, Any]) -> dict[str, Any]:
    """A machine around one state, with a stand-in for each state that it may go to."""
    end = {"Type": "Pass", "End": True}
    states = {STATE_NAME: state, **{name: end for name in _targets(state) if name != STATE_NAME}}
    return {"StartAt": STATE_NAME, "States": states}


def _targets(state: dict[str, Any]) -> Iterator[str]:
    ways = [state]
    for field in ("Choices", "Catch"):
        found = state.get(field)
        ways += [way for way in found if isinstance(way, dict)] if isinstance(found, list) else []
    for way in ways:
        for field in ("Next", "Default"):
            if isinstance(way.get(field), str):
                yield way[field]


def _states(flow: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """All states of a flow and of the flows inside it."""
    found = flow.get("States") if isinstance(flow, dict) else None
    for name, state in found.items() if isinstance(found, dict) else ():
        if not isinstance(state, dict):
            continue
        yield name, state
        branches = state.get("Branches")
        for inner in (state.get("ItemProcessor"), state.get("Iterator"), *(branches or ())):
            yield from _states(inner)


def _inline(value: Any) -> Any:
    """The same definition with every distributed Map made one that runs inside its execution.

    The work of a tested Map is mocked and its items are given, so that where it would run makes no difference.
    """
    if isinstance(value, list):
        return [_inline(one) for one in value]
    if not isinstance(value, dict):
        return value
    config = (value.get("ItemProcessor") or {}).get("ProcessorConfig") if _is_map(value) else None
    if not (isinstance(config, dict) and config.get("Mode") == "DISTRIBUTED" and "ExecutionType" in config):
        return {name: _inline(one) for name, one in value.items()}
    kept = {name: one for name, one in value.items() if name not in _DISTRIBUTED_FIELDS}
    return _inline({**kept, "ItemProcessor": {**value["ItemProcessor"], "ProcessorConfig": {"Mode": "INLINE"}}})


def _is_map(value: dict[str, Any]) -> bool:
    return value.get("Type") == "Map" and isinstance(value.get("ItemProcessor"), dict)
