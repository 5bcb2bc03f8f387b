"""Manifests: objects that name the data files. One is small enough to be read whole."""

from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from stepwell.integrations.items.content import Content, ObjectAddress, changed, open_content
from stepwell.integrations.items.item import Checkpoint, ItemReaderFailed
from stepwell.integrations.items.reader_config import ReaderConfig
from stepwell.limits import Limits
from stepwell.payload import parse_json

ATHENA: Final = "ATHENA_DATA"


class DataFiles(NamedTuple):
    """What a manifest says: the data files as (bucket, key), and how to read them."""

    files: tuple[tuple[str, str], ...]
    config: ReaderConfig


async def read_manifest(address: ObjectAddress, etag: str, limits: Limits) -> tuple[str, str]:
    """The text of a manifest and its ETag, which must be `etag` if that is not empty.

    Raises `ItemReaderFailed` and `ObjectError`.
    """
    content = await open_content(address, Checkpoint(address.key), limits)
    try:
        if etag and content.start.etag != etag:
            raise changed(address.source)
        raw = await _read_all(content, limits.item_manifest_bytes_max)
    finally:
        await content.close()
    try:
        return raw.decode("utf-8-sig"), content.start.etag
    except UnicodeDecodeError as error:
        raise ItemReaderFailed(f"The manifest is not valid UTF-8: {error.reason}.") from None


async def _read_all(content: Content, bytes_max: int) -> bytes:
    parts, size = [], 0
    async for piece in content.pieces():
        parts.append(piece)
        size += len(piece)
        if size > bytes_max:
            raise ItemReaderFailed(f"The manifest is larger than {bytes_max} bytes.")
    return b"".join(parts)


def manifest_value(text: str) -> Any:
    """A manifest that is JSON. Raises `ItemReaderFailed` (the text is ours)."""
    try:
        return parse_json(text)
    except ValueError as error:
        raise ItemReaderFailed(f"The manifest is not valid JSON: {error}") from None


def bucket_and_key(urls: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """Buckets and keys of `s3://bucket/key` texts. Raises `ItemReaderFailed` for another text."""
    files = []
    for url in urls:
        bucket, _, key = url.removeprefix("s3://").partition("/")
        if not url.startswith("s3://") or not bucket or not key:
            raise ItemReaderFailed(f"The manifest names '{url[:200]}', which is not the address of an S3 object.")
        files.append((bucket, key))
    return tuple(files)
