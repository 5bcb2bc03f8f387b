"""CSV files: each row is an item, an object of texts.

The rules are AWS's ("CSV" in the developer guide's page on ItemReader) and recorded: missing cells are empty texts,
surplus cells are dropped, quotes are doubled, a backslash takes the next character as it is. Rows without any character
are passed over. The keys of an item stand in the order of a Java HashMap: the recorded item of a header with an empty
name shows an order that is not the file's.
"""

import asyncio
import csv
import io
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import aclosing
from itertools import chain
from operator import itemgetter
from typing import Final

from stepwell.integrations.items.content import Content, Reopen
from stepwell.integrations.items.item import Block, ItemReaderFailed, Progress
from stepwell.integrations.items.reader_config import DELIMITERS, ReaderConfig
from stepwell.integrations.items.text_window import TextWindow, check_size, whole_lines
from stepwell.limits import Limits

DUPLICATES: Final = "CSV headers cannot contain duplicates."

Row = list[str]


async def read_csv(
    content: Content, source: str, config: ReaderConfig, limits: Limits, reopen: Reopen
) -> AsyncGenerator[Block, None]:
    """Items of a CSV file from where its content starts. Raises `ItemReaderFailed` and `ObjectError`.

    Going on in a file whose first row is the header reads that row once more, by `reopen`.
    """
    if config.csv_header_location not in {"FIRST_ROW", "GIVEN"} or config.csv_delimiter not in DELIMITERS:
        raise ItemReaderFailed("A CSV object needs CSVHeaderLocation FIRST_ROW or GIVEN, and a known CSVDelimiter.")
    rows_of = _Rows(config, limits)
    window = TextWindow(content, limits.item_bytes_max)
    if config.csv_header_location != "FIRST_ROW":
        headers: Sequence[str] = config.csv_headers
    elif content.start.offset:
        headers = await _first_row(content, rows_of, limits, reopen)
    else:
        headers = await rows_of.header(window)
    to_item = _item_maker(headers, limits)
    progress = Progress(content.start, source)
    async with aclosing(rows_of.runs(window)) as runs:
        async for offset, rows in runs:
            yield progress.block(offset, [to_item(row) for row in rows])
            await asyncio.sleep(0)


async def _first_row(content: Content, rows_of: "_Rows", limits: Limits, reopen: Reopen) -> Sequence[str]:
    again = await reopen(content.start._replace(offset=0))
    try:
        return await rows_of.header(TextWindow(again, limits.item_bytes_max))
    finally:
        await again.close()


class _Rows:
    """Rows of a window. A row may have many lines, so it is known to be whole only when its last line is there."""

    def __init__(self, config: ReaderConfig, limits: Limits) -> None:
        self._delimiter = DELIMITERS[config.csv_delimiter]
        self._item_bytes_max = limits.item_bytes_max
        # The module's own bound is 128 KiB for one cell, and can be set for the process only; ours is checked here.
        csv.field_size_limit(max(csv.field_size_limit(), 2 * limits.item_bytes_max))

    async def header(self, window: TextWindow) -> Row:
        """The first row, which is used up. Raises `ItemReaderFailed`, also for an object without any row."""
        async with aclosing(self.runs(window, rows_max=1)) as runs:
            async for _, rows in runs:
                if rows:
                    return rows[0]
        raise ItemReaderFailed("The CSV object has no header row.")

    async def runs(self, window: TextWindow, rows_max: int = 0) -> AsyncGenerator[tuple[int, list[Row]], None]:
        """Runs of whole rows, and the offset of each; `rows_max` 0 is as many as are there. Uses the window up."""
        least = 0
        while not window.ended or window.text:
            end = whole_lines(window, least)
            rows, used = self._parse(window, end, rows_max)
            if used:
                offset, least = window.offset, 0
                window.drop(used)
                yield offset, rows
            elif end and end < len(window.text):  # a row that goes on behind these lines
                least = min(2 * end, len(window.text) - 1)
            else:
                await window.more()

    def _parse(self, window: TextWindow, end: int, rows_max: int) -> tuple[list[Row], int]:
        """The whole rows of the window's first lines, and how many characters they take."""
        lines = io.StringIO(window.text[:end], newline="")
        over = window.ended and end == len(window.text)
        source: Iterator[str] = lines if over else chain(lines, _starving())
        reader = csv.reader(source, delimiter=self._delimiter, escapechar="\\")
        rows: list[Row] = []
        whole = 0
        try:
            for row in reader:
                whole = lines.tell()
                if row:
                    rows.append(row)
                    if len(rows) == rows_max:
                        break
        except _Starved:
            pass
        except csv.Error as error:
            raise ItemReaderFailed(f"The object is not valid CSV after byte {window.offset}: {error}") from None
        if end * 4 > self._item_bytes_max:
            for row in rows:
                text = "".join(row)
                check_size(text, 0, len(text), self._item_bytes_max, window.offset)
        return rows, whole


class _Starved(Exception):
    """The reader asked for a line that has not come yet."""


def _starving() -> Iterator[str]:
    raise _Starved
    yield ""


def _item_maker(headers: Sequence[str], limits: Limits) -> Callable[[Row], dict[str, str]]:
    """What makes an item of a row. Raises `ItemReaderFailed` for duplicates (recorded) and too long a header."""
    if len(set(headers)) < len(headers):
        raise ItemReaderFailed(DUPLICATES)
    if sum(len(name.encode()) + 1 for name in headers) > limits.csv_headers_bytes_max + 1:
        raise ItemReaderFailed(f"The CSV headers are larger than {limits.csv_headers_bytes_max} bytes.")
    names = _in_hash_map_order(headers)
    count, padding = len(names), [""] * len(names)
    places = [headers.index(name) for name in names]
    pick: Callable[[Row], Sequence[str]] | None = itemgetter(*places) if places != list(range(count)) else None

    def to_item(row: Row) -> dict[str, str]:
        if len(row) < count:
            row = row + padding[len(row) :]
        return dict(zip(names, pick(row) if pick else row, strict=False))

    return to_item


def _in_hash_map_order(names: Sequence[str]) -> list[str]:
    """Names as a Java HashMap of them iterates: 16 buckets, doubled beyond three quarters."""
    size = 16
    while len(names) > 0.75 * size:
        size *= 2
    return sorted(names, key=lambda name: _hash(name) & (size - 1))


def _hash(name: str) -> int:
    code = 0
    units = name.encode("utf-16-be", "surrogatepass")
    for high, low in zip(units[::2], units[1::2], strict=True):
        code = (31 * code + (high << 8 | low)) & 0xFFFFFFFF
    return code ^ code >> 16
