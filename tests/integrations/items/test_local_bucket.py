"""Buckets in a folder: keys stay inside, objects appear whole."""

import os

import pytest

from stepwell.integrations.items import LocalBuckets, ObjectError
from tests.integrations.items.reads import BUCKET, put, store

OUTSIDE = ["../secret", "a/../../secret", "/etc/passwd", "..", ".", "", "a//b", "a/", "./a", "a/./b", "a\0b", "..\\a"]


@pytest.mark.parametrize("key", OUTSIDE)
async def test_no_key_leaves_its_bucket(tmp_path, key):
    bucket = store(tmp_path, a__b="x", a_b="y").bucket(BUCKET)
    (tmp_path / "secret").write_text("secret")
    with pytest.raises(ObjectError, match="The specified key does not exist"):
        await bucket.open(key)
    with pytest.raises(ObjectError, match="must be the path of a file"):
        await bucket.put(key, b"x")
    assert (tmp_path / "secret").read_text() == "secret"
    assert not list((tmp_path / ".uploads").iterdir())


async def test_links_do_not_lead_out(tmp_path):
    bucket = store(tmp_path, real="x").bucket(BUCKET)
    (tmp_path / "secret").write_text("secret")
    os.symlink(tmp_path / "secret", tmp_path / BUCKET / "link")
    os.symlink(tmp_path, tmp_path / BUCKET / "up")
    for key in ("link", "up/secret", f"up/{BUCKET}/../secret"):
        with pytest.raises(ObjectError):
            await bucket.open(key)
    assert [found.key async for page in bucket.list_("") for found in page] == ["real"]


@pytest.mark.parametrize("name", ["", "a", "..", "../x", "a/b", ".uploads", "a..b", "x" * 64])
def test_bucket_names(tmp_path, name):
    with pytest.raises(ObjectError, match="The specified bucket is not valid"):
        LocalBuckets(tmp_path).bucket(name)


async def chunks(opened):
    return b"".join([chunk async for chunk in opened.chunks()])


async def test_ranges(tmp_path, small_chunks):
    bucket = store(tmp_path, key=bytes(range(200))).bucket(BUCKET)
    for start, end in [(0, None), (0, 4), (10, 150), (199, None), (200, None), (500, None), (10, 5_000), (0, 0)]:
        opened = await bucket.open("key", start=start, end=end)
        assert await chunks(opened) == bytes(range(200))[start:end]
        assert opened.size_bytes == 200
        await opened.close()


async def test_etags(tmp_path):
    bucket = store(tmp_path, key="one").bucket(BUCKET)
    first = await bucket.open("key")
    await first.close()
    again = await bucket.open("key", etag=first.etag)
    put(tmp_path, "key", "four")
    with pytest.raises(ObjectError, match="pre-conditions"):
        await chunks(again)
    with pytest.raises(ObjectError) as refused:
        await bucket.open("key", etag=first.etag)
    assert (refused.value.code, refused.value.status) == ("PreconditionFailed", 412)


async def test_uploads_appear_whole(tmp_path):
    bucket = store(tmp_path).bucket(BUCKET)
    upload = bucket.upload("deep/down/key")
    await upload.write(b"one")
    assert [page async for page in bucket.list_("")] == []
    await upload.write(b"two")
    await upload.finish()
    await upload.abort()
    assert await chunks(await bucket.open("deep/down/key")) == b"onetwo"
    given_up = bucket.upload("other")
    await given_up.write(b"x")
    await given_up.abort()
    assert not list((tmp_path / ".uploads").iterdir())
    with pytest.raises(ObjectError, match="The specified key does not exist"):
        await bucket.open("other")


async def test_a_key_below_an_object(tmp_path):
    bucket = store(tmp_path, key="x").bucket(BUCKET)
    with pytest.raises(ObjectError, match="cannot be written"):
        await bucket.put("key/below", b"x")
    for key in ("key/below", "key"):
        assert key == "key" or not await exists(bucket, key)
    with pytest.raises(ObjectError, match="The specified bucket does not exist"):
        await LocalBuckets(tmp_path).bucket("none").put("a", b"x")


async def exists(bucket, key):
    try:
        await (await bucket.open(key)).close()
    except ObjectError:
        return False
    return True


async def test_a_folder_is_no_object(tmp_path):
    bucket = store(tmp_path, a__b="x").bucket(BUCKET)
    assert not await exists(bucket, "a")
    assert not await exists(bucket, "a" * 300)


async def test_listing_order_is_that_of_bytes(tmp_path):
    names = ["a", "a-", "a-/x", "a/b", "a/b/c"[:3], "a0", "Z", "é", "a/z/1", "a/z-", "\U0001f600"]
    for name in names:
        if not (tmp_path / BUCKET / name).exists():
            parent = tmp_path / BUCKET / name
            if any(f"{other}/" == name[: len(other) + 1] for other in names if other != name):
                continue
            parent.parent.mkdir(parents=True, exist_ok=True)
            parent.write_text("x")
    bucket = LocalBuckets(tmp_path).bucket(BUCKET)
    keys = [found.key async for page in bucket.list_("") for found in page]
    assert keys == sorted(keys, key=str.encode)
    for prefix in ("", "a", "a-", "a/", "a/z", "none", "é"):
        for after in ("", *keys, "a/", "b"):
            found = [found.key async for page in bucket.list_(prefix, after=after) for found in page]
            assert found == [key for key in keys if key.startswith(prefix) and key.encode() > after.encode()]
