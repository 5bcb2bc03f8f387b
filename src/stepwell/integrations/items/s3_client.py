"""Signed requests to S3, or to a store that speaks like it. Addresses, credentials and signatures are botocore's.

Reads and writes of whole objects may be repeated, so a request is tried again after a broken connection, a 5xx or a
request to slow down. Nothing is loaded and no connection is made before the first request.
"""

import asyncio
import base64
import hashlib
from collections.abc import Mapping
from random import Random
from typing import TYPE_CHECKING, Any, Final, Protocol
from urllib.parse import quote, urlencode
from xml.etree import ElementTree

from stepwell.integrations.aws_answer import Refusal
from stepwell.integrations.aws_roles import Principal
from stepwell.integrations.items.source import ObjectError
from stepwell.integrations.sdk_metadata import new_request_id

if TYPE_CHECKING:
    import aiohttp

ATTEMPTS: Final = 4
_PAUSE_S: Final = 0.2
_CONNECT_S: Final = 10.0
_READ_S: Final = 60.0
_CONNECTIONS_MAX: Final = 100
_AGAIN: Final = frozenset({429, 500, 502, 503, 504})
_HASHED_ON_LOOP_BYTES_MAX: Final = 65_536


def endpoint_of(environment: Mapping[str, str]) -> str | None:
    """The address of the store to use instead of AWS's, as the AWS SDKs find it in the environment, or None."""
    return environment.get("AWS_ENDPOINT_URL_S3") or environment.get("AWS_ENDPOINT_URL") or None


class Roles(Protocol):
    """Whoever has credentials for calls in somebody's name (`AwsTasks`)."""

    async def credentials(self, principal: Principal, *, emulated: bool) -> Any:
        """botocore's credentials, None where there are none, or a `Refusal`."""
        ...


class S3Client:
    """A connection pool for one region. `endpoint` (an URL) stands for a store that is not AWS: it gets path-style
    addresses, and `account` as access key where there are no credentials. `roles` knows who a request's principal is;
    without it all requests go in the server's own name.
    """

    def __init__(
        self,
        region: str,
        endpoint: str | None = None,
        *,
        account: str = "000000000000",
        pause_s: float = _PAUSE_S,
        roles: Roles | None = None,
    ) -> None:
        self._region = region
        self._roles = roles
        self._endpoint = endpoint.rstrip("/") if endpoint else None
        self._account = account
        self._pause_s = pause_s
        self._dice = Random()
        self._session: aiohttp.ClientSession | None = None
        self._loading: asyncio.Task[tuple[Any, Any]] | None = None

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def send(
        self,
        method: str,
        bucket: str,
        key: str = "",
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        *,
        principal: Principal | None = None,
    ) -> "aiohttp.ClientResponse":
        """Send a request until it is answered for good, and return the answer, its body not yet read.

        Release it when it has been read. Raises `ObjectError`: S3's refusal, or `ConnectionError` as code where
        nothing answered.
        """
        import aiohttp

        attempt = 0
        while True:
            attempt += 1
            last = attempt == ATTEMPTS
            try:
                response = await self._send_once(method, bucket, key, query or {}, headers or {}, body, principal)
                if response.status < 300:
                    return response
                refusal = _refusal(response.status, response.headers, await response.read(), attempt)
                if response.status not in _AGAIN or last:
                    raise refusal
            except (aiohttp.ClientError, TimeoutError, OSError) as error:
                if last:
                    raise no_answer(error, attempt) from error
            await self.pause(attempt)

    async def pause(self, attempt: int) -> None:
        """Wait before the next attempt: longer each time, and never as long as the neighbour."""
        await asyncio.sleep(self._pause_s * 2**attempt * self._dice.random())

    async def _send_once(
        self,
        method: str,
        bucket: str,
        key: str,
        query: Mapping[str, str],
        headers: Mapping[str, str],
        body: bytes,
        principal: Principal | None,
    ) -> "aiohttp.ClientResponse":
        from yarl import URL

        endpoints, own = await self._ready()
        if principal is not None and self._roles is not None:
            credentials = await self._credentials_of(self._roles, principal)
        else:
            credentials = await self._own(own)
        url, region = self._address(endpoints, bucket, key, query)
        sending = {**headers, "Accept-Encoding": "identity"}
        if body:
            sending["Content-MD5"] = await _off_loop(body, _md5, body)
        signed = await _off_loop(body, self._sign, credentials, method, url, sending, body, region)
        assert self._session is not None
        return await self._session.request(
            method, URL(url, encoded=True), headers=signed, data=body or None, allow_redirects=False
        )

    async def _credentials_of(self, roles: Roles, principal: Principal) -> Any:
        """Those of the role that this is asked for. Raises `ObjectError`."""
        found = await roles.credentials(principal, emulated=self._endpoint is not None)
        if isinstance(found, Refusal):
            raise ObjectError("AccessDenied", found.message)
        return found or await self._own(None)

    async def _ready(self) -> tuple[Any, Any]:
        """The rules that make addresses, and where the server's own credentials are found."""
        if self._session is None:
            import aiohttp

            limits = aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_S, sock_read=_READ_S)
            connector = aiohttp.TCPConnector(limit=_CONNECTIONS_MAX)
            self._session = aiohttp.ClientSession(timeout=limits, connector=connector, auto_decompress=False)
        if self._loading is None:
            self._loading = asyncio.create_task(asyncio.to_thread(_load, self._endpoint is not None))
        from botocore.exceptions import BotoCoreError

        try:
            return await asyncio.shield(self._loading)
        except BotoCoreError as error:
            self._loading = None
            raise ObjectError("NoCredentials", f"Unable to load credentials: {error}") from None

    async def _own(self, found: Any) -> Any:
        """The server's own credentials. Raises `ObjectError`."""
        from botocore.credentials import Credentials
        from botocore.exceptions import BotoCoreError

        if found is not None:
            try:
                return await asyncio.to_thread(found.get_frozen_credentials)  # may ask for fresh ones
            except BotoCoreError as error:
                self._loading = None
                raise ObjectError("NoCredentials", f"Unable to load credentials: {error}") from None
        if self._endpoint is None:
            text = "Unable to load credentials from any of the providers in the chain"
            raise ObjectError("NoCredentials", f"{text} (Service: S3, Status Code: 0)")
        return Credentials(self._account, "none")

    def _address(self, endpoints: Any, bucket: str, key: str, query: Mapping[str, str]) -> tuple[str, str]:
        """The URL of an object and the region to sign for. The signature covers the URL's spelling."""
        from botocore.exceptions import BotoCoreError

        asked: dict[str, Any] = {"Bucket": bucket, "Region": self._region, "UseFIPS": False, "UseDualStack": False}
        asked |= {"Accelerate": False, "UseGlobalEndpoint": False, "UseArnRegion": True, "DisableAccessPoints": False}
        asked |= {"DisableMultiRegionAccessPoints": True, "ForcePathStyle": self._endpoint is not None}
        if self._endpoint is not None:
            asked["Endpoint"] = self._endpoint
        try:
            found = endpoints.resolve_endpoint(**asked)
        except BotoCoreError as error:
            raise ObjectError("InvalidBucketName", f"{error}") from None
        schemes = found.properties.get("authSchemes") or [{}]
        region = schemes[0].get("signingRegion", self._region)
        path = f"/{quote(key, safe='/-_.~')}" if key else ""
        tail = f"?{urlencode(sorted(query.items()), quote_via=quote, safe='-_.~')}" if query else ""
        return f"{found.url}{path}{tail}", region

    @staticmethod
    def _sign(
        credentials: Any, method: str, url: str, headers: dict[str, str], body: bytes, region: str
    ) -> dict[str, str]:
        from botocore.auth import S3SigV4Auth
        from botocore.awsrequest import AWSRequest

        request = AWSRequest(method=method, url=url, data=body, headers=headers)
        S3SigV4Auth(credentials, "s3", region).add_auth(request)
        return dict(request.headers.items())


