"""What functions print: lines, kept in a ring for each function and handed to whoever shows logs."""

import time
from collections import deque
from collections.abc import Callable
from typing import Final, NamedTuple

LINE_CHARACTERS_MAX: Final = 16_384


class LogLine(NamedTuple):
    """One line that a function printed; `request_id` is None for what was printed before the first call."""

    at_ms: int
    function: str
    request_id: str | None
    stream: str
    text: str


class FunctionLogs:
    """The last lines of every function."""

    def __init__(self, lines_max: int, on_line: Callable[[LogLine], None] | None) -> None:
        self._lines_max = lines_max
        self._on_line = on_line
        self._rings: dict[str, deque[LogLine]] = {}
        self._dropped_ms: dict[str, int] = {}

    def put(self, function: str, request_id: str | None, stream: str, text: str) -> None:
        """Keep a line and hand it on. Lambda's client separates the lines of a traceback by carriage returns."""
        shown = text.replace("\r", "\n")[:LINE_CHARACTERS_MAX]
        line = LogLine(time.time_ns() // 1_000_000, function, request_id, stream, shown)
        ring = self._rings.get(function)
        if ring is None:
            ring = self._rings[function] = deque(maxlen=self._lines_max)
        if len(ring) == self._lines_max:
            self._dropped_ms[function] = ring[0].at_ms
        ring.append(line)
        if self._on_line is not None:
            self._on_line(line)

    def of(self, function: str) -> tuple[LogLine, ...]:
        """The kept lines of a function, oldest first."""
        return tuple(self._rings.get(function, ()))

    def complete_from_ms(self, function: str) -> int:
        """The time from which on all lines of a function are kept: after that of the last one that was dropped."""
        return self._dropped_ms.get(function, -1) + 1


class LineSplitter:
    """Cuts a stream of bytes into lines; a line that does not end is cut at a maximum."""

    def __init__(self, on_text: Callable[[str], None]) -> None:
        self._on_text = on_text
        self._rest = b""

    def feed(self, data: bytes) -> None:
        """Take more bytes."""
        *lines, rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._emit(line)
        while len(rest) > LINE_CHARACTERS_MAX:
            self._emit(rest[:LINE_CHARACTERS_MAX])
            rest = rest[LINE_CHARACTERS_MAX:]
        self._rest = rest

    def close(self) -> None:
        """The stream ended: what is left is a line too."""
        if self._rest:
            self._emit(self._rest)
            self._rest = b""

    def _emit(self, line: bytes) -> None:
        self._on_text(line.decode(errors="replace").rstrip("\r"))
