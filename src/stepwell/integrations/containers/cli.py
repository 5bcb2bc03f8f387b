"""Containers of Docker or Podman, through their command lines, which agree in all that is needed here.

A container's name follows from its run, so that a run is found again after a restart and never started twice. Ends are
seen by asking about all open runs together, a command for fifty, twice a second. What has ended stays for a minute, so
that it can be asked about until its end is on the disk, and is removed then.
"""

import asyncio
import json
import logging
import re
import subprocess
from collections import deque
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from stepwell.integrations.containers.runner import GRACE_S, Exit, Run

_log = logging.getLogger(__name__)
_LABEL: Final = "stepwell"
_POLL_S: Final = 0.5
_ASKED_TOGETHER: Final = 50
_COMMANDS_TOGETHER: Final = 8
_KEEP_S: Final = 60.0
_STATE: Final = "{{.Name}} {{json .State}}"
_TAKEN: Final = re.compile(r"already in use", re.IGNORECASE)
_UNKNOWN: Final = re.compile(r"no such", re.IGNORECASE)
_FRACTION: Final = re.compile(r"(\.\d{6})\d+")


class ContainerCli:
    """Runs containers by `docker` or `podman` (it is a `Runner`)."""

    recognises = True

    def __init__(self, program: str, *, outlives: bool, poll_s: float = _POLL_S, grace_s: float = GRACE_S) -> None:
        """`outlives`: whether a later server will know of the executions, so that their containers may go on."""
        self._program = program
        self._outlives = outlives
        self._poll_s = poll_s
        self._grace_s = grace_s
        self._commands = asyncio.Semaphore(_COMMANDS_TOGETHER)
        self._waiting: dict[str, asyncio.Future[Exit | None]] = {}
        self._failed: dict[str, Exit] = {}
        self._kept: deque[tuple[float, str]] = deque()
        self._polling: asyncio.Task[None] | None = None

    async def start(self, run: Run) -> None:
        """As in `Runner`."""
        container = run.container
        environment = [f"--env={name}={value}" for name, value in container.environment.items()]
        options = ["--detach", "--name", _name(run.id), "--label", _LABEL, *environment]
        code, _, said = await self._command("run", *options, container.image, *container.command)
        if code and _TAKEN.search(said):
            await self._start_created(run.id)
        elif code:
            _log.warning("%s could not run %s: %s", self._program, container.image, said)
            self._failed[run.id] = Exit(None, f"CannotStartContainerError: {said}")

    async def ended(self, run_id: str) -> Exit | None:
        """As in `Runner`."""
        failed = self._failed.pop(run_id, None)
        if failed is not None:
            return failed
        waiting = self._waiting.get(run_id)
        if waiting is None:
            waiting = self._waiting[run_id] = asyncio.get_running_loop().create_future()
        if self._polling is None or self._polling.done():
            self._polling = asyncio.create_task(self._poll())
        return await asyncio.shield(waiting)

    async def stop(self, run_id: str) -> None:
        """As in `Runner`."""
        await self._command("stop", "-t", f"{self._grace_s:.0f}", _name(run_id))

    async def close(self) -> None:
        """As in `Runner`. Containers go on where a later server will ask for them."""
        if self._polling is not None:
            self._polling.cancel()
            await asyncio.wait([self._polling])
        if not self._outlives and self._waiting:
            await asyncio.gather(*(self._command("rm", "--force", _name(run_id)) for run_id in self._waiting))
        for waiting in self._waiting.values():
            waiting.cancel()

    async def _start_created(self, run_id: str) -> None:
        """The command line died between making the container and starting it, perhaps. One that ran is left alone."""
        state = (await self._states([run_id])).get(run_id)
        if state is not None and state.get("Status") == "created":
            await self._command("start", _name(run_id))

    # --- ends -------------------------------------------------------------------------------------------------------

    async def _poll(self) -> None:
        while self._waiting:
            open_runs = list(self._waiting)
            for first in range(0, len(open_runs), _ASKED_TOGETHER):
                states = await self._states(open_runs[first : first + _ASKED_TOGETHER])
                for run_id, state in states.items():
                    self._see(run_id, state)
            await self._remove_ended()
            await asyncio.sleep(self._poll_s)

    def _see(self, run_id: str, state: dict[str, Any] | None) -> None:
        if state is not None and state.get("Status") not in ("exited", "dead"):
            return
        waiting = self._waiting.pop(run_id)
        if not waiting.done():
            waiting.set_result(None if state is None else _exit(state))
        if state is not None:
            self._kept.append((asyncio.get_running_loop().time(), run_id))

    async def _states(self, run_ids: Iterable[str]) -> dict[str, dict[str, Any] | None]:
        """The state of each run, None for one that is not known; nothing for those that nobody could be asked about."""
        by_name = {_name(run_id): run_id for run_id in run_ids}
        _, shown, said = await self._command("inspect", "--type", "container", "--format", _STATE, *by_name)
        found: dict[str, dict[str, Any] | None] = {}
        for line in said.splitlines():
            if _UNKNOWN.search(line):
                found |= {run_id: None for name, run_id in by_name.items() if name in line}
        for line in shown.splitlines():
            name, _, state = line.partition(" ")
            run_id = by_name.get(name.lstrip("/"))
            if run_id is not None:
                found[run_id] = json.loads(state)
        return found

    async def _remove_ended(self) -> None:
        before = asyncio.get_running_loop().time() - _KEEP_S
        names = []
        while self._kept and self._kept[0][0] < before:
            names.append(_name(self._kept.popleft()[1]))
        if names:
            await self._command("rm", *names)

    async def _command(self, *arguments: str) -> tuple[int, str, str]:
        """Run the program; its exit status, what it printed, and what it complained of."""
        async with self._commands:
            try:
                child = _begin([self._program, *arguments])
            except (OSError, ValueError) as error:
                return 125, "", str(error)
            try:
                shown, said = await asyncio.to_thread(child.communicate)
            finally:
                if child.returncode is None:
                    child.kill()  # leave no command behind when its caller is cancelled; the thread sees its end
        return child.returncode or 0, shown.decode(errors="replace"), said.decode(errors="replace").strip()


def _begin(command: list[str]) -> "subprocess.Popen[bytes]":
    """Start a command, not by the event loop: uvloop's children have more open than their standard files, Podman's
    monitor of a container goes on with all of it, and the end of what was printed would come with the container's.
    """
    return subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


def _name(run_id: str) -> str:
    return f"stepwell-{run_id}"


def _exit(state: dict[str, Any]) -> Exit:
    reason = "OutOfMemoryError: Container killed due to memory usage" if state.get("OOMKilled") else ""
    started_ms, stopped_ms = _milliseconds(state.get("StartedAt")), _milliseconds(state.get("FinishedAt"))
    return Exit(state.get("ExitCode"), reason or str(state.get("Error") or ""), started_ms, stopped_ms)


def _milliseconds(text: Any) -> int | None:
    """A date as the programs print it, with nanoseconds."""
    try:
        return int(datetime.fromisoformat(_FRACTION.sub(r"\1", str(text))).timestamp() * 1000)
    except ValueError:
        return None