async def _off_loop(body: bytes, function: Any, *given: Any) -> Any:
    """Hashing a large body takes milliseconds, and needs no lock of the interpreter."""
    if len(body) > _HASHED_ON_LOOP_BYTES_MAX:
        return await asyncio.to_thread(function, *given)
    return function(*given)


def _md5(body: bytes) -> str:
    """S3 checks it, and buckets with object lock insist on it."""
    return base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()


def _load(emulated: bool) -> tuple[Any, Any]:
    """The rules that make addresses, and the credentials of the usual chain (for another store without the instance
    metadata service, which may take seconds to not answer).
    """
    from botocore.endpoint_provider import EndpointProvider
    from botocore.session import Session

    session = Session()
    if emulated:
        session.get_component("credential_provider").remove("iam-role")
    loader = session.get_component("data_loader")
    rules = loader.load_service_model("s3", "endpoint-rule-set-1")
    return EndpointProvider(rules, loader.load_data("partitions")), session.get_credentials()


def member(element: ElementTree.Element, name: str) -> str:
    """The text of a member of an XML answer, whatever its namespace, or the empty text."""
    found = element.find(f"{{*}}{name}")
    return found.text or "" if found is not None else ""


def parse_answer(body: bytes) -> ElementTree.Element:
    """An XML answer of S3. Raises `ObjectError` for anything else."""
    try:
        return ElementTree.fromstring(body)
    except ElementTree.ParseError as error:
        raise ObjectError("InternalError", f"The answer of the store is not XML: {error}") from None


def refusal_in(element: ElementTree.Element, status: int, headers: Mapping[str, str], attempt: int) -> ObjectError:
    """The error that an answer tells, worded as the SDK for Java v2 does it (recorded for `aws-sdk:s3`)."""
    code = member(element, "Code") or f"{status}"
    message = member(element, "Message") or code
    request_id = headers.get("x-amz-request-id") or member(element, "RequestId") or new_request_id()
    extended = headers.get("x-amz-id-2") or member(element, "HostId")
    ids = f"Request ID: {request_id}" + (f", Extended Request ID: {extended}" if extended else "")
    text = f"{message} (Service: S3, Status Code: {status}, {ids}) (SDK Attempt Count: {attempt})"
    return ObjectError(code, text, status)


def _refusal(status: int, headers: Mapping[str, str], body: bytes, attempt: int) -> ObjectError:
    try:
        element = ElementTree.fromstring(body)
    except ElementTree.ParseError:  # also the empty answer to a HEAD, and what proxies say
        element = ElementTree.Element("Error")
        code = {403: "AccessDenied", 404: "NoSuchKey", 412: "PreconditionFailed", 416: "InvalidRange"}.get(status)
        ElementTree.SubElement(element, "Code").text = code or f"{status}"
    return refusal_in(element, status, headers, attempt)


def no_answer(error: BaseException, attempt: int) -> ObjectError:
    """The error where nothing answered, in the SDK's words."""
    text = f"Unable to execute HTTP request: {error or type(error).__name__} (SDK Attempt Count: {attempt})"
    return ObjectError("ConnectionError", text)
