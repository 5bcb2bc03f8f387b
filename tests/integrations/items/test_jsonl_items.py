"""JSON Lines: a line is an item."""

import json

import pytest

from stepwell.limits import Limits
from tests.integrations.items.reads import JSONL, cause, check_resume, store, values

GOOD = [
    ("", []),
    ("\n\n", []),
    ('{"a":1}', [{"a": 1}]),
    ('{"a":1}\n[2]\n"x"\n', [{"a": 1}, [2], "x"]),
    ('{"a":1}\r\n \t\n3.50\r\n', [{"a": 1}, 3.5]),
    ("\ufeff1\n2", [1, 2]),
    ("123456789012345678901234567890\n", [123456789012345678901234567890]),
]


@pytest.mark.parametrize("text, expected", GOOD)
async def test_items(tmp_path, text, expected):
    assert await values(store(tmp_path, key=text), JSONL) == expected


BAD = ["{", "1 2", "1,2", "NaN", "[1\n2]"]


@pytest.mark.parametrize("text", BAD)
async def test_refusals(tmp_path, text):
    assert (await cause(store(tmp_path, key=f"\n{text}\n"), JSONL)).startswith("The object is not valid JSON Lines")


async def test_resume_at_every_item(tmp_path, small_chunks):
    items = [{"n": n, "text": "Zürich" * (n % 30)} for n in range(60)]
    lines = [json.dumps(item, ensure_ascii=False) + "\n" * (1 + item["n"] % 3) for item in items]
    assert await check_resume(store(tmp_path, key="".join(lines)), JSONL) == items


async def test_a_line_may_be_as_long_as_the_limit(tmp_path):
    limits = Limits(item_bytes_max=1_000)
    buckets = store(tmp_path, key=f'"{"é" * 499}"\n1')
    assert len(await values(buckets, JSONL, limits=limits)) == 2
    buckets = store(tmp_path, key=f'1\n"{"é" * 499}x"\n1')
    assert await cause(buckets, JSONL, limits=limits) == "An item at byte 0 or after it is larger than 1000 bytes."
