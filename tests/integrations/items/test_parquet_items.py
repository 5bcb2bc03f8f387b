"""Parquet: row group by row group, from every row on."""

import io
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from stepwell.integrations.items import LocalBuckets, ReaderConfig, parquet_items, read_items
from stepwell.limits import Limits
from tests.integrations.items.reads import BUCKET, cause, check_resume, store, values

pa = pytest.importorskip("pyarrow")
parquet = pytest.importorskip("pyarrow.parquet")

PARQUET = ReaderConfig(input_type="PARQUET")


def file_of(table, **options):
    out = io.BytesIO()
    parquet.write_table(table, out, **options)
    return out.getvalue()


TABLE = pa.table({"n": list(range(2_500)), "text": [f"é{n % 7}" for n in range(2_500)]})


@pytest.mark.parametrize("compression", ["none", "snappy", "zstd", "gzip"])
@pytest.mark.parametrize("rows", [1, 400, 2_500])
async def test_items(tmp_path, compression, rows):
    table = TABLE if rows > 1 else TABLE.slice(0, 20)
    buckets = store(tmp_path, key=file_of(table, row_group_size=rows, compression=compression))
    assert await values(buckets, PARQUET) == table.to_pylist()


async def test_resume_at_every_item(tmp_path, monkeypatch):
    monkeypatch.setattr(parquet_items, "_ROWS", 7)
    table = TABLE.slice(0, 60)
    buckets = store(tmp_path, key=file_of(table, row_group_size=25))
    assert await check_resume(buckets, PARQUET) == table.to_pylist()


async def test_only_what_is_needed_is_fetched(tmp_path, monkeypatch):
    """Behind a checkpoint in the last row group, the earlier ones are not read."""
    buckets = store(tmp_path, key=file_of(TABLE, row_group_size=500))
    items = [item async for item in read_items(PARQUET, {"Bucket": BUCKET, "Key": "key"}, buckets)]
    assert items[-2].checkpoint.offset == 4
    fetched = []
    keep = parquet_items.read_range

    async def watch(address, etag, start, end):
        fetched.append((start, end))
        return await keep(address, etag, start, end)

    monkeypatch.setattr(parquet_items, "read_range", watch)
    asked = {"Bucket": BUCKET, "Key": "key"}
    rest = [item async for item in read_items(PARQUET, asked, buckets, resume=items[-2].checkpoint)]
    assert [item.value for item in rest] == [items[-1].value]
    assert len(fetched) == 2


async def test_values(tmp_path):
    columns = {
        "double": pa.array([1.5, float("nan")]),
        "time": pa.array([datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), None]),
        "day": pa.array([date(2026, 1, 2), None]),
        "money": pa.array([Decimal("1.25"), Decimal("2.00")]),
        "raw": pa.array([b"\x00\xff", b""]),
        "list": pa.array([[1, 2], []]),
        "struct": pa.array([{"a": 1.0, "b": None}, None]),
        "map": pa.array([[("k", 1)], []], pa.map_(pa.string(), pa.int64())),
        "nanoseconds": pa.array([1_700_000_000_123_456_789, None], pa.timestamp("ns", "UTC")),
        "inside": pa.array(
            [{"l": [1], "m": [("k", 1_001)]}, None],
            pa.struct([("l", pa.list_(pa.timestamp("ns"))), ("m", pa.map_(pa.string(), pa.timestamp("ns")))]),
        ),
        "noon": pa.array([43_200_000_000_001, None], pa.time64("ns")),
        "lasting": pa.array([1_500_000_001, None], pa.duration("ns")),
        "flag": pa.array([True, None]),
    }
    assert await values(store(tmp_path, key=file_of(pa.table(columns))), PARQUET) == [
        {
            "double": 1.5,
            "time": "2026-01-02T03:04:05Z",
            "day": "2026-01-02",
            "money": 1.25,
            "raw": "AP8=",
            "list": [1, 2],
            "struct": {"a": 1.0, "b": None},
            "map": {"k": 1},
            "nanoseconds": "2023-11-14T22:13:20.123456Z",
            "inside": {"l": ["1970-01-01T00:00:00"], "m": {"k": "1970-01-01T00:00:00.000001"}},
            "noon": "12:00:00",
            "lasting": 1.5,
            "flag": True,
        },
        {
            "double": None,
            "time": None,
            "day": None,
            "money": 2,
            "raw": "",
            "list": [],
            "struct": None,
            "map": {},
            "nanoseconds": None,
            "inside": None,
            "noon": None,
            "lasting": None,
            "flag": None,
        },
    ]


async def test_an_empty_table(tmp_path):
    assert await values(store(tmp_path, key=file_of(TABLE.slice(0, 0))), PARQUET) == []


BROKEN = [b"", b"PAR1", b"not a parquet file at all", b"PAR1" + b"\0" * 50 + (20).to_bytes(4, "little") + b"PAR1"]


@pytest.mark.parametrize("body", BROKEN)
async def test_broken_files(tmp_path, body):
    assert (await cause(store(tmp_path, key=body), PARQUET)).startswith("The object is not a valid Parquet file: ")


@pytest.mark.parametrize("offset", [b"\x07", b"\xfe\xff\x7f"])
async def test_a_row_group_outside_of_the_file(tmp_path, offset):
    body = file_of(TABLE.select(["n"]), use_dictionary=False)
    named = b"\x26\x08\x3c"  # the footer's data_page_offset, 4 in zigzag, and what follows it
    assert body.count(named) == 1
    broken = store(tmp_path, key=body.replace(named, b"\x26" + offset + b"\x3c"))
    assert (await cause(broken, PARQUET)).startswith("The object is not a valid Parquet file: ")


async def test_a_date_that_is_too_late(tmp_path):
    table = pa.table({"day": pa.array([10_000_000], pa.date32())})
    assert (await cause(store(tmp_path, key=file_of(table)), PARQUET)).endswith("date value out of range")


async def test_a_broken_row_group(tmp_path):
    body = file_of(TABLE, compression="gzip")
    body = body[:50] + b"\xff" * 1_000 + body[1_050:]
    assert (await cause(store(tmp_path, key=body), PARQUET)).startswith("The object is not a valid Parquet file: ")


async def test_limits(tmp_path):
    buckets = store(tmp_path, key=file_of(TABLE))
    found = await cause(buckets, PARQUET, limits=Limits(parquet_row_group_bytes_max=100))
    assert found == "A row group is larger than 100 bytes."
    found = await cause(buckets, PARQUET, limits=Limits(parquet_footer_bytes_max=100))
    assert found == "The footer is larger than 100 bytes."


async def test_without_pyarrow(tmp_path, monkeypatch):
    def missing(name):
        raise ImportError(name)

    monkeypatch.setattr(parquet_items, "import_module", missing)
    found = await cause(LocalBuckets(tmp_path), PARQUET)
    assert found == "Reading Parquet needs the package pyarrow: install stepwell[parquet]."
