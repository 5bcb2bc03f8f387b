"""Where each history event happened: in which visit of which state, in which iterations of which Maps.

AWS's events name their state only when it is entered or left; the others point at the event before them. Here the
pointers are followed once, in order, so that nobody else need do it. A visit is one passing through a state, named by
the id of its Entered event. What the visits add up to never lives here (see `reducer`).
"""

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from msgspec import Struct, field

from stepwell.engine.history import Entry, details_of

Path = tuple[tuple[str, int], ...]
"""Iterations from outside: the Map state's name, and the index."""

TEXT_CHARACTERS_MAX: Final = 4_096
_FAILED_EXECUTION: Final = "ExecutionFailed"


class HistoryEvent(Struct, rename="camel", frozen=True):
    """A history event that knows where it happened.

    `visit` and `within` are ids of Entered events: of the state's visit, and of the Parallel or Map visit around it; 0
    for none. `came_from`, of an Entered event, is the state whose exit led here. ExecutionFailed has no state, but the
    visit that it is about. `details` are AWS's, without what says that they are complete; `cut` names those that are
    not, since they are longer than 4,096 characters.
    """

    id: int
    type: str
    at_ms: int
    previous: int
    state: str | None
    path: Path
    visit: int
    within: int
    came_from: str | None = field(name="from")
    caught: bool
    details: dict[str, Any]
    cut: list[str]


class Visit(NamedTuple):
    """One passing through a state."""

    id: int
    state: str
    path: Path
    within: "Visit | None"


class Spot(NamedTuple):
    """Where an event stands, and where a branch stands that goes on from it: its path, and what is around it."""

    visit: Visit | None
    path: Path = ()
    within: Visit | None = None
    left: bool = False


_NOWHERE: Final = Spot(None)


class Places:
    """The places of an execution's events, learnt in order.

    Of a history whose beginning is not kept, events that point there are taken to be at the top.
    """

    def __init__(self) -> None:
        self._spots: dict[int, Spot] = {}

    def __len__(self) -> int:
        return len(self._spots)

    def learn(self, entry: Entry) -> None:
        """Place the event that follows those learnt so far."""
        self._spots[entry.event_id] = self._place(entry)

    def _place(self, entry: Entry) -> Spot:
        name = entry.type.name
        before = self._spots.get(entry.record[1], _NOWHERE)
        if name.startswith("Execution"):
            return _NOWHERE
        if name.endswith("StateEntered"):
            visit = Visit(entry.event_id, entry.record[2], before.path, before.within)
            return Spot(visit, visit.path, visit.within)
        found = self._visit(entry, before)
        if found is None:
            return before
        if name.startswith("MapIteration"):
            return Spot(found, (*found.path, (found.state, entry.record[3])), found)
        if name == "ParallelStateStarted":
            return Spot(found, found.path, found)
        return Spot(found, found.path, found.within, left=name.endswith("StateExited"))

    def _visit(self, entry: Entry, before: Spot) -> Visit | None:
        """The visit that an event is about: the one that its aside or its name says, else that of the event before."""
        aside = entry.aside
        if aside is not None and aside is not True:
            return self._spots.get(aside, before).visit
        if not entry.type.details or entry.type.details[0].name != "name":
            return before.visit
        found, name = before.visit, entry.record[2]
        while found is not None and found.state != name:
            found = found.within
        return found or before.visit

    def event(
        self, entry: Entry, blob: Callable[[int], str], *, data: bool = True, whole: bool = False
    ) -> HistoryEvent:
        """An event that was learnt. `data`: with payloads and variables; `whole`: with nothing cut."""
        spot = self._spots[entry.event_id]
        name, previous = entry.type.name, entry.record[1]
        visit, came_from = spot.visit, None
        if name == _FAILED_EXECUTION:
            visit = self._spots.get(previous, _NOWHERE).visit
        elif name.endswith("StateEntered"):
            before = self._spots.get(previous, _NOWHERE)
            came_from = before.visit.state if before.left and before.visit is not None else None
        details = details_of(entry, blob, data)
        return HistoryEvent(
            id=entry.event_id,
            type=name,
            at_ms=entry.at_ms,
            previous=previous,
            state=None if spot.visit is None else spot.visit.state,
            path=spot.path,
            visit=0 if visit is None else visit.id,
            within=0 if visit is None or visit.within is None else visit.within.id,
            came_from=came_from,
            caught=entry.aside is True,
            details=details,
            cut=[] if whole else _cut(details),
        )


def _cut(details: dict[str, Any]) -> list[str]:
    """Shorten long texts where they stand; answers their names."""
    cut = []
    for name, value in details.items():
        if isinstance(value, str) and len(value) > TEXT_CHARACTERS_MAX:
            details[name] = value[:TEXT_CHARACTERS_MAX]
            cut.append(name)
        elif isinstance(value, dict) and name == "assignedVariables":
            short = {variable: text[:TEXT_CHARACTERS_MAX] for variable, text in value.items()}
            if short != value:
                details[name] = short
                cut.append(name)
    return cut
