"""Containers as plain processes of this machine: an image is the command that the definitions map it to.

A process has the rights of the server's user. It never outlives the server (`keeper`), so no run is recognised after a
restart: whether it did its work is then unknown. So many run at once, the others wait.
"""

import asyncio
import logging
import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from stepwell.integrations.containers.definitions import Container
from stepwell.integrations.containers.runner import GRACE_S, Exit, Run

KEEPER: Final = Path(__file__).with_name("keeper.py")
TOGETHER_MAX: Final = 64
_ENDED_MAX: Final = 10_000
_LINE_BYTES_MAX: Final = 65_536
_LAST_LINES_S: Final = 1.0
_OWN_SETTINGS: Final = "STEPWELL_"
_output = logging.getLogger("stepwell.containers.output")
"""What processes print, a record a line."""


class _Process:
    """One run, from its waiting in line to its end."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.ended: asyncio.Future[Exit] = asyncio.get_running_loop().create_future()
        self.life: asyncio.Task[Exit] | None = None
        self.child: asyncio.subprocess.Process | None = None
        self.begun = False
        self.started = asyncio.Event()  # there is a child, or there will be none


class ProcessRunner:
    """Runs containers as processes (it is a `Runner`)."""

    recognises = False

    def __init__(
        self,
        images: Mapping[str, tuple[str, ...]],
        folder: Path,
        *,
        grace_s: float = GRACE_S,
        together_max: int = TOGETHER_MAX,
    ) -> None:
        """`images` maps an image to the command that stands for it; processes run in `folder`."""
        self._images = images
        self._folder = folder
        self._grace_s = grace_s
        self._room = asyncio.Semaphore(together_max)
        self._processes: dict[str, _Process] = {}

    async def start(self, run: Run) -> None:
        """Put it in line (the rest is in `Runner`)."""
        if run.id in self._processes:
            return
        process = self._processes[run.id] = _Process(run)
        process.life = asyncio.create_task(self._live(process))
        process.life.add_done_callback(lambda life: process.ended.set_result(_outcome(life)))
        if len(self._processes) > _ENDED_MAX:
            self._forget()

    async def ended(self, run_id: str) -> Exit | None:
        """As in `Runner`."""
        process = self._processes.get(run_id)
        return None if process is None else await asyncio.shield(process.ended)

    async def stop(self, run_id: str) -> None:
        """As in `Runner`."""
        process = self._processes.get(run_id)
        if process is None or process.ended.done():
            return
        if not process.begun:
            assert process.life is not None
            process.life.cancel()
            await asyncio.wait([process.life])
            return
        await process.started.wait()
        if process.child is None:
            return
        _terminate(process.child)
        done, _ = await asyncio.wait([process.ended], timeout=self._grace_s)
        if not done:
            _kill(process.child)
            await asyncio.shield(process.ended)

    async def close(self) -> None:
        """End everything, at once."""
        lives = [process.life for process in self._processes.values() if process.life and not process.ended.done()]
        for life in lives:
            life.cancel()
        if lives:
            await asyncio.wait(lives)

    def _forget(self) -> None:
        """Drop the oldest that has ended: nobody asked for it in ten thousand runs."""
        oldest = next((run_id for run_id, process in self._processes.items() if process.ended.done()), None)
        if oldest is not None:
            del self._processes[oldest]

    async def _live(self, process: _Process) -> Exit:
        async with self._room:
            process.begun = True
            try:
                return await self._run(process)
            finally:
                process.started.set()

    async def _run(self, process: _Process) -> Exit:
        container = process.run.container
        command = self._images.get(container.image)
        if command is None:
            return Exit(None, f"CannotPullContainerError: no command stands for the image {container.image}")
        started_ms = _now_ms()
        spawning = asyncio.ensure_future(self._spawn((*command, *container.command), container))
        try:
            child = await asyncio.shield(spawning)
        except (OSError, ValueError) as error:  # ValueError: a NUL in an argument
            return Exit(None, f"TaskFailedToStart: {error}", started_ms, _now_ms())
        except asyncio.CancelledError:
            child = await spawning
            _kill(child)
            await child.communicate()
            raise
        process.child = child
        process.started.set()
        code = await _run_out(child, process.run)
        return Exit(code if code >= 0 else 128 - code, "", started_ms, _now_ms())

    async def _spawn(self, command: tuple[str, ...], container: Container) -> asyncio.subprocess.Process:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(_OWN_SETTINGS)}
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-I", "-S", str(KEEPER), *command),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            limit=_LINE_BYTES_MAX,
            cwd=self._folder,
            env={**inherited, **container.environment},
            start_new_session=True,
        )


def _outcome(life: asyncio.Task[Exit]) -> Exit:
    """How a run ended: also one that was cancelled, even before it began."""
    if life.cancelled():
        return Exit(None, "Stopped")
    error = life.exception()
    return life.result() if error is None else Exit(None, f"{type(error).__name__}: {error}")


async def _run_out(child: asyncio.subprocess.Process, run: Run) -> int:
    """Wait for its end, logging what it prints; cancelled, end it. What still holds its output then is not heard."""
    telling = asyncio.create_task(_tell(child, run))
    try:
        return await child.wait()
    except asyncio.CancelledError:
        _kill(child)
        await child.wait()
        raise
    finally:
        _kill(child)
        await asyncio.wait([telling], timeout=_LAST_LINES_S)
        telling.cancel()


async def _tell(child: asyncio.subprocess.Process, run: Run) -> None:
    """Log what it prints. A line beyond the limit is cut into pieces."""
    assert child.stdout is not None
    while True:
        try:
            line = await child.stdout.readuntil(b"\n")
        except asyncio.IncompleteReadError as error:
            line = error.partial
        except asyncio.LimitOverrunError as error:
            line = await child.stdout.read(error.consumed)
        if not line:
            return
        _output.info("%s: %s", run.container.name, line.decode(errors="replace").rstrip())


def _terminate(child: asyncio.subprocess.Process) -> None:
    try:
        child.terminate()
    except ProcessLookupError:
        pass  # it has ended


def _kill(child: asyncio.subprocess.Process) -> None:
    """End it and all that it started: without its lifeline the keeper sees to that."""
    if child.stdin is not None:
        child.stdin.close()


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
