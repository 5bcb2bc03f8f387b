"""Buckets of S3, over `S3Client`: listing, reading with ranges, writing at once or in parts."""

from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from html import escape
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote_plus
from xml.etree import ElementTree

from stepwell.integrations.aws_roles import Principal
from stepwell.integrations.items.s3_client import ATTEMPTS, S3Client, member, no_answer, parse_answer, refusal_in
from stepwell.integrations.items.source import CHUNK_BYTES, ObjectError, StoredObject, Upload

if TYPE_CHECKING:
    import aiohttp

_PART_BYTES: Final = 8_388_608  # 10,000 parts at most, so an object of 80 GB


class S3Buckets:
    """All buckets that a client reaches."""

    def __init__(self, client: S3Client, principal: Principal | None = None) -> None:
        self._client = client
        self._principal = principal

    def bucket(self, name: str, *, account: str | None = None) -> "S3Bucket":
        """A bucket by name or access point ARN; `account` is sent as its expected owner."""
        return S3Bucket(self._client, name, account, self._principal)

    def of(self, principal: Principal) -> "S3Buckets":
        """The same buckets in somebody's name."""
        return S3Buckets(self._client, principal)

    async def close(self) -> None:
        """Close the client's connections."""
        await self._client.close()


class S3Bucket:
    """One bucket."""

    def __init__(
        self, client: S3Client, name: str, account: str | None = None, principal: Principal | None = None
    ) -> None:
        self.name = name
        self.client = client
        self.headers = {"x-amz-expected-bucket-owner": account} if account else {}
        self._principal = principal

    async def send(
        self, method: str, key: str, query: Mapping[str, str] | None, headers: Mapping[str, str], body: bytes = b""
    ) -> "aiohttp.ClientResponse":
        """As `S3Client.send`, to this bucket."""
        return await self.client.send(method, self.name, key, query, headers, body, principal=self._principal)

    async def list_(self, prefix: str, *, after: str = "") -> AsyncIterator[tuple[StoredObject, ...]]:
        """Pages of up to a thousand objects, in the order of their keys' bytes. Raises `ObjectError`."""
        query = {"list-type": "2", "prefix": prefix, "encoding-type": "url", "max-keys": "1000"}
        if after:
            query["start-after"] = after
        while True:
            answer = await self._ask("GET", "", query)
            page = tuple(_listed(found) for found in answer.findall("{*}Contents"))
            if page:
                yield page
            token = member(answer, "NextContinuationToken")
            if member(answer, "IsTruncated") != "true" or not token:
                return
            query["continuation-token"] = token

    async def open(
        self,
        key: str,
        *,
        version_id: str | None = None,
        start: int = 0,
        end: int | None = None,
        etag: str | None = None,
    ) -> "_OpenedS3Object":
        """Read an object. Raises `ObjectError`."""
        query = {"versionId": version_id} if version_id else {}
        opened = _OpenedS3Object(self, key, query, start, end, etag)
        await opened.connect()
        return opened

    async def put(self, key: str, body: bytes, *, content_type: str = "application/json") -> None:
        """PutObject. Raises `ObjectError`."""
        headers = {**self.headers, "Content-Type": content_type}
        response = await self.send("PUT", key, None, headers, body)
        await response.read()

    def upload(self, key: str, *, content_type: str = "application/json") -> Upload:
        """A multipart upload, or one PutObject if no more than 8 MiB come."""
        return _S3Upload(self, key, content_type)

    async def _ask(
        self, method: str, key: str, query: dict[str, str], headers: dict[str, str] | None = None, body: bytes = b""
    ) -> ElementTree.Element:
        """Send, and read an answer in XML. An error may come with status 200 (CompleteMultipartUpload)."""
        response = await self.send(method, key, query, {**self.headers, **(headers or {})}, body)
        answer = parse_answer(await _read(response))
        if answer.tag.rpartition("}")[2] == "Error":
            raise refusal_in(answer, response.status, response.headers, 1)
        return answer

    async def begin_upload(self, key: str, content_type: str) -> str:
        """CreateMultipartUpload: its id. Raises `ObjectError`."""
        return member(await self._ask("POST", key, {"uploads": ""}, {"Content-Type": content_type}), "UploadId")

    async def put_part(self, key: str, upload_id: str, number: int, part: bytes) -> str:
        """UploadPart: the part's ETag. Raises `ObjectError`."""
        query = {"partNumber": str(number), "uploadId": upload_id}
        response = await self.send("PUT", key, query, self.headers, part)
        await response.read()
        return response.headers.get("ETag", "")

    async def end_upload(self, key: str, upload_id: str, etags: list[str]) -> None:
        """CompleteMultipartUpload. Raises `ObjectError`."""
        parts = "".join(
            f"<Part><ETag>{escape(etag, quote=False)}</ETag><PartNumber>{number}</PartNumber></Part>"
            for number, etag in enumerate(etags, 1)
        )
        space = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'
        body = f"<CompleteMultipartUpload {space}>{parts}</CompleteMultipartUpload>".encode()
        await self._ask("POST", key, {"uploadId": upload_id}, {"Content-Type": "application/xml"}, body)

    async def drop_upload(self, key: str, upload_id: str) -> None:
        """AbortMultipartUpload. Raises `ObjectError`."""
        response = await self.send("DELETE", key, {"uploadId": upload_id}, self.headers)
        await response.read()


