"""The workers of all local functions: who runs which call, how many at once, for how long.

A call waits in its function's line until a worker of that function is free; workers are started on demand, reused while
warm and ended when idle for long. The runtime API is the wire, a worker the process; every rule about sharing is here.
"""

import asyncio
import itertools
import sys
import uuid
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from stepwell.functions import invocation
from stepwell.functions.invocation import REQUEST_BYTES_MAX, Invocation, RequestTooLarge, TooManyCalls
from stepwell.functions.launch import Launcher
from stepwell.functions.listing import FunctionList
from stepwell.functions.logs import FunctionLogs, LogLine
from stepwell.functions.runtime_api import RuntimeApi
from stepwell.functions.source import Source, parse_function_name
from stepwell.functions.worker import FunctionCall, Stage, Worker

_END_S: Final = 5.0


@dataclass(frozen=True, slots=True)
class PoolLimits:
    """How much the functions may use. AWS's figures where AWS has them (time-out, payload).

    `return_s` is how long a worker that has answered is waited for, before calls in line get another one.
    """

    workers_max: int = 64
    function_workers_max: int = 16
    timeout_s: float = 900.0
    start_timeout_s: float = 60.0
    idle_s: float = 300.0
    return_s: float = 1.0
    log_lines_max: int = 1_000


class PoolClosed(RuntimeError):
    """The pool was closed while the call waited or ran; whether the function did its work is unknown."""


