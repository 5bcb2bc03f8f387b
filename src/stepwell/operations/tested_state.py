"""The definition that a test of a state gives: one state, or a whole machine and the name of one of its states."""

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from stepwell.asl.compile import compile_definition
from stepwell.asl.machine import State, StateMachine
from stepwell.errors import InvalidDefinition, ValidationException
from stepwell.limits import Limits
from stepwell.payload import JsonError, parse_json, print_json

STATE_NAME: Final = "StateName"
"""What a single state is called, in causes and in locations (recorded)."""


class Tested(NamedTuple):
    """The compiled machine and the state in it that is to be tested; `given` is that state as it was written."""

    machine: StateMachine
    state: State
    given: dict[str, Any]


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
    compiled = compile_definition(print_json(value), limits=limits, known=variables)
    machine = compiled.machine
    if compiled.errors or machine is None:
        raise InvalidDefinition(f"Invalid State Machine Definition: '{', '.join(map(str, compiled.errors))}'")
    return Tested(machine, machine.states[name], given)


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
