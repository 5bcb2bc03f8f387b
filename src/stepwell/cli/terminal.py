"""How the commands talk: exit statuses, errors that say what to do, and when there is colour.

What lives here is shared by all commands. Importing it costs nothing: rich comes in with the first console.
"""

import sys
from typing import IO, TYPE_CHECKING, Any, Final, NoReturn

import click

if TYPE_CHECKING:
    from rich.console import Console

GOOD: Final = 0
FAILED: Final = 1
WRONG_USE: Final = 2
INTERRUPTED: Final = 130

STATUSES: Final = """\b
Exit status:
  0    all went well
  1    the execution or the validation failed, or the server could not start
  2    the command was used wrongly
  130  interrupted"""


class Failed(click.ClickException):
    """Something did not work, and it is not the caller's spelling: one line, and exit status 1."""

    exit_code = FAILED


def end(status: int) -> NoReturn:
    """Leave the command with an exit status."""
    raise click.exceptions.Exit(status)


def console(*, error: bool = False) -> "Console":
    """A console on standard output or standard error.

    Colours are off when that is not a terminal, or when NO_COLOR is set; lines are never broken by us.
    """
    from rich.console import Console

    return Console(stderr=error, highlight=False, soft_wrap=True, emoji=False, markup=False)


def can_draw(stream: IO[Any] | None = None) -> bool:
    """Whether a stream takes more than ASCII."""
    encoding = getattr(stream or sys.stdout, "encoding", None) or "ascii"
    return encoding.lower().replace("-", "").startswith("utf")


def duration_text(seconds: float) -> str:
    """A duration as people say it: 12 ms, 1.25 s, 2 min 5 s, 1 h 3 min."""
    if seconds < 0.9995:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 59.995:
        return f"{seconds:.2f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min"
