"""Files that want to hurt: they fail with a cause, or are read, in bounded time and memory, the loop staying free."""

import asyncio
import gc
import time
import tracemalloc

import pytest

from stepwell.integrations.items import read_items
from tests.integrations.items.reads import BUCKET, CSV, JSON, JSONL, cause, store, values

MB = 1_000_000
HOSTILE = {
    "a line of 10 MB": (JSONL, b'"' + b"x" * 10 * MB + b'"\n', "An item at byte 0 or after it is larger than 8388608"),
    "a cell of 10 MB": (CSV, b"a\n" + b"x" * 10 * MB, "An item at byte 2 or after it is larger than 8388608"),
    "an open quote": (
        CSV,
        b'a\n"' + b"a line of text\n" * 700_000,
        "An item at byte 2 or after it is larger than 8388608",
    ),
    "a header of 10 MB": (CSV, b"x" * 10 * MB, "An item at byte 0 or after it is larger than 8388608"),
    "a text of 10 MB": (JSON, b'["' + b"x" * 10 * MB + b'"]', "An item at byte 1 or after it is larger than 8388608"),
    "an open text": (JSON, b'["' + b"x" * 10 * MB, "An item at byte 1 or after it is larger than 8388608"),
    "a key of 10 MB": (JSON, b'{"' + b"x" * 10 * MB, "An item at byte 1 or after it is larger than 8388608"),
    "a number of 10 MB": (JSON, b"[" + b"1" * 10 * MB + b"]", "The object is not valid JSON after byte 1: "),
    "no UTF-8": (JSON, b'["\xff"]', "The object is not valid UTF-8: invalid start byte."),
    "no UTF-8 in lines": (JSONL, b"1\n2\n\xc3\x28\n", "The object is not valid UTF-8: invalid continuation byte."),
    "no UTF-8 in cells": (CSV, b"a\n\xe9\n", "The object is not valid UTF-8: "),
    "UTF-16": (JSON, "[1]".encode("utf-16"), "The object is not valid UTF-8: invalid start byte."),
    "half a character": (JSONL, b'"\xc3', "The object is not valid UTF-8: unexpected end of data."),
    "an encoded surrogate": (JSONL, b'"\xed\xa0\x80"', "The object is not valid UTF-8: "),
    "deep arrays": (JSON, b"[" * MB + b"]" * MB, "The object is not valid JSON after byte 1: Document nesting"),
    "deep objects": (JSON, b'{"a":' * MB, "The object is not valid JSON after byte 1: Document nesting"),
    "deep lines": (
        JSONL,
        b"[" * 1_000 + b"]" * 1_000,
        "The object is not valid JSON Lines after byte 0: Document nesting",
    ),
    "just too deep": (
        JSON,
        b"[" + b"[" * 513 + b"]" * 513 + b"]",
        "The object is not valid JSON after byte 1: Document",
    ),
    "an early error in a long file": (
        JSON,
        b"[1 2," + b"3," * 10 * MB,
        "The object is not valid JSON after byte 1: Exp",
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
async def test_hostile(tmp_path, name):
    config, body, expected = HOSTILE[name]
    buckets = store(tmp_path, key=body)
    tracemalloc.start()
    try:
        assert (await cause(buckets, config)).startswith(expected)
        assert tracemalloc.get_traced_memory()[1] < 160 * MB  # an item of 8 MB, and what parsing it takes
    finally:
        tracemalloc.stop()


async def test_as_deep_as_payloads_may_be(tmp_path):
    body = b"[" + b"[" * 512 + b"]" * 512 + b"]"
    assert len(await values(store(tmp_path, key=body), JSON)) == 1


async def test_nul_bytes_are_text(tmp_path):
    assert await values(store(tmp_path, key=b"a,b\nx\0y,z\n"), CSV) == [{"a": "x\0y", "b": "z"}]


async def test_many_blank_lines(tmp_path):
    assert await values(store(tmp_path, key=b"\n" * 3 * MB), JSONL) == []
    assert await values(
        store(tmp_path, key=b" " * 3 * MB + b"[" + b" " * 3 * MB + b"1" + b"\n" * 3 * MB + b"]"), JSON
    ) == [1]


LARGE = {
    "lines": (JSONL, b'{"a":[1,2,{"b":"c"}],"d":"e"}\n' * 100_000),
    "elements": (JSON, b"[" + b'{"a":[1,2,{"b":"c"}],"d":"e"},\n' * 100_000 + b"1]"),
    "rows": (CSV, b"a,b,c\n" + b'1,"two, three",4\n' * 200_000),
}


@pytest.mark.parametrize("name", LARGE)
async def test_the_loop_stays_free(tmp_path, name):
    """Processor time between two turns of the loop: what else runs here, and the collector's walks over what other
    tests left, are not looked at.
    """
    config, body = LARGE[name]
    buckets = store(tmp_path, key=body)
    longest = 0.0
    gc.collect()
    gc.freeze()

    async def watch():
        nonlocal longest
        while True:
            before = time.thread_time()
            await asyncio.sleep(0)
            longest = max(longest, time.thread_time() - before)

    watching = asyncio.create_task(watch())
    await asyncio.sleep(0)
    count = 0
    async for _ in read_items(config, {"Bucket": BUCKET, "Key": "key"}, buckets):  # not kept: no long collections
        count += 1
    watching.cancel()
    gc.unfreeze()
    assert count >= 100_000
    assert longest < 0.06  # usually 0.01; slow machines run tests too
