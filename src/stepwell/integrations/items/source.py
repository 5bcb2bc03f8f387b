"""Where the objects of a distributed Map live: a bucket, whichever kind it is.

Readers and writers know these protocols and nothing of S3 or folders. Everything is streamed: nobody holds an object
whole, and a slow reader slows the source down.
"""

from collections.abc import AsyncIterator
from typing import Final, Protocol

from msgspec import Struct

from stepwell.integrations.aws_roles import Principal

CHUNK_BYTES: Final = 131_072


class StoredObject(Struct, frozen=True):
    """What a listing says of one object. `etag` has its quotes; `modified_s` counts from 1970."""

    key: str
    size_bytes: int
    etag: str
    modified_s: float
    storage_class: str = "STANDARD"


class ObjectError(Exception):
    """The bucket's refusal: S3's code (`NoSuchKey`), and the message as AWS's SDK words it."""

    def __init__(self, code: str, message: str, status: int = 0) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status


class OpenedObject(Protocol):
    """An object that is being read. `etag` has its quotes; `size_bytes` is that of the whole object."""

    @property
    def etag(self) -> str: ...

    @property
    def size_bytes(self) -> int: ...

    def chunks(self) -> AsyncIterator[bytes]:
        """The bytes asked for, once, in pieces of at most 128 KiB. Raises `ObjectError`, also for a changed object."""
        ...

    async def close(self) -> None:
        """Give the object up; harmless when it has been read to its end."""
        ...


class Upload(Protocol):
    """An object that is being written; it exists for others when `finish` has returned, or not at all."""

    async def write(self, data: bytes) -> None:
        """Append. Waits while the bucket is busy. Raises `ObjectError`."""
        ...

    async def finish(self) -> None:
        """Make the object appear. Raises `ObjectError`."""
        ...

    async def abort(self) -> None:
        """Forget what was written. Never raises `ObjectError`."""
        ...


class Bucket(Protocol):
    """One bucket."""

    @property
    def name(self) -> str: ...

    def list_(self, prefix: str, *, after: str = "") -> AsyncIterator[tuple[StoredObject, ...]]:
        """Pages of the objects below `prefix` whose key is greater than `after`, in the order of their keys' bytes.

        Raises `ObjectError`.
        """
        ...

    async def open(
        self,
        key: str,
        *,
        version_id: str | None = None,
        start: int = 0,
        end: int | None = None,
        etag: str | None = None,
    ) -> OpenedObject:
        """Read the bytes from `start` up to `end` (exclusive; None is the object's end).

        Raises `ObjectError`: `NoSuchKey`, `PreconditionFailed` if the object's ETag is not `etag`, and S3's others. A
        `start` at or beyond the end gives no bytes.
        """
        ...

    async def put(self, key: str, body: bytes, *, content_type: str = "application/json") -> None:
        """Write an object in one go, replacing what is there. Raises `ObjectError`."""
        ...

    def upload(self, key: str, *, content_type: str = "application/json") -> Upload:
        """Write an object piece by piece (S3's multipart upload where it is large)."""
        ...


class Buckets(Protocol):
    """All the buckets of a region."""

    def bucket(self, name: str, *, account: str | None = None) -> Bucket:
        """A bucket by name (or access point ARN); `account` is its expected owner. Nothing is asked yet.

        Raises `ObjectError` for a name that no bucket can have.
        """
        ...

    def of(self, principal: Principal) -> "Buckets":
        """The same buckets, as whoever the calls are made for may see them."""
        ...
