"""Buckets in a folder, for people without S3: the object `key` of a bucket is the file `<folder>/<bucket>/<key>`.

A key that would leave its bucket, or that names no single file (`a//b`, `../a`), has no object. An ETag is made of the
file's size and its time of change. Objects appear whole: they are written beside the buckets and moved.
"""

import asyncio
import os
import re
import secrets
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import BinaryIO, Final

from stepwell.integrations.aws_roles import Principal
from stepwell.integrations.items.source import CHUNK_BYTES, ObjectError, StoredObject, Upload
from stepwell.integrations.sdk_metadata import new_request_id

_BUCKET: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,62}")
_UPLOADS: Final = ".uploads"
_PAGE: Final = 1_000


class LocalBuckets:
    """The buckets in a folder. A bucket is a folder in it; writing makes none."""

    def __init__(self, folder: str | Path) -> None:
        self._folder = Path(folder)

    def bucket(self, name: str, *, account: str | None = None) -> "LocalBucket":
        """A bucket by name; it has no owner, so `account` does not matter. Raises `ObjectError`."""
        if not _BUCKET.fullmatch(name) or ".." in name:
            raise refusal("InvalidBucketName", "The specified bucket is not valid.", 400)
        return LocalBucket(self._folder, name)

    def of(self, principal: Principal) -> "LocalBuckets":
        """A folder asks nobody who they are."""
        return self


class LocalBucket:
    """One bucket in a folder."""

    def __init__(self, folder: Path, name: str) -> None:
        self.name = name
        self._folder = folder
        self._root = folder / name

    async def list_(self, prefix: str, *, after: str = "") -> AsyncIterator[tuple[StoredObject, ...]]:
        """Pages of a thousand objects in the order of their keys' bytes. Raises `ObjectError`."""
        await asyncio.to_thread(self._check)
        found = _walk(self._root, "", prefix.encode(errors="replace"), after.encode(errors="replace"))
        while page := await asyncio.to_thread(_take, found):
            yield page

    async def open(
        self,
        key: str,
        *,
        version_id: str | None = None,
        start: int = 0,
        end: int | None = None,
        etag: str | None = None,
    ) -> "_OpenedFile":
        """Read a file. Raises `ObjectError`; there are no versions."""
        if version_id not in {None, "null"}:
            raise refusal("NoSuchVersion", "The specified version does not exist.", 404)
        return await asyncio.to_thread(self._open, key, start, end, etag)

    async def put(self, key: str, body: bytes, *, content_type: str = "application/json") -> None:
        """Write a file. Raises `ObjectError`."""
        upload = self.upload(key, content_type=content_type)
        try:
            await upload.write(body)
            await upload.finish()
        finally:
            await upload.abort()

    def upload(self, key: str, *, content_type: str = "application/json") -> Upload:
        """Write a file piece by piece; a folder keeps no content type."""
        return _FileUpload(self, key)

    def _check(self) -> None:
        if not self._root.is_dir():
            raise refusal("NoSuchBucket", "The specified bucket does not exist", 404)

    def path(self, key: str) -> Path | None:
        """The file of a key, or None if the key cannot have one. Raises `ObjectError` without the bucket."""
        self._check()
        parts = key.split("/")
        if not all(part and part not in {".", ".."} and "\0" not in part and "\\" not in part for part in parts):
            return None
        path = self._root.joinpath(*parts)
        try:
            inside = path.resolve().is_relative_to(self._root.resolve())  # links may lead anywhere
        except (OSError, RuntimeError, UnicodeEncodeError):
            return None
        return path if inside else None

    def beside(self) -> Path:
        """A new name for a file that is being written, on the same file system."""
        uploads = self._folder / _UPLOADS
        uploads.mkdir(exist_ok=True)
        return uploads / secrets.token_hex(16)

    def _open(self, key: str, start: int, end: int | None, etag: str | None) -> "_OpenedFile":
        path = self.path(key)
        missing = refusal("NoSuchKey", "The specified key does not exist.", 404)
        if path is None:
            raise missing
        try:
            file = path.open("rb")
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            raise missing from None
        except OSError as error:
            raise refusal("AccessDenied", f"Access Denied: {error.strerror}", 403) from None
        opened = _OpenedFile(file, start, end)
        if etag is not None and opened.etag != etag:
            file.close()
            raise _changed()
        return opened


