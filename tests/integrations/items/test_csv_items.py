"""CSV files. The first table is recorded, down to the order of the keys."""

import csv
import io

import pytest
from msgspec.structs import replace

from stepwell.integrations.items import ReaderConfig
from stepwell.limits import Limits
from stepwell.payload import print_json
from tests.integrations.items.reads import CSV, cause, check_resume, store, values

GIVEN = ReaderConfig(input_type="CSV", csv_header_location="GIVEN", csv_headers=("H1", "H2", "H3"))
ROWS = "Value1,Value2,Value3\nValue4,Value5,Value6\n,,,\ntrue,1,'HelloWorld'\nNull,None,\n   \n"

RECORDED = [
    (
        GIVEN,
        ROWS,
        '[{"H1":"Value1","H2":"Value2","H3":"Value3"},{"H1":"Value4","H2":"Value5","H3":"Value6"},'
        '{"H1":"","H2":"","H3":""},{"H1":"true","H2":"1","H3":"\'HelloWorld\'"},{"H1":"Null","H2":"None","H3":""},'
        '{"H1":"   ","H2":"","H3":""}]',
    ),
    (
        CSV,
        f"Col1,Col2,Col3\n{ROWS}",
        '[{"Col1":"Value1","Col2":"Value2","Col3":"Value3"},{"Col1":"Value4","Col2":"Value5","Col3":"Value6"},'
        '{"Col1":"","Col2":"","Col3":""},{"Col1":"true","Col2":"1","Col3":"\'HelloWorld\'"},'
        '{"Col1":"Null","Col2":"None","Col3":""},{"Col1":"   ","Col2":"","Col3":""}]',
    ),
    (
        CSV,
        "H1,\nValue4,Value5,Value6\n,,,\ntrue,1,'HelloWorld'\nNull,None,\n   \n",
        '[{"":"Value5","H1":"Value4"},{"":"","H1":""},{"":"1","H1":"true"},{"":"None","H1":"Null"},{"":"","H1":"   "}]',
    ),
    (
        replace(CSV, max_items=2),
        "Col1,Col2\nValue1,Value2\nValue3,Value4\nValue5,Value6\nValue7,Value8\n",
        '[{"Col1":"Value1","Col2":"Value2"},{"Col1":"Value3","Col2":"Value4"}]',
    ),
]


@pytest.mark.parametrize("config, text, expected", RECORDED)
async def test_recorded(tmp_path, config, text, expected):
    assert print_json(await values(store(tmp_path, key=text), config)) == expected


ONE = ReaderConfig(input_type="CSV", csv_header_location="GIVEN", csv_headers=("a", "b"))
CELLS = [
    ("COMMA", '"x,y",z', ["x,y", "z"]),
    ("COMMA", '"line\nbreak",z', ["line\nbreak", "z"]),
    ("COMMA", '"say ""hi""",z', ['say "hi"', "z"]),
    ("COMMA", r"x\,y,z", ["x,y", "z"]),
    ("COMMA", r"C:\\Program Files,\z", ["C:\\Program Files", "z"]),
    ("COMMA", r'"a \"b\" c",z', ['a "b" c', "z"]),
    ("COMMA", "x;y|z\tw,v", ["x;y|z\tw", "v"]),
    ("PIPE", "x,y|z", ["x,y", "z"]),
    ("SEMICOLON", "x,y;z", ["x,y", "z"]),
    ("SPACE", "x,y z", ["x,y", "z"]),
    ("TAB", "x,y\tz", ["x,y", "z"]),
    ("COMMA", "é😀,\ufeff", ["é😀", "\ufeff"]),
]


@pytest.mark.parametrize("delimiter, text, expected", CELLS)
@pytest.mark.parametrize("end", ["", "\n", "\r\n", "\n\n\r\n"])
async def test_cells(tmp_path, delimiter, text, expected, end):
    config = replace(ONE, csv_delimiter=delimiter)
    assert await values(store(tmp_path, key=text + end), config) == [dict(zip("ab", expected, strict=True))]


async def test_keys_stand_in_the_order_of_a_hash_map(tmp_path):
    buckets = store(tmp_path, key="userId,movieId,rating,timestamp\n1,2,3,4")
    assert print_json(await values(buckets, CSV)) == '[{"rating":"3","movieId":"2","userId":"1","timestamp":"4"}]'


async def test_refusals(tmp_path):
    duplicates = "CSV headers cannot contain duplicates."
    assert await cause(store(tmp_path, key=ROWS), replace(GIVEN, csv_headers=("H1", "H1", "H3"))) == duplicates
    assert await cause(store(tmp_path, key="a,b,a\n1,2,3"), CSV) == duplicates
    assert await cause(store(tmp_path, key=""), CSV) == "The CSV object has no header row."
    wide = ",".join(f"column-{n}" for n in range(1_200))
    assert await cause(store(tmp_path, key=wide), CSV) == "The CSV headers are larger than 10240 bytes."
    for config in (ReaderConfig(input_type="CSV"), replace(CSV, csv_delimiter="COLON")):
        assert (await cause(store(tmp_path, key="a"), config)).startswith("A CSV object needs CSVHeaderLocation")
    limits = Limits(item_bytes_max=100)
    buckets = store(tmp_path, key=f"a\n1\n{'x' * 101}\n")
    assert await cause(buckets, CSV, limits=limits) == "An item at byte 2 or after it is larger than 100 bytes."


async def test_a_header_alone_has_no_items(tmp_path):
    assert await values(store(tmp_path, key="a,b"), CSV) == []


@pytest.mark.parametrize("config", [CSV, replace(CSV, csv_delimiter="TAB")])
async def test_resume_at_every_item(tmp_path, small_chunks, config):
    rows = [[f"{n}", "two\nlines, é" * (n % 6), 'a "quote" \\ and more'] for n in range(50)]
    out = io.StringIO()
    writer = csv.writer(out, delimiter="," if config is CSV else "\t")
    writer.writerows([["n", "text", "third column"], *[[cell.replace("\\", "\\\\") for cell in row] for row in rows]])
    expected = [{"n": n, "text": text, "third column": third} for n, text, third in rows]
    assert await check_resume(store(tmp_path, key=out.getvalue()), config) == expected


async def test_a_row_of_many_lines(tmp_path, small_chunks):
    text = "\n".join("x" * (n % 9) for n in range(500))
    buckets = store(tmp_path, key=f'a,b\n1,"{text}"\n2,z\n')
    assert await check_resume(buckets, CSV) == [{"a": "1", "b": text}, {"a": "2", "b": "z"}]