async def _read(response: "aiohttp.ClientResponse") -> bytes:
    import aiohttp

    try:
        return await response.read()
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        raise no_answer(error, 1) from error


def _listed(found: ElementTree.Element) -> StoredObject:
    modified = datetime.fromisoformat(member(found, "LastModified").replace("Z", "+00:00"))
    return StoredObject(
        key=unquote_plus(member(found, "Key")),
        size_bytes=int(member(found, "Size") or 0),
        etag=member(found, "ETag"),
        modified_s=modified.timestamp(),
        storage_class=member(found, "StorageClass") or "STANDARD",
    )


class _OpenedS3Object:
    """A response that is being read; when it breaks off, the rest is asked for, of the same ETag."""

    def __init__(
        self, bucket: S3Bucket, key: str, query: dict[str, str], start: int, end: int | None, etag: str | None
    ) -> None:
        self.etag = etag or ""
        self.size_bytes = 0
        self._bucket = bucket
        self._key = key
        self._query = query
        self._at = start
        self._end = end
        self._response: aiohttp.ClientResponse | None = None

    async def connect(self) -> None:
        """Ask for the bytes from where we are."""
        headers = dict(self._bucket.headers)
        if self._at or self._end is not None:
            last = "" if self._end is None else str(self._end - 1)
            headers["Range"] = f"bytes={self._at}-{last}"
        if self.etag:
            headers["If-Match"] = self.etag
        try:
            response = await self._send(headers)
        except ObjectError as error:
            if error.code != "InvalidRange":
                raise
            headers.pop("Range")  # there is nothing there; but is it still the same object?
            response = await self._send(headers)
            self._take(response)
            response.close()
            self._response = None
            return
        self._take(response)

    async def _send(self, headers: dict[str, str]) -> "aiohttp.ClientResponse":
        return await self._bucket.send("GET", self._key, self._query, headers)

    def _take(self, response: "aiohttp.ClientResponse") -> None:
        self._response = response
        self.etag = self.etag or response.headers.get("ETag", "")
        total = response.headers.get("Content-Range", "").rpartition("/")[2] or response.headers.get("Content-Length")
        self.size_bytes = int(total) if total and total.isdecimal() else 0

    async def chunks(self) -> AsyncIterator[bytes]:
        """The bytes. Raises `ObjectError`."""
        import aiohttp

        broken = 0
        while self._response is not None:
            try:
                async for chunk in self._response.content.iter_chunked(CHUNK_BYTES):
                    self._at += len(chunk)
                    broken = 0
                    yield chunk
                await self.close()
                return
            except (aiohttp.ClientError, TimeoutError, OSError) as error:
                broken += 1
                await self.close()
                if broken == ATTEMPTS:
                    raise no_answer(error, broken) from error
            await self._bucket.client.pause(broken)
            await self.connect()

    async def close(self) -> None:
        """Drop the connection if there is more to come on it."""
        if self._response is not None:
            self._response.close()
            self._response = None


class _S3Upload:
    """Parts are sent one after the other, so a slow store slows its writer down and one part is in memory."""

    def __init__(self, bucket: S3Bucket, key: str, content_type: str) -> None:
        self._bucket = bucket
        self._key = key
        self._content_type = content_type
        self._waiting = bytearray()
        self._upload_id = ""
        self._etags: list[str] = []

    async def write(self, data: bytes) -> None:
        self._waiting += data
        while len(self._waiting) > _PART_BYTES:
            part = bytes(self._waiting[:_PART_BYTES])
            del self._waiting[:_PART_BYTES]
            await self._send(part)

    async def _send(self, part: bytes) -> None:
        if not self._upload_id:
            self._upload_id = await self._bucket.begin_upload(self._key, self._content_type)
        number = len(self._etags) + 1
        self._etags.append(await self._bucket.put_part(self._key, self._upload_id, number, part))

    async def finish(self) -> None:
        if not self._upload_id:
            await self._bucket.put(self._key, bytes(self._waiting), content_type=self._content_type)
            return
        await self._send(bytes(self._waiting))
        await self._bucket.end_upload(self._key, self._upload_id, self._etags)
        self._upload_id = ""

    async def abort(self) -> None:
        if self._upload_id:
            try:
                await self._bucket.drop_upload(self._key, self._upload_id)
            except ObjectError:
                pass  # the store's own rules clear it away
            self._upload_id = ""
