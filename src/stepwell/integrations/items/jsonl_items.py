"""JSON Lines: each line that is not blank is an item."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

from stepwell.integrations.items.content import Content
from stepwell.integrations.items.item import Block, ItemReaderFailed, Progress
from stepwell.integrations.items.text_window import TextWindow, check_size, whole_lines
from stepwell.limits import Limits
from stepwell.payload import parse_json


async def read_jsonl(content: Content, source: str, limits: Limits) -> AsyncGenerator[Block, None]:
    """Items of a JSON Lines file from where its content starts. Raises `ItemReaderFailed` and `ObjectError`."""
    progress = Progress(content.start, source)
    window = TextWindow(content, limits.item_bytes_max)
    while not window.ended or window.text:
        end = whole_lines(window)
        if not end:
            await window.more()
            continue
        lines = window.text[:end].split("\n")
        yield progress.block(window.offset, [_parse(line, window.offset, limits) for line in lines if line.strip()])
        window.drop(end)
        await asyncio.sleep(0)


def _parse(line: str, offset: int, limits: Limits) -> Any:
    check_size(line, 0, len(line), limits.item_bytes_max, offset)
    try:
        return parse_json(line)
    except ValueError as error:
        raise ItemReaderFailed(f"The object is not valid JSON Lines after byte {offset}: {error}") from None
