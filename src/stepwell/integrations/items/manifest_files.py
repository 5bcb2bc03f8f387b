"""Manifests: objects that name the data files. One is small enough to be read whole."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from stepwell.integrations.items.content import ObjectAddress, open_content
from stepwell.integrations.items.item import Checkpoint, ItemReaderFailed
from stepwell.integrations.items.reader_config import ReaderConfig
from stepwell.limits import Limits
from stepwell.payload import parse_json

ATHENA: Final = "ATHENA_DATA"
INVENTORY: Final = "S3_INVENTORY"


@dataclass(frozen=True, slots=True)
class DataFiles:
    """What a manifest says: the data files as (bucket, key), how to read them, and the manifest's own ETag."""

    files: tuple[tuple[str, str], ...]
    config: ReaderConfig
    etag: str = ""


async def read_manifest(address: ObjectAddress, start: Checkpoint | None, limits: Limits) -> tuple[str, str]:
    """The text of a manifest and its ETag. Raises `ItemReaderFailed`, also if it changed since, and `ObjectError`."""
    same = Checkpoint(address.key, start.list_etag) if start else None
    content = await open_content(address, same, limits)
    if same:  # which says nothing about the packing
        await content.close()
        content = await open_content(address, None, limits)
    parts, size = [], 0
    try:
        async for piece in content.pieces():
            parts.append(piece)
            size += len(piece)
            if size > limits.item_manifest_bytes_max:
                raise ItemReaderFailed(f"The manifest is larger than {limits.item_manifest_bytes_max} bytes.")
    finally:
        await content.close()
    try:
        return b"".join(parts).decode("utf-8-sig"), content.start.etag
    except UnicodeDecodeError as error:
        raise ItemReaderFailed(f"The manifest is not valid UTF-8: {error.reason}.") from None


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
