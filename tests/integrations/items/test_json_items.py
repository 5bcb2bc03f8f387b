"""JSON files: what is an item, where a pointer leads, what is refused, and where reading can go on."""

import json

import pytest
from msgspec.structs import replace

from stepwell.integrations.items import ReaderConfig
from stepwell.integrations.items.json_scan import NOT_ITERABLE
from stepwell.limits import Limits
from stepwell.payload import print_json
from tests.integrations.items.reads import JSON, cause, check_resume, read, store, values

GOOD = [
    ("[]", "", []),
    (" [ ] \n", "", []),
    ("[1,2.0,1e10,-0.5]", "", [1, 2.0, 1e10, -0.5]),
    ('[ {"a": [1, {"b": "]"}]} , "x,\\"]" , null , true ]', "", [{"a": [1, {"b": "]"}]}, 'x,"]', None, True]),
    ("[123456789012345678901234567890]", "", [123456789012345678901234567890]),
    ('["\\ud83d\\ude00", "\\ud83d", "Zürich"]', "", ["😀", "\ud83d", "Zürich"]),
    ("{}", "", []),
    ('{"Hello": "world", "n": [1]}', "", [{"Key": "Hello", "Value": "world"}, {"Key": "n", "Value": [1]}]),
    ("\ufeff[1]", "", [1]),
    ('{"a": {"b": [7, 8]}, "rest": 1}', "/a/b", [7, 8]),
    ('{"x": [1, "]"], "a": [[0], [5, 6]]}', "/a/1", [5, 6]),
    ('{"a/b": {"~": {"": [3]}}}', "/a~1b/~0/", [3]),
    ('{"a": {"k": 1}}', "/a", [{"Key": "k", "Value": 1}]),
    ('{"a": [1]} what follows the target is not looked at', "/a", [1]),
    ('{"a": []}', "/a", []),
]


@pytest.mark.parametrize("text, pointer, expected", GOOD)
async def test_items(tmp_path, text, pointer, expected):
    config = replace(JSON, items_pointer=pointer)
    assert await values(store(tmp_path, key=text), config) == expected


BAD = [
    ("", "", "The object is not valid JSON after byte 0: Expecting value"),
    ("  ", "", "The object is not valid JSON after byte 0: Expecting value"),
    ("xyz", "", "The object is not valid JSON after byte 0: Expecting value"),
    ('"text"', "", NOT_ITERABLE),
    ("17", "", NOT_ITERABLE),
    ('{"a": 17}', "/a", NOT_ITERABLE),
    ("[1,]", "", "The object is not valid JSON after byte 3: Expecting value"),
    ("[1 2]", "", "The object is not valid JSON after byte 1: Expecting ',' delimiter"),
    ("[1}", "", "The object is not valid JSON after byte 1: Expecting ',' delimiter"),
    ("[1", "", "The object is not valid JSON after byte 1: Expecting ',' delimiter"),
    ("[1,NaN]", "", "The object is not valid JSON after byte 3: Non-standard token 'NaN'"),
    ("[1e999]", "", "The object is not valid JSON after byte 1: Number '1e999' is out of range"),
    ("[1] x", "", "The object is not valid JSON after byte 4: Extra data"),
    ("[] x", "", "The object is not valid JSON after byte 2: Extra data"),
    ('{"a":1,}', "", "The object is not valid JSON after byte 7: Expecting property name enclosed in double quotes"),
    ('{"a" 1}', "", "The object is not valid JSON after byte 1: Expecting ':' delimiter"),
    ('{"b": []}', "/a", "The ItemsPointer finds nothing in the object: it has no 'a'."),
    ('{"a": [[1]]}', "/a/1", "The ItemsPointer finds nothing in the object: it has no '1'."),
    ('{"a": [[1]]}', "/a/00", "The ItemsPointer finds nothing in the object: it has no '00'."),
    ('{"a": 1}', "/a/b", "The ItemsPointer finds nothing in the object: it has no 'b'."),
    ("{}", "/a", "The ItemsPointer finds nothing in the object: it has no 'a'."),
    ("{}", "a", "The ItemsPointer 'a' is not a JSON pointer."),
    ("{}", "/~2", "The ItemsPointer '/~2' is not a JSON pointer."),
    ("{}", "/" * 2_000, f"The ItemsPointer '{'/' * 100}' is not a JSON pointer."),
]


@pytest.mark.parametrize("text, pointer, expected", BAD)
async def test_refusals(tmp_path, text, pointer, expected):
    config = replace(JSON, items_pointer=pointer)
    assert await cause(store(tmp_path, key=text), config) == expected


ITEMS = [{"n": n, "text": "Zürich, [\"{'" * (n % 4), "nested": [[n], {"k": [n / 8]}], "é": None} for n in range(40)]
LAYOUTS = [
    (json.dumps(ITEMS), ""),
    (json.dumps(ITEMS, indent=3, ensure_ascii=False), ""),
    (print_json(ITEMS), ""),
    (json.dumps(ITEMS, separators=(",\n\n   ", ":")), ""),
    (json.dumps({"skip": ITEMS, "a": [0, ITEMS, 1]}, ensure_ascii=False), "/a/1"),
]


@pytest.mark.parametrize("text, pointer", LAYOUTS)
async def test_resume_at_every_item(tmp_path, small_chunks, text, pointer):
    config = replace(JSON, items_pointer=pointer)
    assert await check_resume(store(tmp_path, key=text), config) == ITEMS


async def test_resume_in_an_object(tmp_path, small_chunks):
    members = {f"kéy {n}": "v" * (n * 7 % 50) for n in range(40)}
    expected = [{"Key": key, "Value": value} for key, value in members.items()]
    assert await check_resume(store(tmp_path, key=json.dumps(members)), JSON) == expected


async def test_a_chunk_may_end_anywhere(tmp_path, small_chunks):
    """Every length of padding moves the chunks' ends over every character of the items."""
    items = [{"a": -1.5e3, "b": '\\"\u00e9\ud83d\ude00'.encode("utf-16", "surrogatepass").decode("utf-16")}, True, 12]
    for padding in range(64):
        text = f"[{' ' * padding}{json.dumps(items)[1:-1]}{' ' * padding}]"
        assert await values(store(tmp_path, key=text), JSON) == items


async def test_resume_goes_to_the_place(tmp_path, small_chunks):
    """Not from the start: what lies before the block may be anything by now, if the ETag could stay the same."""
    items = await read(store(tmp_path, key=json.dumps(list(range(1_000)))), JSON)
    assert items[-1].checkpoint.offset > 3_000
    assert items[-1].checkpoint.row < 64


async def test_an_item_may_be_as_large_as_the_limit(tmp_path):
    limits = Limits(item_bytes_max=300_000)
    text = "é" * 149_999
    assert await values(store(tmp_path, key=json.dumps([text], ensure_ascii=False)), JSON, limits=limits) == [text]
    buckets = store(tmp_path, key=json.dumps([1, text + "é"], ensure_ascii=False))
    assert await cause(buckets, JSON, limits=limits) == "An item at byte 4 or after it is larger than 300000 bytes."


async def test_the_pointer_must_lead_to_the_first_megabytes(tmp_path):
    limits = Limits(items_pointer_bytes_max=1_000)
    buckets = store(tmp_path, key=json.dumps({"skip": ["x" * 100] * 50, "a": [1]}))
    config = ReaderConfig(input_type="JSON", items_pointer="/a")
    found = await cause(buckets, config, limits=limits)
    assert found == "The items do not begin in the first 1000 bytes of the object."
    assert await values(buckets, config) == [1]
