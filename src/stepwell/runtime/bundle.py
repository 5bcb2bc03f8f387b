"""What goes over a line in one turn of the event loop goes in one frame.

A frame is a format byte and a MessagePack list. It is not compressed: requests that are long have been already.
"""

import asyncio
from collections.abc import Iterable, Sequence
from typing import Any, Final

import msgspec

from stepwell.runtime.carrier import Line

_FORMAT: Final = b"\x01"
_ENTRIES_MAX: Final = 256
_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder(list[tuple[Any, ...]]).decode

Entry = tuple[Any, ...]


class Bundle:
    """Entries on their way to a line, which is its maker's to ask and to close."""

    def __init__(self, line: Line) -> None:
        self.line = line
        self._entries: list[Entry] = []

    def add(self, entry: Entry) -> None:
        """Send this with whatever else comes up now."""
        if not self._entries:
            asyncio.get_running_loop().call_soon(self._send)
        self._entries.append(entry)

    def _send(self) -> None:
        entries, self._entries = self._entries, []
        for start in range(0, len(entries), _ENTRIES_MAX):
            self.line.send(write_frame(entries[start : start + _ENTRIES_MAX]))


def write_frame(entries: Sequence[Entry]) -> bytes:
    """Entries as they go over a line."""
    return _FORMAT + _encode(entries)


def read_frame(frame: bytes) -> Iterable[Entry]:
    """The other way; nothing of a newer release's format, whose sender then goes by the post."""
    return _decode(frame[1:]) if frame[:1] == _FORMAT else ()
