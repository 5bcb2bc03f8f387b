"""Which reader a configuration asks for; listings, flattening and manifests; MaxItems; changed objects."""

import gzip
import json

import pytest
from msgspec.structs import replace

from stepwell.integrations.items import Checkpoint, LocalBuckets, ReaderConfig, read_blocks
from stepwell.integrations.items.s3_list import listed_item
from stepwell.integrations.items.source import StoredObject
from stepwell.limits import Limits
from stepwell.payload import print_json
from tests.integrations.items.reads import BUCKET, CSV, JSON, JSONL, cause, check_resume, put, read, store, values

LISTING = ReaderConfig(resource="listObjectsV2")
FLATTEN = replace(CSV, resource="listObjectsV2", transformation="LOAD_AND_FLATTEN")


def test_a_listed_object_as_recorded():
    found = StoredObject("a/b.txt", 3, '"900150983cd24fb0d6963f7d28e17f72"', 1789180622)
    assert print_json(listed_item(found)) == (
        '{"Etag":"\\"900150983cd24fb0d6963f7d28e17f72\\"","Key":"a/b.txt","LastModified":1.789180622E9,"Size":3,'
        '"StorageClass":"STANDARD"}'
    )


async def test_listing(tmp_path):
    buckets = store(
        tmp_path, in__b="1", in__c__deep="3", in2="4", out="5", **{"in-1": "5", "in__c-": "6", "in__c0": ""}
    )
    found = await check_resume(buckets, LISTING, Prefix="in")
    assert [item["Key"] for item in found] == ["in-1", "in/b", "in/c-", "in/c/deep", "in/c0", "in2"]
    assert {item["Size"] for item in await values(buckets, LISTING, Prefix="in/b")} == {1}
    assert await values(buckets, LISTING, Prefix="nothing") == []


@pytest.mark.parametrize("count", [999, 1_000, 1_006, 2_000])
async def test_long_listings(tmp_path, count):
    buckets = store(tmp_path, **{f"k{n:05}": b"" for n in range(count)})
    items = await read(buckets, replace(LISTING, max_items=0))
    assert [item.value["Key"] for item in items] == [f"k{n:05}" for n in range(count)]
    assert {item.source for item in items} == {f"S3://{BUCKET}"}
    rest = await read(buckets, LISTING, resume=items[900].checkpoint)
    assert len(rest) == count - 901


async def test_flattened_objects(tmp_path):
    buckets = store(
        tmp_path, in__1_dot_csv="a,b\n1,2\n3,4\n", in__2_dot_csv="a\n", in__3__x_dot_csv="c\n5\n", out="a\n0"
    )
    expected = [{"a": "1", "b": "2"}, {"a": "3", "b": "4"}, {"c": "5"}]
    assert await check_resume(buckets, FLATTEN, Prefix="in/") == expected
    items = await read(buckets, FLATTEN, Prefix="in/")
    assert [item.source for item in items] == [f"S3://{BUCKET}/in/{key}" for key in ("1.csv", "1.csv", "3/x.csv")]
    assert await values(buckets, replace(FLATTEN, max_items=2), Prefix="in/") == expected[:2]


@pytest.mark.parametrize(
    "input_type, body",
    [("JSON", "[1,2]"), ("JSONL", "1\n2"), ("JSON", gzip.compress(b"[1,2]"))],
    ids=["json", "jsonl", "gzip"],  # packed bytes hold the time, and an id must be the same in every process
)
async def test_flattened_types(tmp_path, input_type, body):
    buckets = store(tmp_path, one=body, two=body)
    config = replace(FLATTEN, input_type=input_type)
    assert await check_resume(buckets, config) == [1, 2, 1, 2]


def inventory(**changes):
    manifest = {
        "sourceBucket": "source",
        "destinationBucket": f"arn:aws:s3:::{BUCKET}",
        "version": "2016-11-30",
        "fileFormat": "CSV",
        "fileSchema": "Bucket, Key, Size",
        "files": [{"key": "inv/1.csv.gz", "size": 1, "MD5checksum": "x"}, {"key": "inv/2.csv.gz", "size": 1}],
    }
    return json.dumps({**manifest, **changes})


