"""How a flow is read: its states by their types, each by its own table, at a bounded depth.

Which classes there are is handed in with the reading, so that states may hold flows and flows states.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from msgspec import Struct

from stepwell.asl.fields import UNREADABLE, Field, Number, OneOf, Table, Target, Text, read_table
from stepwell.asl.machine import Flow, State
from stepwell.asl.reading import FlowReading, Language, Place, Reading
from stepwell.asl.resource import EXPRESS

STATE_TYPES: Final = ("Task", "Wait", "Pass", "Succeed", "Fail", "Choice", "Parallel", "Map")  # AWS's order (recorded)
QUERY_LANGUAGE: Final = OneOf((Language.JSONPATH.value, Language.JSONATA.value))
TYPE: Final = OneOf(STATE_TYPES)
TIMEOUT_S_MAX: Final = 99_999_999
DISTRIBUTED: Final = "DISTRIBUTED"


class States(Struct, frozen=True):
    """The States member of a flow."""

    def read(self, value: Any, place: Place) -> Any:
        if not isinstance(value, dict):
            place.report("Expected value of type Object")
            place.flow.complete = False
            return UNREADABLE
        if not value:
            place.report("Value cannot be empty")
            place.flow.complete = False
        place.flow.names = dict.fromkeys(value)
        for name, member in value.items():
            if place.reading.is_full(place):
                place.flow.complete = False
                return UNREADABLE
            _read_state(name, member, place.at(name[: place.reading.limits.state_name_characters_max]))
        place.flow.current = None
        return None

    def describe(self) -> str:
        return "object of states by name"


class FlowOf(Struct, frozen=True):
    """A nested flow: a branch or a processor."""

    table: Table

    def read(self, value: Any, place: Place) -> Any:
        reading = place.reading
        if reading.depth >= reading.limits.definition_depth_max:
            place.report(f"Flows can be nested at most {reading.limits.definition_depth_max} levels deep")
            return UNREADABLE
        reading.depth += 1
        answer = read_flow(self.table, value, reading, place.location, _child_type(value, place.type), place.flow)
        reading.depth -= 1
        return answer

    def describe(self) -> str:
        return "object with StartAt and States"


def _child_type(value: Any, parent: str) -> str:
    """The children of a distributed Map are executions of their own, with a type of their own."""
    config = value.get("ProcessorConfig") if isinstance(value, dict) else None
    if isinstance(config, dict) and config.get("Mode") == DISTRIBUTED and config.get("ExecutionType") == EXPRESS:
        return EXPRESS
    return parent


def read_flow(
    table: Table, value: Any, reading: Reading, location: str, type: str, outer: FlowReading | None = None
) -> Any:
    """The flow of a JSON object; its transitions stay open until `check_graph`. `outer` is the flow around it."""
    flow = table.make()
    flow.number = len(reading.flows)
    progress = FlowReading(flow, location, outer)
    reading.flows.append(progress)
    place = Place(reading, progress, location, reading.language, type)
    made = read_table(table, value, place, flow)
    if made is UNREADABLE or "States" not in value or "StartAt" not in value:
        progress.complete = False
    return made


def _read_state(name: str, value: Any, place: Place) -> None:
    limit = place.reading.limits.state_name_characters_max
    if not 0 < len(name) <= limit:
        place.report(f"State name must have 1 to {limit} characters")
    state = _new_state(value, place)
    if state is None:
        place.flow.complete = False
        return
    state.name = name
    state.number = len(place.reading.states)
    place.reading.states.append(state)
    place.flow.flow.states[name] = state
    place.flow.current = state
    place.flow.state_location = place.location
    place.language = _language_of(value, place)
    state.query_language = place.language.value
    before = len(place.flow.links)
    read_table(state.table, value, place, state)
    if state.ends or value.get("End") is True:
        place.flow.terminal = True
    elif len(place.flow.links) == before:
        place.flow.complete = False  # it leads nowhere and was reported for it


def _new_state(value: Any, place: Place) -> State | None:
    if not isinstance(value, dict):
        place.report("Expected value of type Object")
        return None
    if "Type" not in value:
        place.report("These fields are required: [Type]")
        return None
    type = TYPE.read(value["Type"], place.at("Type"))
    return None if type is UNREADABLE else place.reading.state_classes[type]()


def _language_of(value: Mapping[str, Any], place: Place) -> Language:
    """The state's own language or the machine's: the language of a surrounding Map or Parallel is not inherited."""
    machine = place.reading.language
    own = language_of(value)
    if own is Language.JSONPATH and machine is Language.JSONATA:
        place.report("'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine")
        return machine
    return machine if own is None else own


def language_of(value: Mapping[str, Any]) -> Language | None:
    """What `QueryLanguage` says; only exactly "JSONPath" counts as that (measured)."""
    own = value.get("QueryLanguage")
    if own is None:
        return None
    return Language.JSONPATH if own == Language.JSONPATH.value else Language.JSONATA


def flow_fields(*more: Field) -> tuple[Field, ...]:
    """The rows every flow has, and those of this one."""
    return (
        Field("States", States(), required=True),
        Field("StartAt", Target(), "start", required=True),
        Field("Comment", Text(), "comment"),
        *more,
    )


class RootFlow(Flow):
    """The top level of a definition: a flow and what only the whole has."""

    __slots__ = ("query_language", "timeout_s")

    query_language: str
    timeout_s: int | None


ROOT: Final = Table(
    RootFlow,
    flow_fields(
        Field("Version", OneOf(("1.0",))),
        Field("TimeoutSeconds", Number(1, TIMEOUT_S_MAX, whole=True), "timeout_s"),
        Field("QueryLanguage", QUERY_LANGUAGE, "query_language", default=Language.JSONPATH.value),
    ),
)
