"""Buckets of S3 against a small one that checks signatures and fails as it is told to."""

import json
from contextlib import asynccontextmanager

import pytest
from msgspec.structs import replace

from stepwell.integrations.items import (
    ExportTarget,
    ObjectError,
    ReaderConfig,
    ResultWriter,
    ResultWriterFailed,
    S3Buckets,
    S3Client,
    WriterConfig,
    endpoint_of,
)
from tests.integrations.items.fake_s3 import ACCESS, REGION, SECRET, FakeS3, served
from tests.integrations.items.reads import BUCKET, CSV, JSON, JSONL, cause, check_resume, read, values
from tests.integrations.items.test_result_writer import RUN, child

MIB = 1_048_576
KEYS = ["a b+c", "a/b", "é/😀", "a?b=c&d", "a%2Fb", "a..b", "a/./b", "~(x)!'*", "<&>"]


@pytest.fixture(autouse=True)
def credentials(monkeypatch, tmp_path):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", ACCESS)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    for name in ("AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))


@asynccontextmanager
async def client_of(store):
    async with served(store) as endpoint:
        client = S3Client(REGION, endpoint, pause_s=0.001)
        buckets = S3Buckets(client)
        try:
            yield buckets
        finally:
            await buckets.close()


async def chunks(opened):
    return b"".join([chunk async for chunk in opened.chunks()])


async def test_keys_of_all_kinds():
    store = FakeS3(**{BUCKET: {}})
    async with client_of(store) as buckets:
        bucket = buckets.bucket(BUCKET)
        for key in KEYS:
            await bucket.put(key, key.encode())
        assert {key: body.decode() for key, body in store.buckets[BUCKET].items()} == {key: key for key in KEYS}
        assert [found.key async for page in bucket.list_("") for found in page] == sorted(KEYS, key=str.encode)
        for key in KEYS:
            assert await chunks(await bucket.open(key)) == key.encode()


@pytest.mark.parametrize("page", [1, 2, 7, 1_000])
async def test_listings_go_on(page):
    store = FakeS3(**{BUCKET: {f"in/{n:02} é": b"x" * n for n in range(15)} | {"out": b""}})
    store.page = page
    config = ReaderConfig(resource="listObjectsV2")
    async with client_of(store) as buckets:
        found = await check_resume(buckets, config, Prefix="in/")
    assert [item["Size"] for item in found] == list(range(15))
    assert found[0] == {
        "Etag": '"d41d8cd98f00b204e9800998ecf8427e"',
        "Key": "in/00 é",
        "LastModified": 1789180622.0,
        "Size": 0,
        "StorageClass": "STANDARD",
    }


ITEMS = [{"n": n, "text": "é" * (n % 9)} for n in range(60)]


@pytest.mark.parametrize("config", [JSON, JSONL])
async def test_items_and_resume(small_chunks, config):
    lines = [json.dumps(item, ensure_ascii=False) for item in ITEMS]
    body = f"[{','.join(lines)}]" if config is JSON else "\n".join(lines)
    async with client_of(FakeS3(**{BUCKET: {"key": body.encode()}})) as buckets:
        assert await check_resume(buckets, config) == ITEMS


async def test_flattened():
    objects = {"in/": b"", "in/1": b"a\n1\n2\n", "in/2": b"a\n3\n"}
    store = FakeS3(**{BUCKET: objects})
    store.page = 1
    config = replace(CSV, resource="listObjectsV2", transformation="LOAD_AND_FLATTEN")
    async with client_of(store) as buckets:
        assert await check_resume(buckets, config, Prefix="in/") == [{"a": "1"}, {"a": "2"}, {"a": "3"}]


async def test_parquet():
    pa = pytest.importorskip("pyarrow")
    from tests.integrations.items.test_parquet_items import TABLE, file_of

    async with client_of(FakeS3(**{BUCKET: {"key": file_of(TABLE, row_group_size=1_000)}})) as buckets:
        assert await values(buckets, ReaderConfig(input_type="PARQUET")) == TABLE.to_pylist()
    assert pa


