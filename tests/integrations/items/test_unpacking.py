"""Packed content: recognised by its bytes, unpacked in bounded steps, resumable, and refused when it is wrong."""

import gzip
import json
import tracemalloc
from dataclasses import replace

import pytest
import zstandard

from stepwell.integrations.items import ItemReaderFailed
from stepwell.integrations.items.unpacking import packing_of, unpacker
from stepwell.limits import Limits
from tests.integrations.items.reads import JSON, JSONL, cause, check_resume, store, values

TEXT = "\n".join(json.dumps({"n": n, "text": "é" * (n % 20)}) for n in range(200)).encode()
PACKED = {
    "gzip": gzip.compress(TEXT),
    "two gzip members": gzip.compress(TEXT[:500]) + gzip.compress(TEXT[500:]),
    "padded gzip": gzip.compress(TEXT) + b"\0" * 100,
    "zstd": zstandard.compress(TEXT),
    "two zstd frames": zstandard.compress(TEXT[:500]) + zstandard.compress(TEXT[500:]),
}


@pytest.mark.parametrize("name", PACKED)
async def test_items_and_resume(tmp_path, small_chunks, name):
    expected = [json.loads(line) for line in TEXT.splitlines()]
    assert await values(store(tmp_path, key=PACKED[name]), JSONL) == expected


@pytest.mark.parametrize("name", ["gzip", "zstd"])
async def test_resume(tmp_path, small_chunks, name):
    assert len(await check_resume(store(tmp_path, key=PACKED[name]), JSONL)) == 200


@pytest.mark.parametrize("name", ["gzip", "zstd"])
@pytest.mark.parametrize("step", [1, 7, 64, 100_000])
def test_every_step(name, step):
    packed = PACKED[name]
    stream = unpacker(packing_of(packed))
    chunks = [packed[at : at + step] for at in range(0, len(packed), step)]
    assert b"".join(piece for chunk in chunks for piece in stream.feed(chunk)) == TEXT
    stream.finish()


@pytest.mark.parametrize("name", ["gzip", "zstd"])
async def test_broken_off(tmp_path, name):
    found = await cause(store(tmp_path, key=PACKED[name][:-10]), JSONL)
    assert found == f"The object is not valid {name}: it ends before its data does"


@pytest.mark.parametrize("name", ["gzip", "zstd"])
async def test_wrong(tmp_path, name):
    body = PACKED[name][:12] + b"\xff" * 50 + PACKED[name][62:]
    assert (await cause(store(tmp_path, key=body), JSONL)).startswith(f"The object is not valid {name}: ")


def test_neither():
    assert [packing_of(first) for first in (b"", b"\x1f", b"[1,2", b"a,b\n", b"\x28\xb5\x2f")] == [""] * 5


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress])
async def test_bombs_stay_small(tmp_path, pack):
    """64 MB of spaces in a few bytes: neither memory nor the limit of unpacked bytes is exceeded."""
    packed = pack(b" " * 67_108_864)
    assert len(packed) < 300_000
    buckets = store(tmp_path, key=packed)
    limits = Limits(item_file_bytes_max=100_000_000)
    tracemalloc.start()
    found = await cause(buckets, JSON, limits=limits)
    assert found == "The items do not begin in the first 16777216 bytes of the object."
    found = await cause(buckets, JSONL, limits=limits)
    assert found == "An item at byte 0 or after it is larger than 8388608 bytes."
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 64_000_000
    lines = store(tmp_path, key=pack(b"1\n" * 100_000))
    found = await cause(lines, JSONL, limits=replace(limits, item_file_bytes_max=199_999))
    assert found == "The object unpacks to more than 199999 bytes."


def test_gzip_steps_are_bounded():
    stream = unpacker("gzip")
    assert max(len(piece) for piece in stream.feed(gzip.compress(b"\0" * 50_000_000))) <= 131_072
    stream.finish()
    with pytest.raises(ItemReaderFailed):
        list(stream.feed(b"no gzip"))
