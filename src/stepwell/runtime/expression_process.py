"""A process that evaluates expressions, seen from the server: one question at a time, and an answer whatever happens.

The process is bounded in memory by the kernel (`expression_worker`). One that breaks its bound, overflows its stack or
takes far too long is ended, its question is answered in AWS's words, and the next question starts another.
Calls block: they are made in threads.
"""

import logging
import os
import select
import signal
import subprocess
import sys
import threading
from typing import Final

import msgspec

from stepwell.engine.commands import Question
from stepwell.engine.evaluation import unanswered
from stepwell.engine.events import Answer
from stepwell.query.jsonata import JsonataError
from stepwell.query.jsonata_failures import LIMIT, MEMORY_TEXT, STACK_TEXT, TIMEOUT_TEXT
from stepwell.runtime.expression_worker import Asked, receive, send

log = logging.getLogger("stepwell.runtime")

PATIENCE_S: Final = 10.0
"""The worker's own limits answer within two seconds; a machine may be busy elsewhere."""
_PROGRAM: Final = "from stepwell.runtime.expression_worker import main; main()"
_ALLOCATOR: Final = {"MIMALLOC_ARENA_RESERVE": "16384"}
"""The library's allocator would take hold of a GB at once (and use none of it), which no limit could tell from use."""
_answers: Final = msgspec.msgpack.Decoder(Answer)


class _Broken(Exception):
    """The process gave no answer; `text` says what that means for the expression, None that it was no fault of it."""

    def __init__(self, text: str | None) -> None:
        super().__init__(text)
        self.text = text


class ExpressionProcess:
    """One worker process, started when it is needed, and again after it was ended."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._asking = threading.Lock()
        self._closed = False

    def answer(self, question: Question) -> Answer:
        """Evaluate one expression. Raises `OSError` if no process can be started."""
        with self._asking:
            try:
                return self._ask(question)
            except _Broken as broken:
                self._end()
                if broken.text is None:
                    return unanswered(question)
                error = JsonataError(LIMIT, broken.text)
                return Answer(question.place, None, error.cause(question.expression.source, question.place))

    def close(self) -> None:
        """End it, also in the middle of a question. From any thread."""
        self._closed = True
        process = self._process
        if process is not None:
            process.kill()  # whoever waits for it goes on
        with self._asking:
            self._end()

    def _ask(self, question: Question) -> Answer:
        process = self._started()
        assert process.stdin is not None and process.stdout is not None
        asked = Asked(
            question.place,
            question.expression.source,
            question.document,
            question.now_ms,
            question.seed,
            sorted(question.shadows),
        )
        try:
            send(process.stdin.fileno(), msgspec.msgpack.encode(asked))
            _wait(process.stdout.fileno())
            answered = receive(process.stdout.fileno())
        except OSError:
            answered = None
        if answered is None:
            raise _Broken(self._fault(process))
        return _answers.decode(answered)

    def _started(self) -> "subprocess.Popen[bytes]":
        if self._process is None or self._process.poll() is not None:
            if self._closed:
                raise _Broken(None)
            path = os.pathsep.join(filter(None, sys.path))
            self._process = subprocess.Popen(
                [sys.executable, "-c", _PROGRAM],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={**os.environ, **_ALLOCATOR, "PYTHONPATH": path},
                start_new_session=True,
            )
        return self._process

    def _fault(self, process: "subprocess.Popen[bytes]") -> str | None:
        """A signal ended it: it asked for more memory than it may have, or for more stack."""
        status = process.wait()
        if self._closed:
            return None
        log.warning("an expression broke the bounds of its process (status %d)", status)
        if status >= 0:
            return None
        return STACK_TEXT if status == -signal.SIGSEGV else MEMORY_TEXT

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()


def _wait(stream: int) -> None:
    """Until something can be read. Raises `_Broken` when that takes far too long."""
    ready, _, _ = select.select([stream], [], [], PATIENCE_S)
    if not ready:
        raise _Broken(TIMEOUT_TEXT)
