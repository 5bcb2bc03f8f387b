"""A small S3 for tests: it checks signatures, pages listings, and fails as it is told to.

It knows what the client may rely on: ranges, If-Match, versions, multipart uploads, S3's errors in XML.
"""

import hashlib
from contextlib import asynccontextmanager
from urllib.parse import parse_qsl, quote_plus, unquote
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from aiohttp import web
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

ACCESS, SECRET, REGION = "AKIDEXAMPLE", "secret/key", "eu-central-1"
MESSAGES = {
    "NoSuchKey": (404, "The specified key does not exist."),
    "NoSuchBucket": (404, "The specified bucket does not exist"),
    "PreconditionFailed": (412, "At least one of the pre-conditions you specified did not hold"),
    "InvalidRange": (416, "The requested range is not satisfiable"),
    "AccessDenied": (403, "Access Denied"),
    "SignatureDoesNotMatch": (403, "The request signature we calculated does not match"),
    "SlowDown": (503, "Please reduce your request rate."),
    "InternalError": (500, "We encountered an internal error. Please try again."),
    "NoSuchUpload": (404, "The specified upload does not exist."),
}


def etag_of(body):
    return f'"{hashlib.md5(body).hexdigest()}"'


class FakeS3:
    """`troubles` are used up one a request: an error code, `drop` (no answer), `cut` (half of the body), or None."""

    def __init__(self, **buckets):
        self.buckets = {name: dict(objects) for name, objects in buckets.items()}
        self.uploads = {}
        self.troubles = []
        self.page = 1_000
        self.requests = []
        self.owner = "123456789012"

    async def answer(self, request):
        body = await request.read()
        self.requests.append(f"{request.method} {request.raw_path}")
        trouble = self.troubles.pop(0) if self.troubles else None
        if trouble == "drop":
            request.transport.abort()
            return web.Response()
        if trouble not in {None, "cut"}:
            return refused(trouble)
        if not signed(request, body):
            return refused("SignatureDoesNotMatch")
        if request.headers.get("x-amz-expected-bucket-owner", self.owner) != self.owner:
            return refused("AccessDenied")
        path, _, query = request.raw_path.partition("?")
        bucket, _, key = unquote(path[1:]).partition("/")
        if bucket not in self.buckets:
            return refused("NoSuchBucket")
        query = dict(parse_qsl(query, keep_blank_values=True))
        if not key:
            return self._list(self.buckets[bucket], query)
        return await self._object(request, self.buckets[bucket], key, query, body, cut=trouble == "cut")

    async def _object(self, request, objects, key, query, body, *, cut):
        match request.method:
            case "GET":
                return await self._get(request, objects, key, query, cut=cut)
            case "PUT" if "uploadId" in query:
                if query["uploadId"] not in self.uploads:
                    return refused("NoSuchUpload")
                self.uploads[query["uploadId"]][int(query["partNumber"])] = body
                return web.Response(headers={"ETag": etag_of(body)})
            case "PUT":
                objects[key] = body
                return web.Response(headers={"ETag": etag_of(body)})
            case "POST" if "uploads" in query:
                upload = f"upload/{len(self.uploads)}+="
                self.uploads[upload] = {}
                return xml(
                    f"<InitiateMultipartUploadResult><UploadId>{upload}</UploadId></InitiateMultipartUploadResult>"
                )
            case "POST":
                return self._complete(objects, key, query, body)
            case _:
                self.uploads.pop(query["uploadId"])
                return web.Response(status=204)

    def _complete(self, objects, key, query, body):
        parts = self.uploads.pop(query["uploadId"])
        listed = ElementTree.fromstring(body).findall("{*}Part")
        for part in listed:
            number = int(part.find("{*}PartNumber").text)
            assert part.find("{*}ETag").text == etag_of(parts[number])
        assert [len(parts[number]) for number in sorted(parts)][:-1] == [8_388_608] * (len(parts) - 1)
        if key.startswith("late-error"):
            return xml("<Error><Code>InternalError</Code><Message>Sorry.</Message></Error>")
        objects[key] = b"".join(parts[number] for number in sorted(parts))
        return xml("<CompleteMultipartUploadResult/>")

    async def _get(self, request, objects, key, query, *, cut):
        found = objects.get(f"{key}?{query['versionId']}" if "versionId" in query else key)
        if found is None:
            return refused("NoSuchKey")
        etag = etag_of(found)
        if request.headers.get("If-Match", etag) != etag:
            return refused("PreconditionFailed")
        headers, status, part = {"ETag": etag}, 200, found
        if "Range" in request.headers:
            first, _, last = request.headers["Range"].removeprefix("bytes=").partition("-")
            if int(first) >= len(found):
                return refused("InvalidRange")
            part = found[int(first) : int(last) + 1 if last else None]
            headers["Content-Range"] = f"bytes {first}-{int(first) + len(part) - 1}/{len(found)}"
            status = 206
        if not cut:
            return web.Response(status=status, headers=headers, body=part)
        response = web.StreamResponse(status=status, headers={**headers, "Content-Length": f"{len(part)}"})
        await response.prepare(request)
        await response.write(part[: len(part) // 2])
        request.transport.abort()
        return response

    def _list(self, objects, query):
        after = query.get("continuation-token", "").removeprefix("token ") or query.get("start-after", "")
        keys = sorted((key for key in objects if key.startswith(query["prefix"])), key=str.encode)
        keys = [key for key in keys if key.encode() > after.encode()]
        page, more = keys[: self.page], len(keys) > self.page
        listed = "".join(
            f"<Contents><Key>{quote_plus(key)}</Key><LastModified>2026-09-12T02:37:02.000Z</LastModified>"
            f"<ETag>{etag_of(objects[key]).replace(chr(34), '&quot;')}</ETag><Size>{len(objects[key])}</Size>"
            "<StorageClass>STANDARD</StorageClass></Contents>"
            for key in page
        )
        token = f"<NextContinuationToken>token {escape(page[-1])}</NextContinuationToken>" if more else ""
        truncated = f"<IsTruncated>{str(more).lower()}</IsTruncated>"
        space = "http://s3.amazonaws.com/doc/2006-03-01/"
        return xml(f'<ListBucketResult xmlns="{space}">{listed}{truncated}{token}</ListBucketResult>')


def xml(text, status=200):
    return web.Response(
        status=status, text=f'<?xml version="1.0" encoding="UTF-8"?>\n{text}', content_type="application/xml"
    )


def refused(code):
    status, message = MESSAGES[code]
    answer = xml(f"<Error><Code>{code}</Code><Message>{message}</Message></Error>", status)
    answer.headers.update({"x-amz-request-id": "REQUEST", "x-amz-id-2": "HOST"})
    return answer


def signed(request, body):
    """Whether the signature covers the request as it came over the wire."""
    sent = request.headers.get("Authorization", "")
    scope, names, signature = (part.partition("=")[2] for part in sent.removeprefix("AWS4-HMAC-SHA256 ").split(", "))
    access, _date, region, *_ = scope.split("/")
    if access != ACCESS:
        return access == "000000000000"  # made up for a store that asks for none
    headers = {name: request.headers[name] for name in names.split(";")}
    rebuilt = AWSRequest(request.method, f"http://{request.host}{request.raw_path}", headers, body)
    rebuilt.context["timestamp"] = headers["x-amz-date"]
    auth = S3SigV4Auth(Credentials(ACCESS, SECRET), "s3", region)
    if hashlib.sha256(body).hexdigest() != headers["x-amz-content-sha256"]:
        return False
    text = auth.string_to_sign(rebuilt, auth.canonical_request(rebuilt))
    return region == REGION and auth.signature(text, rebuilt) == signature


@asynccontextmanager
async def served(store):
    """The address of a running store."""
    app = web.Application(client_max_size=1 << 30)
    app.router.add_route("*", "/{path:.*}", store.answer)
    runner = web.AppRunner(app, handler_cancellation=True)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{site._server.sockets[0].getsockname()[1]}"
    finally:
        await runner.cleanup()
