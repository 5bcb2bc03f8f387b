"""The content of one object, unpacked, from a checkpoint on. The ETag must stay what it was."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

from msgspec import Struct

from stepwell.integrations.items.item import Checkpoint, ItemReaderFailed
from stepwell.integrations.items.source import Bucket, ObjectError, OpenedObject
from stepwell.integrations.items.unpacking import MAGIC_BYTES, packing_of, unpacker
from stepwell.limits import Limits


class ObjectAddress(Struct, frozen=True):
    """One object, or one version of it."""

    bucket: Bucket
    key: str
    version_id: str | None = None

    @property
    def source(self) -> str:
        """`Map.Item.Source` of the items read from here (AWS: context object)."""
        return f"S3://{self.bucket.name}/{self.key}"


class Content:
    """Unpacked bytes of an object from `start` on, which names its ETag and packing."""

    def __init__(self, opened: OpenedObject, start: Checkpoint, limits: Limits) -> None:
        self.start = start
        self._opened = opened
        self._limits = limits

    @property
    def size_bytes(self) -> int:
        """Size of the object as it is stored."""
        return self._opened.size_bytes

    async def close(self) -> None:
        """Give the object up."""
        await self._opened.close()

    async def pieces(self) -> AsyncIterator[bytes]:
        """The bytes, a few hundred KiB at most at a time, the event loop being free in between.

        Raises `ItemReaderFailed` for packed data that is wrong or unpacks to too much, and `ObjectError`.
        """
        done, skip, most = 0, self.start.offset if self.start.packing else 0, self._limits.item_file_bytes_max
        async for piece in self._unpacked():
            done += len(piece)
            if done > most:
                raise ItemReaderFailed(f"The object unpacks to more than {most} bytes.")
            if done > skip:
                yield piece if done - len(piece) >= skip else piece[len(piece) - (done - skip) :]
            await asyncio.sleep(0)

    async def _unpacked(self) -> AsyncIterator[bytes]:
        if not self.start.packing:
            async for chunk in self._opened.chunks():
                yield chunk
            return
        stream = unpacker(self.start.packing)
        async for chunk in self._opened.chunks():
            for piece in stream.feed(chunk):
                yield piece
        stream.finish()


Reopen = Callable[[Checkpoint], Awaitable[Content]]
"""Opens the same content where another checkpoint left it."""


async def open_content(address: ObjectAddress, start: Checkpoint, limits: Limits) -> Content:
    """Open an object where a checkpoint left it; without an ETag in it, at the object's beginning.

    Raises `ItemReaderFailed` if the object has changed since or is too large, and `ObjectError`.
    """
    if start.etag:
        opened = await open_same(address, start.etag, 0 if start.packing else start.offset)
    else:
        first, etag = await _first_bytes(address)
        start = start._replace(etag=etag, packing=packing_of(first))
        opened = await open_same(address, etag)
    if opened.size_bytes > limits.item_file_bytes_max:
        await opened.close()
        raise ItemReaderFailed(f"The object {address.source} is larger than {limits.item_file_bytes_max} bytes.")
    return Content(opened, start, limits)


async def open_same(address: ObjectAddress, etag: str, start: int = 0, end: int | None = None) -> OpenedObject:
    """Open an object that must still have the ETag. Raises `ItemReaderFailed` if it has another, and `ObjectError`."""
    try:
        return await address.bucket.open(
            address.key, version_id=address.version_id, start=start, end=end, etag=etag or None
        )
    except ObjectError as error:
        if error.code == "PreconditionFailed":
            raise changed(address.source) from None
        raise


def changed(source: str) -> ItemReaderFailed:
    """The failure of a run whose object was written anew while it was read (the text is ours)."""
    return ItemReaderFailed(f"The object {source} has changed since the Map Run began to read it.")


async def read_range(address: ObjectAddress, etag: str, start: int, end: int) -> bytes:
    """Some bytes of an object that must still have the ETag. Raises `ItemReaderFailed` and `ObjectError`."""
    opened = await open_same(address, etag, start, end)
    try:
        return b"".join([chunk async for chunk in opened.chunks()])
    finally:
        await opened.close()


async def _first_bytes(address: ObjectAddress) -> tuple[bytes, str]:
    """They tell the packing, and are read by themselves, so that what is read after them is one plain stream."""
    head = await address.bucket.open(address.key, version_id=address.version_id, end=MAGIC_BYTES)
    try:
        return b"".join([chunk async for chunk in head.chunks()]), head.etag
    finally:
        await head.close()
