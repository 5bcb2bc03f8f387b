"""The compiled state machine: states, flows, and the rules of their graph.

Here lives what is true of a definition as a whole: every target exists, every state can be reached, every flow can end,
no name is used twice. What one type of state means never lives here.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from typing import TYPE_CHECKING, ClassVar, Final

from stepwell.asl.diagnostics import DUPLICATE_NAME, ERROR, MISSING_END, MISSING_TARGET, Diagnostic
from stepwell.asl.fields import Table
from stepwell.asl.reading import FlowReading, Language, Reading
from stepwell.query.intrinsics import Expression

if TYPE_CHECKING:
    from stepwell.asl.evaluated import Evaluated
    from stepwell.asl.template import Template


_JSONPATH: Final = Language.JSONPATH.value
_JSONATA: Final = Language.JSONATA.value  # looked up once: an enumeration's members are dear, and every step asks


class State:
    """What all states have. `next` is the state that follows, None at an end; a path of None means `$`.

    `assign` and `output` are what it does when it leaves; `output` and `arguments` are JSONata's only.
    """

    __slots__ = ("assign", "comment", "input_path", "name", "next", "number", "output", "output_path", "query_language")

    type: ClassVar[str]
    table: ClassVar[Table]
    ends: ClassVar[bool] = False

    name: str
    number: int
    comment: str | None
    next: State | None
    input_path: Expression | None
    output_path: Expression | None
    assign: Template | Evaluated | None
    output: Evaluated | None
    query_language: str

    def __init__(self) -> None:
        self.name = ""
        self.number = -1
        self.comment = None
        self.next = None
        self.input_path = None
        self.output_path = None
        self.assign = None
        self.output = None
        self.query_language = _JSONPATH

    @property
    def is_jsonata(self) -> bool:
        """Whether its fields hold JSONata expressions, not paths."""
        return self.query_language == _JSONATA

    def __repr__(self) -> str:
        return f"<{self.type} {self.name}>"


class Flow:
    """States with a start: the whole definition, a branch of a Parallel, or the processor of a Map.

    `number` is its index in `StateMachine.flows`; 0 is the definition itself.
    """

    __slots__ = ("comment", "number", "start", "states")

    number: int
    start: State
    states: dict[str, State]
    comment: str | None

    def __init__(self) -> None:
        self.number = 0
        self.states = {}
        self.comment = None


class StateMachine:
    """A compiled definition. `states` holds all states of all flows by name; `timeout_s` limits the whole execution.

    `variable_reads` names the variables that each state looks at, of those that look at any.
    """

    __slots__ = (
        "__weakref__",
        "comment",
        "definition",
        "flow",
        "flows",
        "query_language",
        "states",
        "timeout_s",
        "type",
        "variable_reads",
    )

    def __init__(
        self,
        definition: str,
        type: str,
        query_language: str,
        flows: tuple[Flow, ...],
        timeout_s: int | None,
        variable_reads: Mapping[str, tuple[str, ...]],
    ) -> None:
        self.definition = definition
        self.type = type
        self.query_language = query_language
        self.flow = flows[0]
        self.flows = flows
        self.comment = self.flow.comment
        self.timeout_s = timeout_s
        self.variable_reads = variable_reads
        self.states = {name: state for flow in flows for name, state in flow.states.items()}

    def child(self, flow: Flow, type: str, timeout_s: int | None) -> StateMachine:
        """The same definition as a child execution of a distributed Map runs it: from `flow`, with its own type."""
        made = StateMachine(self.definition, type, self.query_language, self.flows, timeout_s, self.variable_reads)
        made.flow = flow
        return made


def check_graph(reading: Reading) -> None:
    """Resolves all transitions and reports what is wrong with the graph, in AWS's order (recorded).

    First duplicate names, then missing targets of each flow, then ends and reachability.
    """
    _check_names(reading)
    for flow in reading.flows:
        _resolve(reading, flow)
    for flow in reading.flows:
        if flow.complete:
            _check_ends(reading, flow)


def _check_names(reading: Reading) -> None:
    """AWS: names are unique in the whole definition; each later occurrence is a finding (recorded)."""
    seen: set[str] = set()
    for flow in reading.flows:
        for name in flow.names or ():
            if name in seen:
                location = f"{flow.location}/States/{name}"
                reading.add(Diagnostic(ERROR, DUPLICATE_NAME, f"Duplicate State name: {name}", location))
            seen.add(name)


def _resolve(reading: Reading, flow: FlowReading) -> None:
    if flow.names is None:
        return
    for link in flow.links:
        state = flow.flow.states.get(link.name)
        if state is not None:
            setattr(link.holder, link.attribute, state)
        elif link.name not in flow.names:
            message = f"Missing 'Next' target: {link.name}"
            reading.add(Diagnostic(ERROR, MISSING_TARGET, message, link.location))


def _check_ends(reading: Reading, flow: FlowReading) -> None:
    """A flow without an end is reported alone; otherwise each state that no path from StartAt reaches (recorded)."""
    if not flow.terminal:
        reading.add(Diagnostic(ERROR, MISSING_END, "Workflow has no terminal state", None))
        return
    names = flow.names or {}
    reached = _reached(flow, names)
    for name in names:
        if name not in reached:
            message = f'State "{name}" is not reachable.'
            location = f"{flow.location}/States/{name}"
            reading.add(Diagnostic(ERROR, MISSING_TARGET, message, location))


def _reached(flow: FlowReading, names: Container[str]) -> set[str]:
    targets: dict[str | None, list[str]] = {}
    for link in flow.links:
        targets.setdefault(link.owner.name if link.owner is not None else None, []).append(link.name)
    reached: set[str] = set()
    pending = list(targets.get(None, ()))
    while pending:
        name = pending.pop()
        if name not in reached and name in names:
            reached.add(name)
            pending.extend(targets.get(name, ()))
    return reached


def numbered(flows: Iterable[FlowReading]) -> tuple[Flow, ...]:
    """The flows in the order of their numbers."""
    return tuple(reading.flow for reading in flows)
