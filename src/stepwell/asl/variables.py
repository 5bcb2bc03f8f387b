"""Which variables a state can see: scopes, and the paths that lead to a state.

Here lives what is true of variables in a definition as a whole: an inner scope sets no name that exists around it, and
what a state reads was set on some way to it. What a single Assign may hold never lives here.

A name exists at a state when some path from the start of its flow, or from around the flow, sets it. All states of a
loop reach one another, so the graph is folded to its loops first and walked once: time is linear in the definition,
whatever its shape. Sets of names are integers, one bit a name.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from stepwell.asl.assign import assigned_names
from stepwell.asl.diagnostics import ERROR, POSSIBLY_UNDEFINED, SCHEMA, WARNING, Diagnostic
from stepwell.asl.machine import State
from stepwell.asl.reading import FlowReading, Language, Reading

_DISTRIBUTED: Final = "DISTRIBUTED"
_Edge = tuple[State, State, int]


def variable_reads(reading: Reading) -> dict[str, tuple[str, ...]]:
    """The variables that each state looks at, by its name, in alphabetical order; states that read none are left out.
    (AWS: DescribeStateMachine's variableReferences, recorded.)"""
    found = {state: names for flow in reading.flows for state, names in flow.reads.items() if names}
    return {state.name: tuple(sorted(found[state])) for state in reading.states if state in found}


def check_variables(reading: Reading, known: frozenset[str] = frozenset()) -> None:
    """Reports names that an inner scope may not set, and variables that are read and never set on the way."""
    if any(_assigns(flow) or any(flow.reads.values()) for flow in reading.flows):
        _Check(reading, known).run()


def _holders(flow: FlowReading) -> Iterator[Any]:
    """All that can assign: states, and the rules and catchers in them."""
    for state in flow.flow.states.values():
        yield state
        yield from getattr(state, "rules", None) or ()
        yield from getattr(state, "catch", None) or ()


def _assigns(flow: FlowReading) -> bool:
    return any(getattr(holder, "assign", None) is not None for holder in _holders(flow))


class _Check:
    """One look at a whole definition."""

    def __init__(self, reading: Reading, known: frozenset[str]) -> None:
        self.reading = reading
        self.bits: dict[str, int] = {}
        self.everywhere = self.mask(known)  # names that some state sets, wherever
        self.at: dict[State, int] = {}  # names that exist when the state is entered
        for flow in reading.flows:
            for holder in _holders(flow):
                self.everywhere |= self.mask(assigned_names(getattr(holder, "assign", None)))
        self.start = self.mask(known)

    def mask(self, names: Any) -> int:
        mask = 0
        for name in names:
            mask |= 1 << self.bits.setdefault(name, len(self.bits))
        return mask

    def run(self) -> None:
        for flow in self.reading.flows:
            outside = self.outside(flow)
            self.walk(flow, outside)
            self.check_names(flow, outside)
            self.check_reads(flow)

    def outside(self, flow: FlowReading) -> int:
        """What exists around a flow. The children of a distributed Map are executions of their own. (AWS)"""
        if flow.outer is None:
            return self.start
        config = getattr(flow.flow, "config", None)
        if getattr(config, "mode", None) == _DISTRIBUTED or flow.owner is None:
            return 0
        return self.at.get(flow.owner, 0)

    def walk(self, flow: FlowReading, outside: int) -> None:
        """Fill `at` for the states of one flow."""
        states = flow.flow.states
        edges = list(self.edges(flow))
        loops = _loops(list(states.values()), edges)
        inside: dict[int, int] = {}
        before: dict[int, int] = {}
        leaving: dict[int, list[tuple[int, int]]] = {}
        for source, target, mask in edges:
            loop, other = loops[source], loops[target]
            if loop == other:
                inside[loop] = inside.get(loop, 0) | mask
            else:
                leaving.setdefault(loop, []).append((other, mask))
        for loop in sorted(set(loops.values()), reverse=True):  # a loop is numbered after all that it leads to
            here = before[loop] = before.get(loop, outside) | inside.get(loop, 0)
            for other, mask in leaving.get(loop, ()):
                before[other] = before.get(other, outside) | here | mask
        for state in states.values():
            self.at[state] = before[loops[state]]

    def edges(self, flow: FlowReading) -> Iterator[_Edge]:
        for link in flow.links:
            target = flow.flow.states.get(link.name)
            if link.owner is not None and target is not None:
                yield link.owner, target, self.mask(assigned_names(getattr(link.holder, "assign", None)))

    def check_names(self, flow: FlowReading, outside: int) -> None:
        """An inner scope may not set a name that exists around it. (AWS)"""
        if not outside or flow.outer is None:
            return
        for state in flow.flow.states.values():
            holders = (state, *(getattr(state, "rules", None) or ()), *(getattr(state, "catch", None) or ()))
            names = {name for holder in holders for name in assigned_names(getattr(holder, "assign", None))}
            for name in sorted(name for name in names if outside >> self.bits[name] & 1):
                message = f"The variable '{name}' exists in an outer scope and cannot be assigned here"
                location = f"{flow.location}/States/{state.name}"
                self.reading.add(Diagnostic(ERROR, SCHEMA, message, location))

    def check_reads(self, flow: FlowReading) -> None:
        """A variable that nothing sets is an error where AWS says so, one that nothing on the way sets a warning.

        In JSONata states even the first is only a failure at run time. (Recorded.)
        """
        for state, reads in flow.reads.items():
            exists = self.at.get(state, 0)
            for name, location in reads.items():
                bit = self.bits.get(name)
                if bit is not None and exists >> bit & 1:
                    continue
                nowhere = bit is None or not self.everywhere >> bit & 1
                if nowhere and state.query_language == Language.JSONPATH.value:
                    finding = Diagnostic(ERROR, SCHEMA, f"The variable '{name}' is not assigned by any state", location)
                else:
                    message = f"The variable '{name}' may be undefined"
                    finding = Diagnostic(WARNING, POSSIBLY_UNDEFINED, message, location)
                self.reading.add(finding)


def _loops(states: list[State], edges: list[_Edge]) -> dict[State, int]:
    """A number for each state: equal for states that lead to one another, higher for what leads to lower ones.

    (Tarjan's strongly connected components, without recursion.)
    """
    after: dict[State, list[State]] = {state: [] for state in states}
    for source, target, _ in edges:
        after[source].append(target)
    found: dict[State, int] = {}
    seen: dict[State, int] = {}
    lowest: dict[State, int] = {}
    open_: list[State] = []
    for first in states:
        if first in seen:
            continue
        seen[first] = lowest[first] = len(seen)
        open_.append(first)
        path = [(first, iter(after[first]))]
        while path:
            state, targets = path[-1]
            for target in targets:
                if target not in seen:
                    seen[target] = lowest[target] = len(seen)
                    open_.append(target)
                    path.append((target, iter(after[target])))
                    break
                if target not in found:
                    lowest[state] = min(lowest[state], seen[target])
            else:
                path.pop()
                if path:
                    lowest[path[-1][0]] = min(lowest[path[-1][0]], lowest[state])
                if lowest[state] == seen[state]:
                    _close(state, open_, found)
    return found


def _close(state: State, open_: list[State], found: dict[State, int]) -> None:
    number = found[next(reversed(found))] + 1 if found else 0
    while True:
        member = open_.pop()
        found[member] = number
        if member is state:
            return