async def test_ranges():
    body = bytes(range(256)) * 4
    async with client_of(FakeS3(**{BUCKET: {"key": body, "empty": b""}})) as buckets:
        bucket = buckets.bucket(BUCKET)
        for start, end in [(0, None), (0, 4), (10, 150), (1_023, None), (1_024, None), (5_000, None), (10, 5_000)]:
            opened = await bucket.open("key", start=start, end=end)
            assert opened.size_bytes == 1_024
            assert await chunks(opened) == body[start:end]
        opened = await bucket.open("empty", end=4)
        assert (opened.size_bytes, await chunks(opened)) == (0, b"")


async def test_versions_and_owners():
    async with client_of(FakeS3(**{BUCKET: {"key": b"[1]", "key?v1": b"[0]"}})) as buckets:
        assert await values(buckets, JSON, VersionId="v1") == [0]
        assert await values(buckets, JSON, ExpectedBucketOwner="123456789012") == [1]
        found = await cause(buckets, JSON, ExpectedBucketOwner="210987654321")
        assert found.startswith("Access Denied (Service: S3, Status Code: 403, Request ID: REQUEST, ")


async def test_errors_pass_through():
    async with client_of(FakeS3(**{BUCKET: {}})) as buckets:
        ids = "Request ID: REQUEST, Extended Request ID: HOST) (SDK Attempt Count: 1)"
        found = await cause(buckets, JSON)
        assert found == f"The specified key does not exist. (Service: S3, Status Code: 404, {ids}"
        found = await cause(buckets, JSON, Bucket="other")
        assert found == f"The specified bucket does not exist (Service: S3, Status Code: 404, {ids}"
        assert (
            await cause(buckets, JSON, Bucket="arn:aws:s3:::nonsense")
        ) == "Path-style addressing cannot be used with ARN buckets"


@pytest.mark.parametrize("troubles", [["SlowDown"], ["InternalError", "drop", "SlowDown"], [None, "drop", "drop"]])
async def test_trouble_that_passes(troubles):
    store = FakeS3(**{BUCKET: {"key": b"[1,2]"}})
    store.troubles = list(troubles)
    async with client_of(store) as buckets:
        assert await values(buckets, JSON) == [1, 2]
        store.troubles = list(troubles)
        await buckets.bucket(BUCKET).put("new", b"x")
        assert store.buckets[BUCKET]["new"] == b"x"


async def test_trouble_that_stays():
    store = FakeS3(**{BUCKET: {"key": b"[1,2]"}})
    store.troubles = ["SlowDown"] * 4
    async with client_of(store) as buckets:
        found = await cause(buckets, JSON)
        assert found.startswith("Please reduce your request rate. (Service: S3, Status Code: 503, ")
        assert found.endswith("(SDK Attempt Count: 4)")
        store.troubles = ["drop"] * 8  # the HTTP client has a second try of its own
        assert (await cause(buckets, JSON)).startswith("Unable to execute HTTP request: ")
        store.troubles = ["AccessDenied"]
        assert (await cause(buckets, JSON)).endswith("(SDK Attempt Count: 1)")


async def test_a_body_that_breaks_off_goes_on():
    body = json.dumps(list(range(20_000))).encode()
    store = FakeS3(**{BUCKET: {"key": body}})
    store.troubles = [None, "cut", "cut", "cut", "cut"]
    async with client_of(store) as buckets:
        assert await values(buckets, JSON) == list(range(20_000))
    assert len(store.requests) == 6


async def test_a_body_that_always_breaks_off_at_once():
    store = FakeS3(**{BUCKET: {"key": b"[1]"}})
    store.troubles = [None, *["cut"] * 50]
    async with client_of(store) as buckets:
        assert "HTTP request" in await cause(buckets, JSON)


async def test_a_changed_object_fails():
    store = FakeS3(**{BUCKET: {"key": b"[1,2]"}})
    async with client_of(store) as buckets:
        items = await read(buckets, JSON)
        store.buckets[BUCKET]["key"] = b"[3,4]"
        found = await cause(buckets, JSON, resume=items[0].checkpoint)
        assert found == "The object S3://data/key has changed since the Map Run began to read it."


async def test_an_object_that_changes_while_it_breaks_off_fails():
    store = FakeS3(**{BUCKET: {"key": b"[" + b"1," * 100_000 + b"1]"}})
    store.troubles = [None, "cut"]
    async with client_of(store) as buckets:
        bucket = buckets.bucket(BUCKET)
        await (await bucket.open("key", end=1)).close()
        opened = await bucket.open("key")
        store.buckets[BUCKET]["key"] = b"[]"
        with pytest.raises(ObjectError, match="pre-conditions"):
            await chunks(opened)


