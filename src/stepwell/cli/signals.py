"""How SIGINT and SIGTERM end a command: in good order, or at once when they come again."""

import asyncio
import os
import signal

import click

from stepwell.cli.terminal import INTERRUPTED


def end_by_signals(asked: asyncio.Event, said: str | None = None) -> None:
    """The first signal sets `asked`, and `said` is shown; the second one ends the process.

    That loses nothing: whatever was acknowledged is on the disk.
    """

    def ask() -> None:
        if asked.is_set():
            os._exit(INTERRUPTED)
        asked.set()
        if said is not None:
            click.echo(said, err=True)

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ask)
