"""JSON files: the items are the elements of an array, or the members of an object, at the root or at a pointer.

The file is never held whole: the window moves over it, and only the path to the pointer's target (16 MB, AWS) is
looked at twice.
"""

import asyncio
import re
from collections.abc import AsyncGenerator
from typing import Final

from stepwell.integrations.items.content import Content
from stepwell.integrations.items.item import Block, ItemReaderFailed, Progress
from stepwell.integrations.items.json_scan import (
    NOT_ITERABLE,
    Unfinished,
    after_space,
    key_at,
    next_at,
    scan_elements,
    value_at,
)
from stepwell.integrations.items.reader_config import ReaderConfig
from stepwell.integrations.items.source import CHUNK_BYTES
from stepwell.integrations.items.text_window import TextWindow, check_size
from stepwell.limits import Limits

_SCALARS: Final = '"-0123456789tfn'
_INDEX: Final = re.compile(r"0|[1-9][0-9]{0,9}")


async def read_json(content: Content, source: str, config: ReaderConfig, limits: Limits) -> AsyncGenerator[Block, None]:
    """Items of a JSON file from where its content starts. Raises `ItemReaderFailed` and `ObjectError`.

    A target that is no array and no object: "Attempting to map over non-iterable node." (recorded).
    """
    shape, closed = content.start.shape, False
    if shape:
        window = TextWindow(content, limits.item_bytes_max)
    else:
        window, shape = await _find_target(content, config.items_pointer, limits)
        closed = await _closes_at_once(window, shape)

    def check(text: str, start: int, end: int) -> None:
        check_size(text, start, end, limits.item_bytes_max, window.offset)

    progress = Progress(content.start._replace(shape=shape), source)
    while not closed:
        values, end, closed, broken = scan_elements(window.text, shape, CHUNK_BYTES, check)
        if values:
            yield progress.block(window.offset, values)
            window.drop(end)
            await asyncio.sleep(0)
        if broken is not None and not values:
            _judge(broken, window)
        if broken is not None and not window.ended:
            await window.more()
    if not config.items_pointer:
        await _expect_end(window)


async def _closes_at_once(window: TextWindow, shape: str) -> bool:
    """Whether there is no element; the window moves to the first one, or behind the closing bracket."""
    while True:
        window.drop(after_space(window.text, 0))
        if window.text:
            closes = window.text[0] == ("]" if shape == "[" else "}")
            window.drop(1 if closes else 0)
            return closes
        if window.ended:
            raise _not_json("Expecting value", window.offset)
        await window.more()


async def _expect_end(window: TextWindow) -> None:
    """Behind the root there is white space only."""
    while True:
        if window.text.strip(" \t\r\n"):
            raise _not_json("Extra data", window.offset)
        window.drop(len(window.text))
        if window.ended:
            return
        await window.more()


async def _find_target(content: Content, pointer: str, limits: Limits) -> tuple[TextWindow, str]:
    """A window that begins behind the bracket of the pointer's target, and that bracket."""
    walk, most = _Walk(_tokens(pointer, limits)), limits.items_pointer_bytes_max
    window = TextWindow(content, most)
    while True:
        try:
            at = walk.go_on(window.text)
            break
        except Unfinished as unfinished:
            _judge(unfinished, window)
        if window.offset + len(window.text) > most:
            raise _too_far(most)
        window.drop(walk.drop_used())
        await window.more()
    shape = window.text[at]
    if shape not in "[{":
        raise ItemReaderFailed(NOT_ITERABLE) if shape in _SCALARS else _not_json("Expecting value", window.offset)
    window.drop(at + 1)
    if window.offset > most:
        raise _too_far(most)
    window.item_bytes_max = limits.item_bytes_max
    return window, shape


def _too_far(bytes_max: int) -> ItemReaderFailed:
    """The failure for a target that AWS would not look for (the text is ours)."""
    return ItemReaderFailed(f"The items do not begin in the first {bytes_max} bytes of the object.")


class _Walk:
    """The way to a pointer's target, which can be interrupted wherever the window ends."""

    def __init__(self, tokens: list[str]) -> None:
        self._tokens = tokens
        self._at = 0  # everything before is used up
        self._inside = ""  # the bracket of the container being searched
        self._index = 0

    def drop_used(self) -> int:
        """How many characters are no longer needed; positions count from behind them."""
        used, self._at = self._at, 0
        return used

    def go_on(self, text: str) -> int:
        """The position of the target. Raises `Unfinished`, keeping what was found, and `ItemReaderFailed`."""
        while self._tokens:
            if not self._inside:
                self._enter(text)
            self._search(text)
        at = after_space(text, self._at)
        if at == len(text):
            raise Unfinished("Expecting value")
        return at

    def _enter(self, text: str) -> None:
        at = after_space(text, self._at)
        if at == len(text):
            raise Unfinished("Expecting value")
        if text[at] not in "[{":
            raise self._nowhere()
        first = after_space(text, at + 1)
        if first == len(text):
            raise Unfinished("Expecting value")
        if text[first] in "]}":
            raise self._nowhere()
        self._at, self._inside, self._index = first, text[at], 0

    def _search(self, text: str) -> None:
        """Skip values until the one that the next token names starts at the position."""
        token = self._tokens[0]
        while True:
            self._at = value_starts = after_space(text, self._at)
            key = str(self._index)
            if self._inside == "{":
                key, value_starts = key_at(text, self._at)
            elif not _INDEX.fullmatch(token):
                raise self._nowhere()
            if key == token:
                self._at, self._inside = value_starts, ""
                del self._tokens[0]
                return
            _, end = value_at(text, value_starts)
            another, at = next_at(text, end, self._inside)
            if not another:
                raise self._nowhere()
            self._at = at
            self._index += 1

    def _nowhere(self) -> ItemReaderFailed:
        return ItemReaderFailed(f"The ItemsPointer finds nothing in the object: it has no '{self._tokens[0]}'.")


def _tokens(pointer: str, limits: Limits) -> list[str]:
    """The reference tokens of a JSON pointer (RFC 6901)."""
    if len(pointer) >= limits.items_pointer_characters_max or (pointer and not pointer.startswith("/")):
        raise ItemReaderFailed(f"The ItemsPointer '{pointer[:100]}' is not a JSON pointer.")
    if re.search("~(?![01])", pointer):
        raise ItemReaderFailed(f"The ItemsPointer '{pointer[:100]}' is not a JSON pointer.")
    return [token.replace("~1", "/").replace("~0", "~") for token in pointer.split("/")[1:]]


def _judge(unfinished: Unfinished, window: TextWindow) -> None:
    """Whether it is worth reading on. Raises `ItemReaderFailed` if not."""
    if unfinished.certain or window.ended:
        raise _not_json(unfinished.why, window.offset)


def _not_json(why: str, offset: int) -> ItemReaderFailed:
    """The failure for text that is not JSON (the text is ours)."""
    return ItemReaderFailed(f"The object is not valid JSON after byte {offset}: {why}")