@pytest.mark.parametrize("config", [{"input_type": "MANIFEST"}, {"manifest_type": "S3_INVENTORY"}])
async def test_inventories(tmp_path, small_chunks, config):
    one = gzip.compress("".join(f'"source","k/{n}","{n}"\n' for n in range(20)).encode())
    buckets = store(tmp_path, manifest=inventory(), inv__1_dot_csv_dot_gz=one, inv__2_dot_csv_dot_gz=one)
    found = await check_resume(buckets, ReaderConfig(**config), "manifest")
    assert found == [{"Bucket": "source", "Key": f"k/{n}", "Size": f"{n}"} for n in range(20)] * 2


@pytest.mark.parametrize(
    "body, expected",
    [
        (inventory(fileFormat="ORC"), "The S3 inventory must be of the format CSV."),
        (inventory(files=[{}]), "The object is not the manifest of an S3 inventory."),
        (inventory(files={}), "The object is not the manifest of an S3 inventory."),
        (inventory(fileSchema=1), "The object is not the manifest of an S3 inventory."),
        (inventory(destinationBucket=""), "The object is not the manifest of an S3 inventory."),
        ("[]", "The object is not the manifest of an S3 inventory."),
        ("{", "The manifest is not valid JSON"),
        (b"\xff", "The manifest is not valid UTF-8"),
    ],
)
async def test_bad_inventories(tmp_path, body, expected):
    found = await cause(store(tmp_path, manifest=body), ReaderConfig(input_type="MANIFEST"), "manifest")
    assert found.startswith(expected)


async def test_large_manifests_are_refused(tmp_path):
    buckets = store(tmp_path, manifest=inventory())
    limits = Limits(item_manifest_bytes_max=100)
    found = await cause(buckets, ReaderConfig(input_type="MANIFEST"), "manifest", limits=limits)
    assert found == "The manifest is larger than 100 bytes."


@pytest.mark.parametrize("input_type", ["JSON", "JSONL"])
async def test_athena_manifests(tmp_path, input_type):
    lines = f"s3://{BUCKET}/out/1\ns3://other/2.gz\r\n"
    buckets = store(tmp_path, manifest=lines, out__1='{"a":1}\n{"a":2}\n')
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "2.gz").write_bytes(gzip.compress(b'{"a":3}\n'))
    config = ReaderConfig(input_type=input_type, manifest_type="ATHENA_DATA")
    assert await check_resume(buckets, config, "manifest") == [{"a": 1}, {"a": 2}, {"a": 3}]


async def test_athena_csv_has_given_headers(tmp_path):
    buckets = store(tmp_path, manifest=f"s3://{BUCKET}/1\n", **{"1": "x,y\n"})
    config = ReaderConfig("getObject", "CSV", "NONE", "ATHENA_DATA", "GIVEN", ("a", "b"))
    assert await values(buckets, config, "manifest") == [{"a": "x", "b": "y"}]


@pytest.mark.parametrize("line", ["http://x/y", "s3://", "s3://bucket", "s3:///key"])
async def test_bad_athena_manifests(tmp_path, line):
    config = ReaderConfig(input_type="CSV", manifest_type="ATHENA_DATA")
    found = await cause(store(tmp_path, manifest=line), config, "manifest")
    assert found == f"The manifest names '{line}', which is not the address of an S3 object."


@pytest.mark.parametrize("most, count", [(0, 3), (1, 1), (2, 2), (3, 3), (4, 3), (100_000_001, 3)])
async def test_max_items(tmp_path, most, count):
    buckets = store(tmp_path, key="[1,2,3]")
    config = replace(JSON, max_items=most)
    assert await check_resume(buckets, config) == [1, 2, 3][:count]


async def test_negative_max_items_as_recorded(tmp_path):
    assert await cause(store(tmp_path, key="[1]"), replace(JSON, max_items=-1)) == "field MaxItems must be positive"


