"""Requests that other nodes bring over a line: each is answered there once its commit has been made."""

import asyncio
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

NEWS: Final = b""
"""In place of a request's id: news, which nobody answers."""

Ask = Callable[[bytes, Event], "asyncio.Future[bool]"]


class Outcome(IntEnum):
    """What came of a request, as it goes over a line. Numbers are never used again."""

    REFUSED = 0
    ACCEPTED = 1
    MOVED = 2
    FAILED = 3


class Reception:
    """Where lines of other nodes end."""

    def __init__(self, ask: Ask, hear_news: Hear) -> None:
        self._ask = ask
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
            answer = self._answer(execution_id, body)
            if answer is None:
                bundle.add((message_id, Outcome.MOVED, b""))
            else:
                answer.add_done_callback(partial(_send, bundle, message_id))

    def _answer(self, execution_id: bytes, body: bytes) -> "asyncio.Future[bool] | None":
        """What comes of a request; None of one that the post is to bring."""
        if self._closed:
            return None
        try:
            request = decode_request(body)
        except (FormatNewer, KeyError):
            return None
        return self._ask(execution_id, request) if goes_by_line(request) else None

    def _take_news(self, body: bytes) -> None:
        with suppress(FormatNewer):  # nothing depends on it
            self._hear_news(body)


def _send(bundle: Bundle, message_id: bytes, answer: "asyncio.Future[bool]") -> None:
    error = None if answer.cancelled() else answer.exception()
    if answer.cancelled() or isinstance(error, Moved):
        bundle.add((message_id, Outcome.MOVED, b""))
    elif error is not None:
        bundle.add((message_id, Outcome.FAILED, str(error).encode("utf-8", "replace")))
    else:
        bundle.add((message_id, Outcome.ACCEPTED if answer.result() else Outcome.REFUSED, b""))
