"""`stepwell serve --processes N`: one server in several processes, all of them listening on one port.

Each is a node of its own: they share the database and nothing else. This process only keeps them going: it begins one
anew that has died, and passes a signal to end on to all. They end with it, however it ends: their standard input is a
pipe from here that closes.
"""

import os
import signal
import subprocess
import sys
import time
from typing import Any, Final

import click

from stepwell.settings import Settings

_RESTART_S: Final = 1.0
_LOOK_S: Final = 0.1
ONE_OF_MANY: Final = "--one-of-many"
"""The option that tells a process that it is one of several; not for people."""


def supervise(settings: Settings, port: int) -> int:
    """Run the processes until they are told to end; the exit status is the first one that is not 0."""
    processes = Processes(settings.processes, port)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda received, _: processes.end(received))
    return processes.run()


class Processes:
    """The processes, and whether they are to end."""

    def __init__(self, count: int, port: int) -> None:
        self._command = [sys.executable, "-m", "stepwell", *sys.argv[1:], ONE_OF_MANY, "--port", str(port)]
        self._running: list[subprocess.Popen[bytes]] = [self._start() for _ in range(count)]
        self._ending = False

    def _start(self) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(self._command, stdin=subprocess.PIPE, start_new_session=True)

    def end(self, number: int) -> None:
        """Pass a signal on to all."""
        self._ending = True
        for process in self._running:
            if process.poll() is None:
                process.send_signal(number)

    def run(self) -> int:
        """Until all have ended that were told to."""
        while not self._ending:
            time.sleep(_LOOK_S)
            for place, process in enumerate(self._running):
                if process.poll() is not None and not self._ending:
                    click.echo(
                        f"The process {process.pid} has ended with {process.returncode}; another begins.", err=True
                    )
                    time.sleep(_RESTART_S)
                    self._running[place] = self._start()
        statuses = [process.wait() for process in self._running]
        return next((status for status in statuses if status), os.EX_OK)


def end_with_parent(stop: Any) -> None:
    """Set `stop` when the process that began this one is gone."""
    import asyncio

    asyncio.get_running_loop().add_reader(sys.stdin.fileno(), stop.set)
