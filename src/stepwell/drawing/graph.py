"""What there is to draw of a definition: its states, their ways to each other, and the flows inside.

A definition is read as it stands, half-written ones too: whatever is no state machine is passed over, a target that
does not exist becomes a node of its own, and nothing here raises. What is wrong with it is said by `asl`, not here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final

from stepwell.drawing.labels import catch_label, detail_of, rule_label

DEPTH_MAX: Final = 32  # flows inside flows; what lies deeper is not drawn


class Way(Enum):
    """Why an execution goes from one state to another."""

    NEXT = "next"
    CHOICE = "choice"
    DEFAULT = "default"
    CATCH = "catch"


class Mark(Enum):
    """What a node is that is no state."""

    START = "start"
    END = "end"
    MISSING = "missing"


@dataclass(slots=True, eq=False)
class Node:
    """A state, or a mark. `id` is the JSON pointer of the state; `lanes` are the flows inside it, in written order."""

    id: str
    name: str
    type: str = ""
    detail: str = ""
    mark: Mark | None = None
    reached: bool = True
    lanes: list[Flow] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Edge:
    """A way from one node of a flow to another. `id` is the JSON pointer of the field that says so."""

    id: str
    source: Node
    target: Node
    way: Way
    label: str = ""


@dataclass(slots=True, eq=False)
class Flow:
    """Nodes and edges in written order. `start` is the node where an execution comes in."""

    pointer: str
    nodes: list[Node] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)
    start: Node | None = None

    def walk(self) -> Iterator[Node]:
        """All nodes, those of inner flows too."""
        for node in self.nodes:
            yield node
            for lane in node.lanes:
                yield from lane.walk()


def read_graph(definition: Any) -> Flow:
    """The graph of a definition's JSON value, from Start to End."""
    return _FlowReader("", definition, 0).read(outermost=True)


class _FlowReader:
    """Reads one flow."""

    def __init__(self, pointer: str, value: Any, depth: int) -> None:
        self._value: dict[str, Any] = value if isinstance(value, dict) else {}
        states = self._value.get("States")
        self._states: dict[str, Any] = states if isinstance(states, dict) else {}
        self._flow = Flow(pointer)
        self._depth = depth
        self._named: dict[str, Node] = {}
        self._end: Node | None = None

    def read(self, *, outermost: bool = False) -> Flow:
        flow = self._flow
        if outermost:
            flow.start = Node("start", "Start", mark=Mark.START)
            flow.nodes.append(flow.start)
        for name, state in self._states.items():
            self._named[name] = self._node(name, state)
            flow.nodes.append(self._named[name])
        if outermost:
            self._end = Node("end", "End", mark=Mark.END)
        self._enter(flow, outermost)
        for name, state in self._states.items():
            self._leave(self._named[name], state if isinstance(state, dict) else {})
        if self._end is not None:
            flow.nodes.append(self._end)
        _mark_reached(flow)
        return flow

    def _enter(self, flow: Flow, outermost: bool) -> None:
        name = self._value.get("StartAt")
        if outermost and flow.start is not None:
            if isinstance(name, str):
                flow.edges.append(Edge("/StartAt", flow.start, self._target(name), Way.NEXT))
            elif not self._states and self._end is not None:
                flow.edges.append(Edge("/StartAt", flow.start, self._end, Way.NEXT))
        elif isinstance(name, str):
            flow.start = self._target(name)

    def _node(self, name: str, state: Any) -> Node:
        pointer = f"{self._flow.pointer}/States/{escaped(name)}"
        if not isinstance(state, dict):
            return Node(pointer, name)
        kind = state.get("Type")
        node = Node(pointer, name, kind if isinstance(kind, str) else "", detail_of(state))
        if self._depth < DEPTH_MAX:
            inner = [(f"{pointer}/{place}", flow) for place, flow in _inner_flows(state)]
            node.lanes = [_FlowReader(place, flow, self._depth + 1).read() for place, flow in inner]
        return node

    def _leave(self, node: Node, state: dict[str, Any]) -> None:
        """The ways out of a state: rules, Default, Next or the end, then its catchers."""
        for index, rule in enumerate(_objects(state.get("Choices"))):
            self._go(f"Choices/{index}/Next", node, rule.get("Next"), Way.CHOICE, rule_label(index, rule))
        self._go("Default", node, state.get("Default"), Way.DEFAULT, "Default")
        self._go("Next", node, state.get("Next"), Way.NEXT)
        if state.get("End") is True or state.get("Type") in ("Succeed", "Fail"):
            if self._end is not None:
                self._flow.edges.append(Edge(f"{node.id}/End", node, self._end, Way.NEXT))
        for index, catcher in enumerate(_objects(state.get("Catch"))):
            self._go(f"Catch/{index}/Next", node, catcher.get("Next"), Way.CATCH, catch_label(catcher))

    def _go(self, place: str, node: Node, name: Any, way: Way, label: str = "") -> None:
        if isinstance(name, str):
            self._flow.edges.append(Edge(f"{node.id}/{place}", node, self._target(name), way, label))

    def _target(self, name: str) -> Node:
        found = self._named.get(name)
        if found is None:
            found = Node(f"missing:{self._flow.pointer}/{name}", name, mark=Mark.MISSING)
            self._named[name] = found
            self._flow.nodes.append(found)
        return found


def escaped(name: str) -> str:
    """A name as part of a JSON pointer (RFC 6901)."""
    return name.replace("~", "~0").replace("/", "~1")


def _objects(value: Any) -> list[dict[str, Any]]:
    return [item if isinstance(item, dict) else {} for item in value] if isinstance(value, list) else []


def _inner_flows(state: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    if state.get("Type") == "Parallel" and isinstance(state.get("Branches"), list):
        for index, branch in enumerate(state["Branches"]):
            yield f"Branches/{index}", branch
    elif state.get("Type") == "Map":
        for name in ("ItemProcessor", "Iterator"):
            if isinstance(state.get(name), dict):
                yield name, state[name]
                return


def _mark_reached(flow: Flow) -> None:
    """Tell the nodes to which no way leads from the start."""
    after: dict[Node, list[Node]] = {}
    for edge in flow.edges:
        after.setdefault(edge.source, []).append(edge.target)
    reached = {flow.start}
    left = [flow.start]
    while left:
        node = left.pop()
        for target in after.get(node, ()) if node is not None else ():
            if target not in reached:
                reached.add(target)
                left.append(target)
    for node in flow.nodes:
        node.reached = node in reached or node.mark is Mark.END