class _OpenedFile:
    def __init__(self, file: BinaryIO, start: int, end: int | None) -> None:
        self._file = file
        status = os.fstat(file.fileno())
        self.etag = _etag(status)
        self.size_bytes = status.st_size
        self._left = max((self.size_bytes if end is None else min(end, self.size_bytes)) - start, 0)
        file.seek(start)

    async def chunks(self) -> AsyncIterator[bytes]:
        """The bytes; a file that is changed under its reader is found out at the end."""
        try:
            while self._left:
                chunk = await asyncio.to_thread(self._file.read, min(CHUNK_BYTES, self._left))
                if not chunk:
                    raise _changed()
                self._left -= len(chunk)
                yield chunk
            if _etag(os.fstat(self._file.fileno())) != self.etag:
                raise _changed()
        finally:
            self._file.close()

    async def close(self) -> None:
        """Close the file."""
        self._file.close()


class _FileUpload:
    def __init__(self, bucket: LocalBucket, key: str) -> None:
        self._bucket = bucket
        self._key = key
        self._file: BinaryIO | None = None
        self._beside: Path | None = None

    async def write(self, data: bytes) -> None:
        await asyncio.to_thread(self._write, data)

    async def finish(self) -> None:
        await asyncio.to_thread(self._finish)

    async def abort(self) -> None:
        await asyncio.to_thread(self._abort)

    def _write(self, data: bytes) -> None:
        try:
            if self._file is None:
                self._bucket.path(self._key)  # is there a bucket?
                self._beside = self._bucket.beside()
                self._file = self._beside.open("wb")
            self._file.write(data)
        except OSError as error:
            raise refusal("InternalError", f"The object cannot be written: {error.strerror}", 500) from None

    def _finish(self) -> None:
        self._write(b"")
        file, beside, path = self._file, self._beside, self._bucket.path(self._key)
        assert file is not None and beside is not None
        if path is None:
            raise refusal("InvalidArgument", "A key of a local bucket must be the path of a file.", 400)
        try:
            file.flush()
            os.fsync(file.fileno())
            file.close()
            path.parent.mkdir(parents=True, exist_ok=True)
            beside.replace(path)
        except OSError as error:
            raise refusal("InternalError", f"The object cannot be written: {error.strerror}", 500) from None
        self._beside = None

    def _abort(self) -> None:
        try:
            if self._file is not None:
                self._file.close()
            if self._beside is not None:
                self._beside.unlink(missing_ok=True)
        except OSError:
            pass  # what is left over takes room, and nothing else


def refusal(code: str, message: str, status: int) -> ObjectError:
    """An error of S3, worded as the SDK does it."""
    request = f"(Service: S3, Status Code: {status}, Request ID: {new_request_id()})"
    return ObjectError(code, f"{message} {request} (SDK Attempt Count: 1)", status)


def _changed() -> ObjectError:
    return refusal("PreconditionFailed", "At least one of the pre-conditions you specified did not hold", 412)


def _etag(status: os.stat_result) -> str:
    return f'"{status.st_size:x}-{status.st_mtime_ns:x}"'


def _take(found: Iterator[StoredObject]) -> tuple[StoredObject, ...]:
    page = []
    for stored in found:
        page.append(stored)
        if len(page) == _PAGE:
            break
    return tuple(page)


def _walk(folder: Path, above: str, prefix: bytes, after: bytes) -> Iterator[StoredObject]:
    """Objects of a folder in the order of their keys' bytes: a folder's key ends in a slash. Links are passed over."""
    try:
        with os.scandir(folder) as entries:
            found = sorted((_listed_key(entry, above), entry.name) for entry in entries if _is_listed(entry))
    except OSError:
        return
    for key, name in found:
        if key.endswith(b"/"):
            within = key.startswith(prefix) or prefix.startswith(key)
            if within and (key > after or after.startswith(key)):
                yield from _walk(folder / name, key.decode(), prefix, after)
        elif key.startswith(prefix) and key > after:
            try:
                status = (folder / name).stat()
            except OSError:
                continue  # it went away
            yield StoredObject(key.decode(), status.st_size, _etag(status), float(status.st_mtime_ns // 1_000_000_000))


def _is_listed(entry: "os.DirEntry[str]") -> bool:
    if entry.name.isprintable() or not any("\udc80" <= character <= "\udcff" for character in entry.name):
        return entry.is_dir(follow_symlinks=False) or entry.is_file(follow_symlinks=False)
    return False  # not UTF-8: no key


def _listed_key(entry: "os.DirEntry[str]", above: str) -> bytes:
    return f"{above}{entry.name}{'/' if entry.is_dir(follow_symlinks=False) else ''}".encode()
