"""Parquet files: each row is an item. pyarrow reads them, an optional dependency that is loaded here only.

A row group is fetched in one piece (256 MB at most, AWS) and decoded in a thread, a thousand rows at a time. How AWS
shows dates, decimals and bytes as JSON is not known: ISO 8601 texts, numbers and Base64 here.
"""

import asyncio
import base64
import io
import math
from collections.abc import AsyncGenerator, Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from importlib import import_module
from typing import Any, Final

from stepwell.integrations.items.content import ObjectAddress, open_same, read_range
from stepwell.integrations.items.item import Block, Checkpoint, ItemReaderFailed
from stepwell.limits import Limits

_TAIL_BYTES: Final = 65_536
_ROWS: Final = 1_000
_MAGIC: Final = b"PAR1"
_MISSING: Final = "Reading Parquet needs the package pyarrow: install stepwell[parquet]."


async def read_parquet(address: ObjectAddress, start: Checkpoint, limits: Limits) -> AsyncGenerator[Block, None]:
    """Items of a Parquet file; a checkpoint's offset counts row groups. Raises `ItemReaderFailed` and `ObjectError`."""
    try:
        parquet = await asyncio.to_thread(import_module, "pyarrow.parquet")
    except ImportError:
        raise ItemReaderFailed(_MISSING) from None
    opened = await open_same(address, start.etag, 0, 1)
    await opened.close()
    start = start._replace(etag=opened.etag)
    size = opened.size_bytes
    tail = await _tail(address, opened.etag, size, limits)
    file = await _attempt(parquet.ParquetFile, _Segments(size, size - len(tail), tail))
    for number in range(start.offset, file.metadata.num_row_groups):
        begin, end = _span(file.metadata.row_group(number))
        if not 0 <= begin <= end <= size:
            raise ItemReaderFailed("The object is not a valid Parquet file: a row group lies outside of it.")
        if end - begin > limits.parquet_row_group_bytes_max:
            raise ItemReaderFailed(f"A row group is larger than {limits.parquet_row_group_bytes_max} bytes.")
        fetched = await read_range(address, opened.etag, begin, end) if end > begin else b""
        group = await _attempt(_open_group, parquet, _Segments(size, begin, fetched), file.metadata, number)
        row, done = 0, start.row if number == start.offset else 0
        while values := await _attempt(next, group, None):
            left = values[max(done - row, 0) :]
            if left:
                at = start._replace(offset=number, row=max(row, done))
                start = start._replace(delivered=start.delivered + len(left))
                yield Block(left, at, address.source)
            row += len(values)


async def _attempt(function: Any, *given: Any) -> Any:
    """Call pyarrow in a thread; what it does not like about the file fails the run."""
    arrow = import_module("pyarrow")
    try:
        return await asyncio.to_thread(function, *given)
    except (arrow.ArrowException, OSError, ValueError, OverflowError) as error:  # or a date after the year 9999
        raise ItemReaderFailed(f"The object is not a valid Parquet file: {str(error)[:500]}") from None


async def _tail(address: ObjectAddress, etag: str, size: int, limits: Limits) -> bytes:
    """The end of the file, with the whole footer in it."""
    tail = await read_range(address, etag, max(size - _TAIL_BYTES, 0), size) if size else b""
    if len(tail) < 12 or tail[-4:] != _MAGIC:
        raise ItemReaderFailed("The object is not a valid Parquet file: it has no footer.")
    footer = int.from_bytes(tail[-8:-4], "little") + 8
    if footer > limits.parquet_footer_bytes_max or footer > size:
        raise ItemReaderFailed(f"The footer is larger than {limits.parquet_footer_bytes_max} bytes.")
    return tail if footer <= len(tail) else await read_range(address, etag, size - footer, size)


def _span(group: Any) -> tuple[int, int]:
    """From the first byte of a row group to behind its last one."""
    begin, end = [], []
    for number in range(group.num_columns):
        column = group.column(number)
        first = column.data_page_offset
        if column.has_dictionary_page and 0 < column.dictionary_page_offset < first:
            first = column.dictionary_page_offset
        begin.append(first)
        end.append(first + column.total_compressed_size)
    return min(begin, default=0), max(end, default=0)


def _open_group(parquet: Any, segments: "_Segments", metadata: Any, number: int) -> Iterator[list[dict[str, Any]]]:
    file = parquet.ParquetFile(segments, metadata=metadata)
    return map(_rows, file.iter_batches(batch_size=_ROWS, row_groups=[number], use_threads=False))


def _rows(batch: Any) -> list[dict[str, Any]]:
    names = batch.schema.names
    columns = [_values(column) for column in batch.columns]
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def _values(column: Any) -> list[Any]:
    kinds = import_module("pyarrow").types
    coarse = _in_microseconds(column.type)
    if coarse != column.type:
        column = column.cast(coarse, safe=False)
    values: list[Any] = column.to_pylist(maps_as_pydicts="lossy")
    simple = (kinds.is_integer, kinds.is_string, kinds.is_large_string, kinds.is_boolean, kinds.is_null)
    return values if any(kind(column.type) for kind in simple) else [_plain(value) for value in values]


def _in_microseconds(kind: Any) -> Any:
    """The type with times that Python has, which knows no nanoseconds."""
    arrow = import_module("pyarrow")
    kinds = arrow.types
    if kinds.is_struct(kind):
        return arrow.struct([field.with_type(_in_microseconds(field.type)) for field in kind])
    if kinds.is_map(kind):
        return arrow.map_(_in_microseconds(kind.key_type), _in_microseconds(kind.item_type))
    if kinds.is_list(kind):
        return arrow.list_(kind.value_field.with_type(_in_microseconds(kind.value_type)))
    if getattr(kind, "unit", None) != "ns":
        return kind
    if kinds.is_timestamp(kind):
        return arrow.timestamp("us", kind.tz)
    return arrow.duration("us") if kinds.is_duration(kind) else arrow.time64("us")


def _plain(value: Any) -> Any:
    """A value of Parquet as JSON has it."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {str(_plain(name)): _plain(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_plain(member) for member in value]
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, date | time):
        return value.isoformat()
    return value.total_seconds() if isinstance(value, timedelta) else value


class _Segments(io.RawIOBase):
    """A file of which one part is there. pyarrow is told what to read, and reads nothing else."""

    def __init__(self, size: int, start: int, part: bytes) -> None:
        super().__init__()
        self._size = size
        self._start = start
        self._part = memoryview(part)
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        self._at = offset + (0, self._at, self._size)[whence]
        return self._at

    def readinto(self, buffer: Any, /) -> int:
        begin = self._at - self._start
        if begin < 0 or (begin > len(self._part)):
            raise OSError("a byte outside of its row group was asked for")
        part = self._part[begin : begin + len(buffer)]
        buffer[: len(part)] = part
        self._at += len(part)
        return len(part)
