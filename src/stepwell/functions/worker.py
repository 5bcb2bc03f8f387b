"""One child process that runs one function, one call at a time: its life, its pipes, its current call.

It tells its owner (the pool) when it can take a call and when it has ended; which call it gets is the owner's business.
"""

import asyncio
import os
import signal
import sys
import time
from dataclasses import dataclass
from enum import Enum, auto
from functools import partial
from typing import Final, Protocol, cast

from stepwell.functions import invocation
from stepwell.functions.invocation import RESPONSE_BYTES_MAX, Invocation
from stepwell.functions.launch import Launch
from stepwell.functions.logs import FunctionLogs, LineSplitter
from stepwell.functions.runtime_api import NextCall
from stepwell.functions.source import Source

_STREAMS: Final = {1: "stdout", 2: "stderr"}


@dataclass(slots=True, eq=False)
class FunctionCall:
    """One call on its way through the pool."""

    request_id: str
    payload: bytes
    timeout_s: float
    arn: str
    headers: dict[str, str]
    answer: "asyncio.Future[Invocation]"
    sequence: int = 0

    def resolve(self, result: Invocation) -> None:
        """Answer the caller, if it still waits."""
        if not self.answer.done():
            self.answer.set_result(result)


class Stage(Enum):
    """What a worker is doing."""

    STARTING = auto()
    IDLE = auto()
    BUSY = auto()
    RETURNING = auto()  # it has answered, and is about to ask for the next call
    GONE = auto()


class Owner(Protocol):
    """Who decides what workers do."""

    def worker_ready(self, worker: "Worker") -> None:
        """The worker can take a call."""
        ...

    def worker_answered(self, worker: "Worker") -> None:
        """The worker has answered its call, and has not asked for another yet."""
        ...

    def worker_failed_to_start(self, worker: "Worker", error: bytes) -> None:
        """The function's module could not be loaded; `error` is Lambda's error object."""
        ...

    def worker_gone(self, worker: "Worker", stage: Stage, code: int | None) -> None:
        """The process ended by itself while in that stage."""
        ...


class Worker(asyncio.SubprocessProtocol):
    """A child process and its end of the Runtime API (it is the `Runtime` that the API serves)."""

    def __init__(self, source: Source, owner: Owner, logs: FunctionLogs) -> None:
        self.source = source
        self.stage = Stage.STARTING
        self.address = ""
        self.call: FunctionCall | None = None
        self.timer: asyncio.TimerHandle | None = None
        self.ended = asyncio.Event()
        self._heard = asyncio.Event()  # its pipes are connected
        self._owner = owner
        self._logs = logs
        self._request_id: str | None = None
        self._waiting: asyncio.Future[NextCall | None] | None = None
        self._transport: asyncio.SubprocessTransport | None = None
        self._lines = {fd: LineSplitter(partial(self._log, name)) for fd, name in _STREAMS.items()}

    async def start(self, address: str, launch: Launch) -> None:
        """Start the process. Raises `OSError`."""
        self.address = address
        await asyncio.get_running_loop().subprocess_exec(
            lambda: self,
            *launch.command,
            cwd=str(launch.folder),
            env={**launch.environment, "AWS_LAMBDA_RUNTIME_API": address},
            start_new_session=os.name == "posix",
        )
        self._heard.set()
        if self.stage is Stage.GONE:  # stopped while it was being started
            self.kill()

    def assign(self, call: FunctionCall) -> None:
        """Hand a call to the waiting process."""
        self.stage = Stage.BUSY
        self.call = call
        self._request_id = call.request_id
        deadline_ms = time.time_ns() // 1_000_000 + int(call.timeout_s * 1000)
        waiting, self._waiting = self._waiting, None
        if waiting is not None and not waiting.done():
            waiting.set_result(NextCall(call.request_id, call.payload, deadline_ms, call.arn, call.headers))

    def stop(self) -> None:
        """End the process and everything it started, at once. The owner hears nothing more of it."""
        if self.stage is Stage.GONE:
            return
        self.stage = Stage.GONE
        self.cancel_timer()
        self.kill()
        self._release()

    def cancel_timer(self) -> None:
        """Forget the time-out of whatever this worker is doing."""
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None

    # --- the Runtime API asks ---------------------------------------------------------------------------------------

    async def next_call(self) -> NextCall | None:
        """The process can take a call (the meaning is in `Runtime`)."""
        if self.stage is Stage.STARTING:
            await self._hear_first_words()
        if self.stage is Stage.GONE:
            return None
        if self.call is not None:  # it asked for more without having answered
            self._answer(invocation.exited(self.call.request_id, None))
        waiting: asyncio.Future[NextCall | None] = asyncio.get_running_loop().create_future()
        self._waiting = waiting
        self.cancel_timer()
        self.stage = Stage.IDLE
        self._owner.worker_ready(self)
        return await waiting

    async def _hear_first_words(self) -> None:
        """What it printed before it asked for a call is no call's, and lies in the pipes: one turn of the loop connects
        them, one reads, one delivers.
        """
        await self._heard.wait()
        for _ in range(3):
            await asyncio.sleep(0)

    def take_response(self, request_id: str, body: bytes, size_bytes: int) -> bool:
        """The handler returned."""
        if self.call is None or self.call.request_id != request_id:
            return False
        fits = size_bytes <= RESPONSE_BYTES_MAX
        self._answer(Invocation(200, body, None) if fits else invocation.too_large(request_id, size_bytes))
        return True

    def take_error(self, request_id: str, body: bytes) -> bool:
        """The handler raised."""
        if self.call is None or self.call.request_id != request_id:
            return False
        self._answer(invocation.failed(body))
        return True

    def take_init_error(self, body: bytes) -> None:
        """The module could not be loaded."""
        if self.stage is Stage.STARTING:
            self._owner.worker_failed_to_start(self, body)

    def _answer(self, result: Invocation) -> None:
        call, self.call = self.call, None
        self.cancel_timer()
        if self.stage is Stage.BUSY:
            self.stage = Stage.RETURNING
            self._owner.worker_answered(self)
        if call is not None:
            call.resolve(result)

    # --- the process tells ------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The process runs. It may have ended before whoever started it hears so: what it ended with is known here."""
        self._transport = cast("asyncio.SubprocessTransport", transport)

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        """The process printed."""
        self._lines[fd].feed(data)

    def pipe_connection_lost(self, fd: int, exc: Exception | None) -> None:
        """The process closed a pipe."""
        if fd in self._lines:
            self._lines[fd].close()

    def process_exited(self) -> None:
        """The process ended."""
        stage, self.stage = self.stage, Stage.GONE
        code = self._transport.get_returncode() if self._transport is not None else None
        self.cancel_timer()
        if stage is not Stage.GONE:
            if self.call is not None:
                self._answer(invocation.exited(self.call.request_id, code))
            self._owner.worker_gone(self, stage, code)
        self._release()
        self.ended.set()

    def _log(self, stream: str, text: str) -> None:
        self._logs.put(self.source.name, self._request_id, stream, text)

    def _release(self) -> None:
        waiting, self._waiting = self._waiting, None
        if waiting is not None and not waiting.done():
            waiting.set_result(None)

    def kill(self) -> None:
        """End the process and its children, if it still runs."""
        transport = self._transport
        if transport is None or transport.get_returncode() is not None:
            return
        try:
            if sys.platform != "win32":
                os.killpg(transport.get_pid(), signal.SIGKILL)
            else:
                transport.kill()
        except ProcessLookupError:
            pass  # it ended by itself a moment ago
