"""Works out expressions that may take long, in processes beside the server; the answers come back as an event.

A few processes are enough: each expression is bounded, and executions wait for their turn in the order in which they
asked. A thread for each process waits for its answers. Nothing here is durable: a question that was not answered when
the server stopped stands in its execution's snapshot, and is put again. (`engine.evaluation`.)
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from stepwell.engine.commands import EvaluateExpressions, Question
from stepwell.engine.evaluation import unanswered
from stepwell.engine.events import Answer, Event, ExpressionsEvaluated
from stepwell.runtime.expression_process import ExpressionProcess

log = logging.getLogger("stepwell.runtime")

PROCESSES: Final = 2
"""So that one long expression does not hold up all others."""

Submit = Callable[[bytes, Event], None]


class Evaluator:
    """The processes, and what they have still to do."""

    def __init__(self, submit: Submit) -> None:
        self._submit = submit
        self._processes = [ExpressionProcess() for _ in range(PROCESSES)]
        self._idle = deque(self._processes)
        self._pool: ThreadPoolExecutor | None = None
        self._waiting: dict[tuple[bytes, int], asyncio.Future[tuple[Answer, ...]]] = {}  # by execution and number

    def evaluate(self, execution_id: bytes, command: EvaluateExpressions) -> None:
        """Begin to answer; the first process starts with the first question."""
        work = asyncio.get_running_loop().run_in_executor(self._started(), self._answers, command)
        self._waiting[execution_id, command.number] = work
        work.add_done_callback(lambda done: self._ended(execution_id, command, done))

    async def work_out(self, questions: tuple[Question, ...]) -> tuple[Answer, ...]:
        """The answers to questions of no execution, in their order: of an ItemSelector, before there are any."""
        command = EvaluateExpressions(0, 0, questions)
        return await asyncio.get_running_loop().run_in_executor(self._started(), self._answers, command)

    def _started(self) -> ThreadPoolExecutor:
        if self._pool is None:
            self._pool = ThreadPoolExecutor(PROCESSES, thread_name_prefix="stepwell-evaluator")
        return self._pool

    def _ended(
        self, execution_id: bytes, command: EvaluateExpressions, work: "asyncio.Future[tuple[Answer, ...]]"
    ) -> None:
        self._waiting.pop((execution_id, command.number), None)
        if not work.cancelled():
            self._submit(execution_id, ExpressionsEvaluated(command.branch, command.number, work.result()))

    def _answers(self, command: EvaluateExpressions) -> tuple[Answer, ...]:
        """All answers to a command. Raises nothing: an execution that waits gets its answer whatever happens."""
        process = self._idle.pop()  # the one used last is warm; there is one for each thread
        try:
            return tuple(_answer(process, question) for question in command.questions)
        finally:
            self._idle.append(process)

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
        for process in self._processes:
            process.close()


def _answer(process: ExpressionProcess, question: Question) -> Answer:
    try:
        return process.answer(question)
    except Exception:
        log.exception("evaluating %s failed", question.place)
        return unanswered(question)
