"""Which functions the visits of executions called, and under which request ids.

A history does not tell: a function's ARN has its place there, the request id of the call has not. Whoever wants to see
what a function printed for a step asks here. Kept in memory, the last calls only; nothing depends on them.
"""

import time
from collections import deque
from collections.abc import Sequence
from typing import Final, NamedTuple, Protocol

from stepwell.functions.logs import LogLine
from stepwell.functions.source import InvalidFunctionName, parse_function_name
from stepwell.integrations.base import Call

KEPT_MAX: Final = 10_000
"""About 5 MB."""
Visit = tuple[str, int]
"""The execution's ARN, and the id of the event that entered the state."""


class Printed(Protocol):
    """Whoever keeps what functions print (`FunctionPool`)."""

    def logs(self, name: str) -> tuple[LogLine, ...]:
        """The last lines of a function, oldest first."""
        ...

    def logs_from_ms(self, name: str) -> int:
        """The time from which on no line of a function was dropped."""
        ...


class Invocation(NamedTuple):
    """One call of a function, by its bare name; `started_ms` is when it left."""

    request_id: str
    function: str
    started_ms: int


class Printout(NamedTuple):
    """What a function printed for one call. `is_complete`: no line can have been dropped since the call began."""

    lines: tuple[LogLine, ...]
    is_complete: bool


class Invocations:
    """The last calls of functions. `printed` is None where functions run elsewhere: their lines are not here."""

    def __init__(self, printed: Printed | None = None, kept_max: int = KEPT_MAX) -> None:
        self._printed = printed
        self._kept_max = kept_max
        self._visits: dict[Visit, deque[Invocation]] = {}
        self._order: deque[Visit] = deque()

    def put(self, call: Call, function_name: str, request_id: str, started_ms: int | None = None) -> None:
        """Keep that an attempt calls a function; what is no function's name calls none."""
        try:
            name = parse_function_name(function_name).name
        except InvalidFunctionName:
            return
        visit = (call.execution_arn, call.entered_id)
        self._visits.setdefault(visit, deque()).append(Invocation(request_id, name, started_ms or now_ms()))
        self._order.append(visit)
        if len(self._order) > self._kept_max:
            self._drop_oldest()

    def _drop_oldest(self) -> None:
        visit = self._order.popleft()
        left = self._visits[visit]
        left.popleft()
        if not left:
            del self._visits[visit]

    def of(self, execution_arn: str, entered_id: int) -> Sequence[Invocation]:
        """The calls of a visit that are remembered, oldest first."""
        return tuple(self._visits.get((execution_arn, entered_id), ()))

    def printout(self, invocation: Invocation) -> Printout | None:
        """What a call printed; None where functions run elsewhere."""
        if self._printed is None:
            return None
        name = invocation.function
        own = tuple(line for line in self._printed.logs(name) if line.request_id == invocation.request_id)
        return Printout(own, self._printed.logs_from_ms(name) <= invocation.started_ms)


def now_ms() -> int:
    """The time, as log lines have it."""
    return time.time_ns() // 1_000_000
