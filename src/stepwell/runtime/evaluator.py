"""Works out expressions that may take long, in one thread beside the event loop; the answers come back as an event.

One thread is enough: the library gives the interpreter's lock up while it evaluates, each expression is bounded, and
executions wait for their turn in the order in which they asked. Nothing here is durable: a question that was not
answered when the server stopped stands in its execution's snapshot, and is put again. (`engine.evaluation`.)
"""

import asyncio
import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from stepwell.engine.commands import EvaluateExpressions, Question
from stepwell.engine.evaluation import answer, unanswered
from stepwell.engine.events import Answer, Event, ExpressionsEvaluated

log = logging.getLogger("stepwell.runtime")

_STACK_BYTES: Final = 16 * 1024 * 1024
"""The evaluator walks nested values by recursion, also when it lets go of them: 2 MB have been seen not to do."""

Submit = Callable[[bytes, Event], None]


class Evaluator:
    """The thread, and what it has still to do."""

    def __init__(self, submit: Submit) -> None:
        self._submit = submit
        self._pool: ThreadPoolExecutor | None = None
        self._waiting: dict[tuple[bytes, int], asyncio.Future[tuple[Answer, ...]]] = {}  # by execution and number

    def evaluate(self, execution_id: bytes, command: EvaluateExpressions) -> None:
        """Begin to answer; the thread starts with the first question."""
        if self._pool is None:
            self._pool = _pool_with_deep_stack()
        work = asyncio.get_running_loop().run_in_executor(self._pool, answers_of, command)
        self._waiting[execution_id, command.number] = work
        work.add_done_callback(lambda done: self._ended(execution_id, command, done))

    def _ended(
        self, execution_id: bytes, command: EvaluateExpressions, work: "asyncio.Future[tuple[Answer, ...]]"
    ) -> None:
        self._waiting.pop((execution_id, command.number), None)
        if not work.cancelled():
            self._submit(execution_id, ExpressionsEvaluated(command.branch, command.number, work.result()))

    def is_asked(self, execution_id: bytes, number: int) -> bool:
        """Whether this question waits for its answer here."""
        return (execution_id, number) in self._waiting

    def forget(self, goes: Callable[[bytes], bool]) -> None:
        """Let answers to executions that another node drives be; it asks itself."""
        for execution_id, number in [key for key in self._waiting if goes(key[0])]:
            self._waiting.pop((execution_id, number)).cancel()

    def close(self) -> None:
        """Forget what has not been answered; the next server asks again."""
        for work in list(self._waiting.values()):
            work.cancel()
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._pool = None


def _pool_with_deep_stack() -> ThreadPoolExecutor:
    """One thread, on a stack of its own size: some systems give threads far too little (musl: 128 KB)."""
    usual = threading.stack_size(_STACK_BYTES)
    try:
        pool = ThreadPoolExecutor(1, thread_name_prefix="stepwell-evaluator")
        pool.submit(int).result()  # the thread starts with its first work
    finally:
        threading.stack_size(usual)
    return pool


def answers_of(command: EvaluateExpressions) -> tuple[Answer, ...]:
    """All answers to a command. Raises nothing: an execution that waits gets its answer whatever happens."""
    return tuple(_answer(question) for question in command.questions)


def _answer(question: Question) -> Answer:
    try:
        return answer(question)
    except Exception:
        log.exception("evaluating %s failed", question.place)
        return unanswered(question)
