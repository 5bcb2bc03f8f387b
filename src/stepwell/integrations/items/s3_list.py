"""A listing of a bucket: each object's metadata is an item (recorded: keys and number form)."""

from collections.abc import AsyncIterator

from stepwell.integrations.items.item import Block, Checkpoint
from stepwell.integrations.items.source import Bucket, StoredObject


async def read_listing(bucket: Bucket, prefix: str, start: Checkpoint | None) -> AsyncIterator[Block]:
    """Items of the objects below a prefix, behind the key that the checkpoint names. Raises `ObjectError`.

    Every item is a block of its own in this: its checkpoint is its key.
    """
    delivered = start.delivered if start else 0
    after = start.key if start else ""
    source = f"S3://{bucket.name}"
    async for page in bucket.list_(prefix, after=after):
        for found in page:
            at = Checkpoint(found.key, delivered=delivered)
            delivered += 1
            yield Block([listed_item(found)], at, source)


def listed_item(found: StoredObject) -> dict[str, object]:
    """An object's item: LastModified counts seconds from 1970 and is a Java double (recorded)."""
    return {
        "Etag": found.etag,
        "Key": found.key,
        "LastModified": float(found.modified_s),
        "Size": found.size_bytes,
        "StorageClass": found.storage_class,
    }
