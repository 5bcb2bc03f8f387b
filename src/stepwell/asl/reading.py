"""One reading of a definition: what was found so far, and the place where the reader stands.

Here lives the bookkeeping that every kind of field shares. What a field means never lives here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import Enum
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from stepwell.asl.diagnostics import ERROR, SCHEMA, WARNING, Diagnostic
from stepwell.limits import Limits

if TYPE_CHECKING:
    from stepwell.asl.machine import Flow, State


FINDINGS_MAX: Final = 1_000


class Language(Enum):
    """The query language of a state, and of a row in a field table (BOTH: either language)."""

    JSONPATH = "JSONPath"
    JSONATA = "JSONata"
    BOTH = "both"

    def allows(self, language: Language) -> bool:
        """May a field of this column stand in a state of that language?"""
        return self is Language.BOTH or self is language


class Link(NamedTuple):
    """A transition that waits for the end of its flow to be resolved: `holder.attribute` becomes the state `name`."""

    owner: State | None
    holder: Any
    attribute: str
    name: str
    location: str


class FlowReading:
    """The flow being read: its names, its open links, and whether its graph can be judged.

    `names` are all names in States, also of states that could not be read; None when States itself could not. `outer`
    is the flow around it and `owner` the state there that holds it. `reads` are the variables that each state looks at,
    with the place where it first does.
    """

    __slots__ = (
        "complete",
        "current",
        "flow",
        "links",
        "location",
        "names",
        "outer",
        "owner",
        "reads",
        "state_location",
        "terminal",
    )

    def __init__(self, flow: Flow, location: str, outer: FlowReading | None = None) -> None:
        self.flow = flow
        self.location = location
        self.outer = outer
        self.owner = None if outer is None else outer.current
        self.state_location = location
        self.reads: dict[State, dict[str, str]] = {}
        self.names: dict[str, None] | None = None
        self.links: list[Link] = []
        self.current: State | None = None
        self.terminal = False
        self.complete = True


class Reading:
    """Everything one compile has gathered."""

    __slots__ = (
        "depth",
        "failed",
        "findings",
        "flows",
        "full",
        "labels",
        "language",
        "limits",
        "state_classes",
        "states",
        "type",
    )

    def __init__(self, type: str, language: Language, limits: Limits, state_classes: Mapping[str, type[State]]) -> None:
        self.type = type
        self.language = language
        self.limits = limits
        self.state_classes = state_classes
        self.findings: list[Diagnostic] = []
        self.labels: set[str] = set()  # of distributed Maps
        self.states: list[State] = []
        self.flows: list[FlowReading] = []
        self.depth = 0
        self.full = False
        self.failed = False

    def is_full(self, place: Place) -> bool:
        """Has the definition as many states as one can have? Said once."""
        states_max = self.limits.definition_states_max
        if len(self.states) < states_max:
            return False
        if not self.full:
            place.report(f"A definition can have at most {states_max} states")
        self.full = True
        return True

    def add(self, finding: Diagnostic) -> None:
        """One more finding. Their number is bounded, so that no definition fills memory; errors go beyond warnings."""
        is_error = finding.severity == ERROR
        self.failed = self.failed or is_error
        if len(self.findings) < (FINDINGS_MAX if is_error else FINDINGS_MAX // 2):
            self.findings.append(finding)


class Place:
    """Where a value stands: its location, and the language, flow and type of state machine around it."""

    __slots__ = ("flow", "language", "location", "reading", "type")

    def __init__(self, reading: Reading, flow: FlowReading, location: str, language: Language, type: str) -> None:
        self.reading = reading
        self.flow = flow
        self.location = location
        self.language = language
        self.type = type

    def at(self, name: str) -> Place:
        """The member of that name."""
        return Place(self.reading, self.flow, f"{self.location}/{name}", self.language, self.type)

    def item(self, index: int) -> Place:
        """The item of a list."""
        return Place(self.reading, self.flow, f"{self.location}[{index}]", self.language, self.type)

    def below(self, path: str) -> Place:
        """A part named by its path from here: `/member[0]`, or "" for this very place."""
        return Place(self.reading, self.flow, self.location + path, self.language, self.type) if path else self

    @property
    def field(self) -> str:
        """The path within the state, as the causes of failures name it: `Catch[0]/Output`."""
        return self.location[len(self.flow.state_location) + 1 :]

    def note_reads(self, variables: Iterable[str]) -> None:
        """The current state looks at these variables."""
        state = self.flow.current
        if state is not None:
            reads = self.flow.reads.setdefault(state, {})
            for name in variables:
                reads.setdefault(name, self.location)

    def report(self, message: str, code: str = SCHEMA) -> None:
        """An error here. The whole definition is at `/`."""
        self.reading.add(Diagnostic(ERROR, code, message, self.location or "/"))

    def warn(self, message: str, code: str) -> None:
        self.reading.add(Diagnostic(WARNING, code, message, self.location or "/"))
