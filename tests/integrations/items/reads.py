"""Reading small objects from a folder, wholly and from each checkpoint."""

from contextlib import aclosing

from stepwell.integrations.items import Checkpoint, ItemReaderFailed, LocalBuckets, ReaderConfig, read_items
from stepwell.limits import AWS

BUCKET = "data"


def store(folder, **objects):
    """Buckets with one bucket; keys' slashes are written as `__`, dots as `_dot_`."""
    for name, body in objects.items():
        put(folder, name.replace("_dot_", ".").replace("__", "/"), body)
    (folder / BUCKET).mkdir(exist_ok=True)
    return LocalBuckets(folder)


def put(folder, key, body):
    path = folder / BUCKET / key
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(body if isinstance(body, bytes) else body.encode())


async def read(buckets, config, key="key", resume=None, limits=AWS, **parameters):
    """The items as a list of `Item`."""
    asked = {"Bucket": BUCKET, "Key": key, **parameters}
    async with aclosing(read_items(config, asked, buckets, resume=resume, limits=limits)) as items:
        return [item async for item in items]


async def values(buckets, config, key="key", **given):
    return [item.value for item in await read(buckets, config, key, **given)]


async def cause(buckets, config, key="key", **given):
    """The cause with which reading fails; an AssertionError if it does not."""
    try:
        items = await read(buckets, config, key, **given)
    except ItemReaderFailed as failed:
        return failed.cause
    raise AssertionError(f"read {len(items)} items")


async def check_resume(buckets, config, key="key", **given):
    """From the checkpoint of each item on, reading gives the rest, with the same checkpoints' counts."""
    items = await read(buckets, config, key, **given)
    whole = [item.value for item in items]
    assert [item.checkpoint.delivered for item in items] == list(range(1, len(items) + 1))
    for done, item in enumerate(items, 1):
        kept = Checkpoint.parse(item.checkpoint.text)
        assert kept == item.checkpoint
        rest = await read(buckets, config, key, resume=kept, **given)
        assert [one.value for one in rest] == whole[done:]
        assert [one.checkpoint.delivered for one in rest] == list(range(done + 1, len(whole) + 1))
        assert {one.source for one in rest} <= {one.source for one in items}
    return whole


JSON = ReaderConfig(input_type="JSON")
JSONL = ReaderConfig(input_type="JSONL")
CSV = ReaderConfig(input_type="CSV", csv_header_location="FIRST_ROW")
