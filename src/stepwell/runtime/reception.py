"""Requests that other nodes bring over a line: each is answered there once its commit has been made."""

from collections.abc import Callable
from contextlib import suppress
from enum import IntEnum
from functools import partial
from typing import Final

from stepwell.engine.events import Event
from stepwell.runtime.bundle import Bundle, read_frame
from stepwell.runtime.carrier import Hear, Line
from stepwell.runtime.codec import FormatNewer
from stepwell.runtime.messages import decode_request, goes_by_line
from stepwell.runtime.refusals import Moved
from stepwell.runtime.turns import Item

NEWS: Final = b""
"""In place of a request's id: news, which nobody answers."""

Put = Callable[[Item], None]
"""Takes an event in, and answers once its commit has been made."""


class Outcome(IntEnum):
    """What came of a request, as it goes over a line. Numbers are never used again."""

    REFUSED = 0
    ACCEPTED = 1
    MOVED = 2
    FAILED = 3


class Reception:
    """Where lines of other nodes end."""

    def __init__(self, put: Put, hear_news: Hear) -> None:
        self._put = put
        self._hear_news = hear_news
        self._closed = False

    def close(self) -> None:
        """Take no more: what comes now is for the next owner, and goes by the post."""
        self._closed = True

    def accept(self, line: Line) -> Hear:
        """Hear what a node asks."""
        return partial(self._hear, Bundle(line))

    def _hear(self, bundle: Bundle, frame: bytes) -> None:
        for message_id, execution_id, body in read_frame(frame):
            if message_id == NEWS:
                self._take_news(body)
                continue
            event = self._event(body)
            if event is None:
                bundle.add((message_id, Outcome.MOVED, b""))
            else:
                self._put(Item(execution_id, event, Caller(bundle, message_id)))

    def _event(self, body: bytes) -> Event | None:
        """What is asked; None of what the post is to bring."""
        if self._closed:
            return None
        try:
            request = decode_request(body)
        except (FormatNewer, KeyError):
            return None
        return request if goes_by_line(request) else None

    def _take_news(self, body: bytes) -> None:
        with suppress(FormatNewer):  # nothing depends on it
            self._hear_news(body)


class Caller:
    """The `Asker` of a request at the other end of a line."""

    __slots__ = ("_answered", "_bundle", "_message_id")

    def __init__(self, bundle: Bundle, message_id: bytes) -> None:
        self._bundle = bundle
        self._message_id = message_id
        self._answered = False

    def done(self) -> bool:
        """Whether the answer is on its way. Who waits for it is known at the other end alone."""
        return self._answered

    def set_result(self, accepted: bool, /) -> None:
        """The commit was made."""
        self._send(Outcome.ACCEPTED if accepted else Outcome.REFUSED)

    def set_exception(self, error: Exception, /) -> None:
        """It was not, or nobody knows; or this is not the owner."""
        if isinstance(error, Moved):
            self._send(Outcome.MOVED)
        else:
            self._send(Outcome.FAILED, str(error).encode("utf-8", "replace"))

    def _send(self, outcome: Outcome, reason: bytes = b"") -> None:
        self._answered = True
        self._bundle.add((self._message_id, outcome, reason))
