"""Items of data that somebody has at hand: read by the same rules as those of an object that holds the data."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any, Final

from msgspec.structs import replace

from stepwell.integrations.items.content import Content
from stepwell.integrations.items.item import Checkpoint
from stepwell.integrations.items.reader_config import FLATTEN, LIST_OBJECTS, ReaderConfig, items_wanted
from stepwell.integrations.items.reading import read_content
from stepwell.integrations.items.source import CHUNK_BYTES
from stepwell.limits import AWS, Limits

_TEXTS: Final = frozenset({"CSV", "JSON", "JSONL"})
_NOWHERE: Final = Checkpoint("")


class _Given:
    """An object whose bytes are the data."""

    etag = '"given"'

    def __init__(self, data: bytes) -> None:
        self._data = data

    @property
    def size_bytes(self) -> int:
        return len(self._data)

    async def chunks(self) -> AsyncIterator[bytes]:
        for at in range(0, len(self._data), CHUNK_BYTES):
            yield self._data[at : at + CHUNK_BYTES]

    async def close(self) -> None:
        """Nothing is held."""


async def read_given(data: bytes, config: ReaderConfig, limits: Limits = AWS) -> list[Any]:
    """The items of the data, as far as MaxItems goes.

    What is no text of its own is given as a JSON array of its items: the rows of Parquet files and of the files that a
    manifest of the inventory names, the objects that a listing would list. Raises `ItemReaderFailed`.
    """
    listed = config.resource == LIST_OBJECTS and config.transformation != FLATTEN
    if listed or config.input_type not in _TEXTS:
        config = replace(config, input_type="JSON", items_pointer="")
    wanted = items_wanted(config, limits)
    content = Content(_Given(data), _NOWHERE, limits)

    async def reopen(start: Checkpoint) -> Content:
        return Content(_Given(data), start, limits)

    items: list[Any] = []
    async with aclosing(read_content(content, "", config, limits, reopen)) as blocks:
        async for block in blocks:
            items += block.values
            if len(items) >= wanted:
                break
    return items[:wanted]
