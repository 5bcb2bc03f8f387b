"""What the functions that a step called have printed, as far as this server keeps it."""

from typing import Final

from msgspec import Struct

from stepwell.caller import Caller
from stepwell.errors import ValidationException
from stepwell.functions.logs import LogLine
from stepwell.integrations.invocations import Invocation, Invocations
from stepwell.operations.reads.subjects import subject_of
from stepwell.operations.service import Service

LINES_MAX: Final = 1_000
CHARACTERS_MAX: Final = 262_144


class PrintedLine(Struct, rename="camel"):
    """One line; `stream` is `stdout` or `stderr`."""

    at_ms: int
    stream: str
    text: str


class InvocationLog(Struct, rename="camel"):
    """One call of a function and its lines.

    `log_group` is where AWS Lambda puts them, for a function that does not run here; then `lines` has none.
    `is_complete`: nothing that the call printed before now is missing.
    """

    request_id: str
    function: str
    started_ms: int
    log_group: str | None
    lines: list[PrintedLine]
    is_complete: bool


class VisitLogs(Struct, rename="camel"):
    """The calls of a visit, oldest first. `is_local`: the server that answers is the one that makes them."""

    invocations: list[InvocationLog]
    is_local: bool


async def execution_logs(service: Service, caller: Caller, *, arn: str, visit: int | None = None) -> VisitLogs:
    """The logs of a visit's functions. Raises `ExecutionDoesNotExist`, `InvalidArn`, `ValidationException`."""
    if visit is None:
        raise ValidationException("'visit' is the id of the event that entered the state")
    subject = await subject_of(service, caller, arn)
    room = _Room()
    calls = service.invocations.of(subject.arn, visit)
    logs = [_log(service.invocations, call, room) for call in reversed(calls[-LINES_MAX:])]
    return VisitLogs(logs[::-1], subject.is_local)


class _Room:
    """What an answer still has room for: the newest lines have it first."""

    def __init__(self) -> None:
        self._lines = LINES_MAX
        self._characters = CHARACTERS_MAX

    def fitting(self, lines: tuple[LogLine, ...]) -> list[LogLine]:
        """As many of the last lines as there is room for."""
        kept: list[LogLine] = []
        for line in reversed(lines):
            self._lines -= 1
            self._characters -= len(line.text)
            if self._lines < 0 or self._characters < 0:
                break
            kept.append(line)
        return kept[::-1]


def _log(invocations: Invocations, call: Invocation, room: _Room) -> InvocationLog:
    printout = invocations.printout(call)
    if printout is None:
        return InvocationLog(*call, f"/aws/lambda/{call.function}", [], is_complete=False)
    lines = room.fitting(printout.lines)
    shown = [PrintedLine(line.at_ms, line.stream, line.text) for line in lines]
    return InvocationLog(*call, None, shown, printout.is_complete and len(lines) == len(printout.lines))