@pytest.mark.parametrize("size, requests", [(0, 1), (8 * MIB, 1), (8 * MIB + 1, 4), (17 * MIB, 5)])
async def test_uploads(size, requests):
    store = FakeS3(**{BUCKET: {}})
    async with client_of(store) as buckets:
        upload = buckets.bucket(BUCKET).upload("deep/kéy")
        body = bytes(range(256)) * (size // 256) + b"x" * (size % 256)
        for at in range(0, size, 3_000_000):
            await upload.write(body[at : at + 3_000_000])
        await upload.finish()
        await upload.abort()
    assert store.buckets[BUCKET]["deep/kéy"] == body
    assert (len(store.requests), store.uploads) == (requests, {})


async def test_an_upload_given_up():
    store = FakeS3(**{BUCKET: {}})
    async with client_of(store) as buckets:
        upload = buckets.bucket(BUCKET).upload("key")
        await upload.write(b"x" * (9 * MIB))
        assert len(store.uploads) == 1
        await upload.abort()
    assert (store.uploads, store.buckets[BUCKET]) == ({}, {})


async def test_an_error_that_comes_as_success():
    async with client_of(FakeS3(**{BUCKET: {}})) as buckets:
        upload = buckets.bucket(BUCKET).upload("late-error")
        await upload.write(b"x" * (9 * MIB))
        with pytest.raises(ObjectError, match="Sorry"):
            await upload.finish()


async def test_results():
    store = FakeS3(**{BUCKET: {}})
    async with client_of(store) as buckets:
        writer = ResultWriter(ExportTarget(buckets.bucket(BUCKET), "p", RUN), WriterConfig())
        await writer.add(child())
        await writer.finish()
        assert [key.rpartition("/")[2] for key in store.buckets[BUCKET]] == ["SUCCEEDED_0.json", "manifest.json"]
        writer = ResultWriter(ExportTarget(buckets.bucket("none"), "p", RUN), WriterConfig())
        with pytest.raises(ResultWriterFailed, match="The specified bucket does not exist"):
            await writer.finish()


async def test_without_credentials(monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    async with client_of(FakeS3(**{BUCKET: {"key": b"[1]"}})) as buckets:
        assert await values(buckets, JSON) == [1]
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    buckets = S3Buckets(S3Client(REGION))
    assert "Unable to load credentials" in await cause(buckets, JSON)
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    buckets = S3Buckets(S3Client(REGION))
    found = await cause(buckets, JSON)
    assert found == "Unable to load credentials: The config profile (nobody) could not be found"
    await buckets.close()


async def test_nothing_listens():
    buckets = S3Buckets(S3Client(REGION, "http://127.0.0.1:1", pause_s=0.001))
    assert (await cause(buckets, JSON)).startswith("Unable to execute HTTP request: ")
    await buckets.close()


ENDPOINTS = [
    ({}, None),
    ({"AWS_ENDPOINT_URL": "http://x"}, "http://x"),
    ({"AWS_ENDPOINT_URL": "http://x", "AWS_ENDPOINT_URL_S3": "http://y"}, "http://y"),
]


@pytest.mark.parametrize("environment, expected", ENDPOINTS)
def test_endpoints(environment, expected):
    assert endpoint_of(environment) == expected


ADDRESSES = [
    ("eu-central-1", None, "my-bucket", "k/é", "https://my-bucket.s3.eu-central-1.amazonaws.com/k/%C3%A9"),
    ("eu-central-1", None, "my.bucket", "k", "https://s3.eu-central-1.amazonaws.com/my.bucket/k"),
    ("cn-north-1", None, "my-bucket", "", "https://my-bucket.s3.cn-north-1.amazonaws.com.cn"),
    ("us-east-1", "http://localhost:9000/", "my-bucket", "k", "http://localhost:9000/my-bucket/k"),
]


@pytest.mark.parametrize("region, endpoint, bucket, key, expected", ADDRESSES)
async def test_addresses(region, endpoint, bucket, key, expected):
    client = S3Client(region, endpoint)
    endpoints, _ = await client._ready()
    assert client._address(endpoints, bucket, key, {}) == (expected, region)
    await client.close()
