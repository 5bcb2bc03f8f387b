"""A listing of a bucket: each object's metadata is an item (recorded: keys and number form)."""

from collections.abc import AsyncGenerator

from stepwell.integrations.items.item import Block, Checkpoint
from stepwell.integrations.items.source import Bucket, StoredObject


async def read_listing(bucket: Bucket, prefix: str, start: Checkpoint) -> AsyncGenerator[Block, None]:
    """Items of the objects below a prefix, behind the key that the checkpoint names. Raises `ObjectError`.

    Every item is a block of its own: where to go on is its key.
    """
    delivered = start.delivered
    source = f"S3://{bucket.name}"
    async for page in bucket.list_(prefix, after=start.key):
        for found in page:
            yield Block([listed_item(found)], Checkpoint(found.key, delivered=delivered), source)
            delivered += 1


def listed_item(found: StoredObject) -> dict[str, object]:
    """An object's item: LastModified counts seconds from 1970 and is a Java double (recorded)."""
    return {
        "Etag": found.etag,
        "Key": found.key,
        "LastModified": float(found.modified_s),
        "Size": found.size_bytes,
        "StorageClass": found.storage_class,
    }
