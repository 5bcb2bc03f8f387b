"""Items and how to find the way back to them.

A checkpoint says where the item after it begins. Readers work block by block (about 128 KiB of a file at a time), so a
checkpoint is the start of a block and a count of items behind it: going on re-reads less than one block.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec
from msgspec import Struct


class ItemReaderFailed(Exception):
    """The run fails with `States.ItemReaderFailed` and this cause."""

    def __init__(self, cause: str) -> None:
        super().__init__(cause)
        self.cause = cause


class Checkpoint(NamedTuple):
    """Where reading goes on. Small and flat: a page of a Map Run keeps it as text.

    `key` and `etag`: the object being read (of a listing: the last key delivered, no ETag). `offset`: bytes of its
    unpacked content before the block (Parquet: row groups). `row`: items of the block that are done. `delivered`: all
    items so far. `packing`: `gzip`, `zstd` or nothing. `shape`: what a JSON reader is inside of, `[` or `{`.
    `file` and `list_etag`: which file of a manifest, and the manifest's ETag.
    """

    key: str
    etag: str = ""
    offset: int = 0
    row: int = 0
    delivered: int = 0
    packing: str = ""
    shape: str = ""
    file: int = 0
    list_etag: str = ""

    @property
    def text(self) -> str:
        """The checkpoint as a short JSON array."""
        return msgspec.json.encode(self).decode()

    @classmethod
    def parse(cls, text: str) -> "Checkpoint":
        """A checkpoint from its text. Raises ValueError for anything else."""
        try:
            return msgspec.json.decode(text, type=cls)
        except msgspec.DecodeError as error:
            raise ValueError(f"no checkpoint: {error}") from None


class Item(NamedTuple):
    """One item: its JSON value, the checkpoint after it, and its `Map.Item.Source` (`S3://bucket/key`)."""

    value: Any
    checkpoint: Checkpoint
    source: str


class Block(Struct):
    """Items that were read together. `start` is the checkpoint before the first of them."""

    values: list[Any]
    start: Checkpoint
    source: str

    def items(self) -> Iterator[Item]:
        """The items one by one, each with the checkpoint after it."""
        key, etag, offset, row, delivered, packing, shape, file, list_etag = self.start
        source = self.source
        make = Checkpoint._make
        for done, value in enumerate(self.values, 1):
            after = make((key, etag, offset, row + done, delivered + done, packing, shape, file, list_etag))
            yield Item(value, after, source)

    def end(self) -> Checkpoint:
        """The checkpoint after the last item."""
        count = len(self.values)
        return self.start._replace(row=self.start.row + count, delivered=self.start.delivered + count)


class Progress:
    """Turns runs of values into blocks, leaving out those that a checkpoint says are done."""

    def __init__(self, start: Checkpoint, source: str) -> None:
        self.start = start
        self._source = source

    def block(self, offset: int, values: list[Any]) -> Block:
        """The block of values that were read from `offset` on; it is empty if all of them are done."""
        start = self.start._replace(offset=offset)
        left = values[start.row :] if start.row else values
        row = max(start.row - len(values), 0)
        self.start = start._replace(row=row, delivered=start.delivered + len(left))
        return Block(left, start, self._source)