class _Crew:
    """The workers of one function and the calls that wait for them."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.waiting: deque[FunctionCall] = deque()
        self.workers: set[Worker] = set()
        self.idle: list[Worker] = []

    @property
    def coming(self) -> int:
        """Workers that will ask for a call soon: they start, or have just answered one."""
        return sum(worker.stage in (Stage.STARTING, Stage.RETURNING) for worker in self.workers)

    @property
    def calls(self) -> int:
        return len(self.waiting) + sum(worker.call is not None for worker in self.workers)


class FunctionPool:
    """Runs local functions. `invoke` is all a caller needs; `close` ends every child process."""

    def __init__(
        self,
        functions: Path | str,
        *,
        limits: PoolLimits | None = None,
        account: str = "000000000000",
        region: str = "us-east-1",
        environment: Mapping[str, str] | None = None,
        on_log: Callable[[LogLine], None] | None = None,
        python: str = sys.executable,
        client: str = "official",
    ) -> None:
        """`functions` is a folder or a list of them; `environment` is added to what every function sees."""
        self._list = FunctionList(Path(functions), account=account, region=region)
        self._limits = limits or PoolLimits()
        self._account = account
        self._region = region
        self._launcher = Launcher(python, client, account, region, dict(environment or {}))
        self._logs = FunctionLogs(self._limits.log_lines_max, on_log)
        self._api = RuntimeApi()
        self._starting: asyncio.Task[None] | None = None
        self._crews: dict[str, _Crew] = {}
        self._launches: set[asyncio.Task[None]] = set()
        self._ending: set[Worker] = set()
        self._sequence = itertools.count(1)
        self._closed = False

    def names(self) -> list[str]:
        """The functions there are. Raises `InvalidList`."""
        return self._list.names()

    def logs(self, name: str) -> tuple[LogLine, ...]:
        """The last lines that a function printed, oldest first."""
        return self._logs.of(name)

    def logs_from_ms(self, name: str) -> int:
        """The time from which on no line of a function was dropped."""
        return self._logs.complete_from_ms(name)

    async def start(self) -> None:
        """Load and start the Runtime API. The first `invoke` does it otherwise."""
        if self._starting is None:
            self._starting = asyncio.create_task(self._api.start())
        await asyncio.shield(self._starting)

    async def invoke(
        self,
        name: str,
        payload: bytes,
        *,
        timeout_s: float | None = None,
        request_id: str | None = None,
        client_context: str | None = None,
    ) -> Invocation:
        """Call a function by name or ARN with a JSON payload, once, and give its answer.

        Raises `FunctionNotFound`, `InvalidFunctionName`, `InvalidList`, `RequestTooLarge`, `TooManyCalls` and
        `PoolClosed`; everything that goes wrong inside the function is an `Invocation` with `function_error`. A caller
        that is cancelled while its call waits in line takes it out; a call that a worker has begun goes on to its end
        or time-out, as in Lambda.
        """
        source = self._list.find(parse_function_name(name).name)
        if len(payload) > REQUEST_BYTES_MAX:
            text = f"Request must be smaller than {REQUEST_BYTES_MAX} bytes for the InvokeFunction operation"
            raise RequestTooLarge(text)
        if not self._api_ready():
            await self.start()
        if self._closed:
            raise PoolClosed("The function pool is closed")
        crew = self._crew(source)
        if source.traits.concurrency is not None and crew.calls >= source.traits.concurrency:
            raise TooManyCalls(source.name)
        call = FunctionCall(
            request_id or str(uuid.uuid4()),
            payload,
            timeout_s or source.traits.timeout_s or self._limits.timeout_s,
            name if name.startswith("arn:") else self._arn(source.name),
            {"Lambda-Runtime-Client-Context": client_context} if client_context else {},
            asyncio.get_running_loop().create_future(),
            next(self._sequence),
        )
        return await self._answered(crew, call)

    async def _answered(self, crew: _Crew, call: FunctionCall) -> Invocation:
        """Let a call wait in line, and have its answer."""
        crew.waiting.append(call)
        self._serve(crew)
        try:
            return await call.answer
        finally:
            if call in crew.waiting:
                crew.waiting.remove(call)

    async def close(self) -> None:
        """End all child processes. Calls that wait or run get `PoolClosed`. Idempotent."""
        self._closed = True
        workers = {worker for crew in self._crews.values() for worker in crew.workers}
        for crew in self._crews.values():
            for call in [*crew.waiting, *(worker.call for worker in crew.workers if worker.call)]:
                if not call.answer.done():
                    call.answer.set_exception(PoolClosed("The function pool was closed"))
            crew.waiting.clear()
        for worker in workers:
            self._stop(worker)
        if self._launches:
            await asyncio.wait(self._launches)
        ends = [asyncio.create_task(worker.ended.wait()) for worker in self._ending]
        if ends:
            await asyncio.wait(ends, timeout=_END_S)
        if self._starting is not None:
            await asyncio.wait([self._starting])
        await self._api.close()

    def _api_ready(self) -> bool:
        return self._starting is not None and self._starting.done()

    def _arn(self, name: str) -> str:
        return f"arn:aws:lambda:{self._region}:{self._account}:function:{name}"

    # --- who runs what ----------------------------------------------------------------------------------------------

    def _crew(self, source: Source) -> _Crew:
        crew = self._crews.get(source.name)
        if crew is None:
            crew = self._crews[source.name] = _Crew(source)
        elif crew.source.fingerprint != source.fingerprint:
            crew.source = source
            for worker in list(crew.idle):  # busy ones are retired when they come back
                self._stop(worker)
        return crew

    def _serve(self, crew: _Crew) -> None:
        """Give waiting calls to idle workers, most recently used first, and start workers for the others."""
        while crew.waiting and crew.idle:
            worker = crew.idle.pop()
            worker.cancel_timer()
            call = crew.waiting.popleft()
            worker.assign(call)
            worker.timer = asyncio.get_running_loop().call_later(call.timeout_s, self._time_out, worker, call)
        while crew.coming < len(crew.waiting) and self._make_room(crew):
            worker = Worker(crew.source, self, self._logs)
            crew.workers.add(worker)
            launch = asyncio.create_task(self._launch(worker))
            self._launches.add(launch)
            launch.add_done_callback(self._launches.discard)

    def _make_room(self, crew: _Crew) -> bool:
        """Whether one more worker of this function may start; an idle one of another function gives way."""
        workers_max = crew.source.traits.concurrency or self._limits.function_workers_max
        if self._closed or len(crew.workers) >= workers_max:
            return False
        if sum(len(other.workers) for other in self._crews.values()) < self._limits.workers_max:
            return True
        for other in self._crews.values():
            if other is not crew and other.idle:
                self._stop(other.idle[0])
                return True
        return False

    def _serve_all(self) -> None:
        """Room was made: functions without a worker come first, then the call that has waited longest."""
        lines = [crew for crew in self._crews.values() if crew.waiting]
        for crew in sorted(lines, key=lambda crew: (bool(crew.workers), crew.waiting[0].sequence)):
            self._serve(crew)

    def _must_share(self, crew: _Crew) -> bool:
        """Whether this crew should give a worker up for a function that has none.

        It does if it has several, or if the other's call has waited longer than its own next one.
        """
        waiting = [other.waiting[0].sequence for other in self._crews.values() if other.waiting and not other.workers]
        if not waiting:
            return False
        own = crew.waiting[0].sequence if crew.waiting else sys.maxsize
        return len(crew.workers) > 1 or min(waiting) < own

    # --- workers tell -----------------------------------------------------------------------------------------------

    def worker_ready(self, worker: Worker) -> None:
        """A worker can take a call: the next in line, or it stays warm."""
        crew = self._crews[worker.source.name]
        if worker.source.fingerprint != crew.source.fingerprint or self._must_share(crew):
            self._stop(worker)
            self._serve_all()
            return
        crew.idle.append(worker)
        self._serve(crew)
        if worker.stage is Stage.IDLE:
            worker.timer = asyncio.get_running_loop().call_later(self._limits.idle_s, self._retire, worker)

    def worker_answered(self, worker: Worker) -> None:
        """A worker is about to come back: a caller that is quicker than it waits for it instead of starting another."""
        worker.timer = asyncio.get_running_loop().call_later(self._limits.return_s, self._be_late, worker)

    def worker_failed_to_start(self, worker: Worker, error: bytes) -> None:
        """Loading the module failed: the call that has waited longest hears of it."""
        crew = self._dismiss(worker)
        if crew.waiting:
            call = crew.waiting.popleft()
            call.resolve(invocation.failed(invocation.with_request_id(error, call.request_id)))
        worker.stage = Stage.GONE  # it ends by itself once it has printed its error
        worker.cancel_timer()
        self._ending.add(worker)
        worker.timer = asyncio.get_running_loop().call_later(1.0, self._end_late, worker)
        self._serve_all()

    def worker_gone(self, worker: Worker, stage: Stage, code: int | None) -> None:
        """A process ended by itself."""
        crew = self._dismiss(worker)
        if stage is Stage.STARTING and crew.waiting:
            call = crew.waiting.popleft()
            call.resolve(invocation.exited(call.request_id, code))
        self._serve_all()

    # --- time -------------------------------------------------------------------------------------------------------

    def _time_out(self, worker: Worker, call: FunctionCall) -> None:
        if worker.call is call:
            worker.call = None
            self._stop(worker)
            call.resolve(invocation.timed_out(call.request_id, call.timeout_s))
            self._serve_all()

    def _be_late(self, worker: Worker) -> None:
        """It did not come back: nobody counts on it any longer."""
        worker.timer = None
        worker.stage = Stage.BUSY
        self._serve(self._crews[worker.source.name])

    def _start_time_out(self, worker: Worker) -> None:
        if worker.stage is not Stage.STARTING:
            return
        crew = self._crews[worker.source.name]
        self._stop(worker)
        if crew.waiting:
            call = crew.waiting.popleft()
            call.resolve(invocation.timed_out(call.request_id, self._limits.start_timeout_s))
        self._serve_all()

    def _retire(self, worker: Worker) -> None:
        self._stop(worker)
        self._serve_all()

    def _end_late(self, worker: Worker) -> None:
        worker.timer = None
        worker.kill()

    # --- processes --------------------------------------------------------------------------------------------------

    async def _launch(self, worker: Worker) -> None:
        address = self._api.admit(worker)
        worker.timer = asyncio.get_running_loop().call_later(self._limits.start_timeout_s, self._start_time_out, worker)
        try:
            await worker.start(address, self._launcher.launch(worker.source))
        except OSError as error:
            worker.stop()
            worker.ended.set()
            crew = self._dismiss(worker)
            if crew.waiting:
                call = crew.waiting.popleft()
                call.resolve(invocation.not_started(call.request_id, str(error)))
            self._serve_all()

    def _stop(self, worker: Worker) -> None:
        self._dismiss(worker)
        self._ending.add(worker)
        worker.stop()

    def _dismiss(self, worker: Worker) -> _Crew:
        crew = self._crews[worker.source.name]
        crew.workers.discard(worker)
        if worker in crew.idle:
            crew.idle.remove(worker)
        self._api.dismiss(worker.address)
        self._ending = {ending for ending in self._ending if not ending.ended.is_set()}
        return crew
