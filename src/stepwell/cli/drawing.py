"""Draws the notes of a running execution as lines that stay, below each other, and a last line that changes."""

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, Self

from stepwell.cli.progress import Kind, Note, Progress
from stepwell.cli.terminal import can_draw

if TYPE_CHECKING:
    from rich.console import Console
    from rich.status import Status

_NAME_WIDTH: Final = 26
_WAITING_MAX: Final = 5
_STYLES: Final = {
    Kind.ENTERED: "cyan",
    Kind.EXITED: "green",
    Kind.PASSED: "green",
    Kind.FAILED: "red",
    Kind.RETRIED: "yellow",
    Kind.CAUGHT: "yellow",
    Kind.STOPPED: "magenta",
    Kind.OTHER: "blue",
}
_SIGNS: Final = {
    Kind.ENTERED: "▶",
    Kind.EXITED: "✔",
    Kind.PASSED: "✔",
    Kind.FAILED: "✘",
    Kind.RETRIED: "↻",
    Kind.CAUGHT: "↪",
    Kind.STOPPED: "■",
    Kind.OTHER: "·",
}
_PLAIN_SIGNS: Final = {
    Kind.ENTERED: ">",
    Kind.EXITED: "+",
    Kind.PASSED: "+",
    Kind.FAILED: "x",
    Kind.RETRIED: "~",
    Kind.CAUGHT: "^",
    Kind.STOPPED: "=",
    Kind.OTHER: ".",
}


class Drawing:
    """The lines of one execution on one console.

    Within `with`, a terminal has a last line that says what is waited for. `comments` are shown where a state begins,
    by its name.
    """

    def __init__(self, console: "Console", comments: Mapping[str, str] | None = None) -> None:
        self._console = console
        self._comments = comments or {}
        fancy = can_draw(console.file)
        self._signs = _SIGNS if fancy else _PLAIN_SIGNS
        self._bar = "│" if fancy else "|"
        self._status: Status | None = None
        if console.is_terminal:
            self._status = console.status("", spinner="dots" if fancy else "line")

    def __enter__(self) -> Self:
        if self._status is not None:
            self._status.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._status is not None:
            self._status.stop()

    def show(self, progress: Progress, notes: list[Note]) -> None:
        """Draw further notes. How the execution ended is no line here: that is for whoever shows its outcome."""
        if self._status is not None and notes:
            self._status.update(_waiting_text(progress.waiting()))
        for note in notes:
            if note.kind is not Kind.ENDED:
                self._console.print(self._line(note))

    def _line(self, note: Note) -> Any:
        from rich.text import Text

        style = _STYLES[note.kind]
        line = Text()
        line.append(f"{note.at_s:8.2f} s  ", "dim")
        for label in note.path:
            line.append(f"{self._bar} {label:<2}", "dim")
        line.append(f"{self._signs[note.kind]} ", f"bold {style}")
        width = max(_NAME_WIDTH - 4 * len(note.path), 1)
        line.append(f"{note.state:<{width}}  ", "bold" if note.kind is Kind.ENTERED else "")
        line.append(self._text_of(note), style if note.kind in (Kind.FAILED, Kind.RETRIED, Kind.CAUGHT) else "dim")
        line.rstrip()
        return line

    def _text_of(self, note: Note) -> str:
        match note.kind:
            case Kind.ENTERED:
                about = self._comments.get(note.state, note.state_type)
                return f"{about}: {note.text}" if note.text else about
            case Kind.PASSED:
                return self._comments.get(note.state, note.state_type)
            case Kind.CAUGHT:
                return f"caught {note.text}".rstrip()
            case Kind.STOPPED:
                return f"stopped: {note.text}"
        return note.text


def _waiting_text(names: list[str]) -> str:
    """The last line: what is waited for."""
    counts = Counter(names)
    texts = [name if count == 1 else f"{name} (x{count})" for name, count in counts.items()]
    more = len(texts) - _WAITING_MAX
    return ", ".join(texts[:_WAITING_MAX]) + (f" and {more} more" if more > 0 else "")