@pytest.mark.parametrize("config", [JSON, CSV, JSONL, replace(JSON, input_type="PARQUET"), FLATTEN, LISTING])
async def test_what_is_not_there(tmp_path, config):
    buckets = LocalBuckets(tmp_path)
    found = await cause(buckets, config)
    assert found.startswith("The specified bucket does not exist (Service: S3, Status Code: 404, Request ID: ")
    if config.resource == "getObject":
        found = await cause(store(tmp_path), config)
        assert found.startswith("The specified key does not exist. (Service: S3, Status Code: 404, Request ID: ")
        assert found.endswith(") (SDK Attempt Count: 1)")


@pytest.mark.parametrize("config", [replace(JSON, input_type="XML"), ReaderConfig(), replace(FLATTEN, input_type=None)])
async def test_unknown_types(tmp_path, config):
    assert await cause(store(tmp_path, key="[]"), config) == f"The InputType {config.input_type} cannot be read."


@pytest.mark.parametrize("parameters", [{"Bucket": ""}, {"Bucket": 1}, {"Key": None}, {"Prefix": 1}, {"VersionId": 2}])
async def test_bad_parameters(tmp_path, parameters):
    assert "of the item reader must be a text" in await cause(store(tmp_path, key="[]"), JSON, **parameters)


async def test_versions(tmp_path):
    buckets = store(tmp_path, key="[1]")
    assert await values(buckets, JSON, VersionId="null", ExpectedBucketOwner="123456789012") == [1]
    assert (await cause(buckets, JSON, VersionId="v")).startswith("The specified version does not exist.")


CHANGED = "The object S3://data/key has changed since the Map Run began to read it."


@pytest.mark.parametrize("config, body", [(JSON, "[1,2]"), (JSONL, "1\n2"), (CSV, "a\n1\n2")])
async def test_a_changed_object_fails(tmp_path, config, body):
    buckets = store(tmp_path, key=body)
    items = await read(buckets, config)
    put(tmp_path, "key", body + " ")
    assert await cause(buckets, config, resume=items[0].checkpoint) == CHANGED


async def test_an_object_that_changes_while_it_is_read_fails(tmp_path, small_chunks):
    buckets = store(tmp_path, key="[" + "1," * 500 + "1]")
    blocks = read_blocks(JSON, {"Bucket": BUCKET, "Key": "key"}, buckets)
    await anext(blocks)
    put(tmp_path, "key", "[1]")
    with pytest.raises(Exception, match=r"has changed|pre-conditions"):
        [block async for block in blocks]


async def test_a_changed_manifest_fails(tmp_path):
    buckets = store(tmp_path, key=f"s3://{BUCKET}/1\n", **{"1": "[1]"})
    config = ReaderConfig(input_type="JSONL", manifest_type="ATHENA_DATA")
    items = await read(buckets, config)
    put(tmp_path, "key", f"s3://{BUCKET}/2\n")
    assert await cause(buckets, config, resume=items[0].checkpoint) == CHANGED


async def test_large_objects_are_refused(tmp_path):
    buckets = store(tmp_path, key="[1,2,3]")
    found = await cause(buckets, JSON, limits=Limits(item_file_bytes_max=6))
    assert found == "The object S3://data/key is larger than 6 bytes."


async def test_blocks_are_never_empty(tmp_path, small_chunks):
    buckets = store(tmp_path, key="\n" * 500 + "1\n" + "\n" * 500 + "2\n")
    blocks = [block async for block in read_blocks(JSONL, {"Bucket": BUCKET, "Key": "key"}, buckets)]
    assert [block.values for block in blocks] == [[1], [2]]
    assert blocks[-1].end() == list(blocks[-1].items())[-1].checkpoint


@pytest.mark.parametrize("text", ["{}", "[1]", "[[]]", "", '["a","b",3,4,5,6,7,8,9,10]'])
def test_checkpoints_that_are_none(text):
    with pytest.raises(ValueError, match="no checkpoint"):
        Checkpoint.parse(text)
