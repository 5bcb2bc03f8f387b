"""Calls of any AWS API: models, rules, signatures and parsers are botocore's, the connections are ours.

A call is made once and never repeated here: Retry is the definition's business. Nothing is loaded before the first
call; models are read in a thread, once for each service and region. No call holds a thread.
"""

import asyncio
import os
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from stepwell.integrations.answer_body import AnswerBodies
from stepwell.integrations.aws_answer import Answer, Refusal
from stepwell.integrations.aws_roles import Principal, RoleSessions
from stepwell.integrations.circuit import Circuits
from stepwell.integrations.sdk_metadata import NO_CREDENTIALS, new_request_id, no_answer_text

if TYPE_CHECKING:
    import aiohttp

    from stepwell.integrations.aws_parts import Library, Parts, Signed

ANSWER_BYTES_MAX: Final = 6 * 1024 * 1024
_CONNECT_S: Final = 10.0
_READ_S: Final = 900.0
_PARTS_MAX: Final = 128
_REGION: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)
_REQUEST_IDS: Final = ("x-amzn-requestid", "x-amz-request-id", "x-amz-requestid")


class AwsCaller:
    """All connections to AWS, or to the endpoints that stand for it. One for a server.

    `environment` is where AWS_ENDPOINT_URL and its kin are read. Without credentials custom endpoints get the account
    as access key: emulators read it there. `assume`: calls go in the name of the machine's role.
    """

    def __init__(
        self,
        environment: Mapping[str, str] | None = None,
        *,
        answer_bytes_max: int = ANSWER_BYTES_MAX,
        assume: bool = False,
    ) -> None:
        self._environment = os.environ if environment is None else environment
        self._answer_bytes_max = answer_bytes_max
        self._bodies = AnswerBodies(answer_bytes_max)
        self._circuits = Circuits()
        self._session: aiohttp.ClientSession | None = None
        self._library: asyncio.Task[Library] | None = None
        self._parts: dict[tuple[str, str], asyncio.Task[Parts]] = {}
        self._found: dict[bool, asyncio.Task[Any]] = {}
        self._endpoints: dict[str, str | None] = {}
        self._assume = assume
        self._sessions = RoleSessions(self._call_sts)

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def parts(self, service: str, region: str) -> "Parts":
        """Model, rules and parsers of a service (botocore's name). The region is whatever a client called its own.

        Raises `ValueError` for one that cannot be part of a host's name, botocore's UnknownServiceError.
        """
        if not _REGION.fullmatch(region):
            raise ValueError(f"{region!r} is no region")
        loading = self._parts.pop((service, region), None)
        if loading is not None:
            self._parts[service, region] = loading  # now the one used last
        else:
            if len(self._parts) >= _PARTS_MAX:
                del self._parts[next(iter(self._parts))]
            loading = asyncio.create_task(self._load(service, region))
            self._parts[service, region] = loading
        try:
            return await asyncio.shield(loading)
        except Exception:
            self._parts.pop((service, region), None)
            raise

    async def _load(self, service: str, region: str) -> "Parts":
        library = await self._opened()
        from stepwell.integrations.aws_parts import Parts

        return await asyncio.to_thread(Parts, library, service, region)

    async def _opened(self) -> "Library":
        """botocore's own files; importing botocore alone takes a tenth of a second, so a thread does that too."""
        if self._library is None:
            self._library = asyncio.create_task(asyncio.to_thread(_open, self._environment))
        return await asyncio.shield(self._library)

    async def services(self) -> frozenset[str]:
        """The services that botocore knows, by its names."""
        return (await self._opened()).services

    async def endpoint(self, service: str) -> str | None:
        """The configured address of a service, or None for AWS's own."""
        library = await self._opened()
        if service not in self._endpoints:
            self._endpoints[service] = library.endpoint(service)
        return self._endpoints[service]

    async def call(
        self,
        service: str,
        operation_name: str,
        members: dict[str, Any],
        *,
        principal: Principal,
        endpoint: str | None = None,
    ) -> Answer | Refusal:
        """Call an operation (`SendMessage`) once. `members` are spelled as in the model; raises nothing of AWS's."""
        await self._opened()
        from botocore.exceptions import BotoCoreError

        try:
            parts = await self.parts(service, principal.region)
            credentials = await self.credentials(principal, emulated=parts.endpoint is not None)
        except BotoCoreError as error:
            return Refusal("unreachable", str(error))
        if isinstance(credentials, Refusal):
            return credentials
        return await self._call_as(credentials, parts, operation_name, members, endpoint)

    async def _call_as(
        self,
        credentials: Any,
        parts: "Parts",
        operation_name: str,
        members: dict[str, Any],
        endpoint: str | None = None,
    ) -> Answer | Refusal:
        from botocore.exceptions import BotoCoreError, NoCredentialsError

        from stepwell.integrations.aws_parts import UnusableCall

        try:
            operation = parts.operation(operation_name)
            request = parts.request(operation, members, credentials, endpoint)
        except UnusableCall as error:
            if isinstance(error.__cause__, NoCredentialsError):
                return Refusal("unreachable", NO_CREDENTIALS)
            return Refusal("unusable", str(error))
        except BotoCoreError as error:
            return Refusal("unreachable", str(error))
        return await self._send(parts, operation, request)

    async def credentials(self, principal: Principal, *, emulated: bool) -> Any:
        """botocore's credentials for calls in somebody's name (None: there are none), or a `Refusal`.

        The server's own, or those of the roles that are to be assumed one after the other. At an endpoint of one's own,
        which need not have an STS, the task's role says only whose account it is, unless roles are to be assumed.
        """
        if self._assume:
            roles = principal.roles
        elif emulated:
            return await self._own(emulated, principal.task_account or principal.account)
        else:
            roles = principal.roles[1:] if principal.machine_role_arn else principal.roles
        own = await self._own(emulated, principal.account)
        return await self._sessions.get(principal, roles, own) if roles else own

    async def _call_sts(self, credentials: Any, members: dict[str, Any], region: str) -> Answer | Refusal:
        return await self._call_as(credentials, await self.parts("sts", region), "AssumeRole", members)

    async def _own(self, emulated: bool, account: str) -> Any:
        from botocore.credentials import Credentials

        if emulated not in self._found:
            library = await self._opened()
            finding = asyncio.to_thread(library.credentials, emulated=emulated)
            self._found[emulated] = asyncio.create_task(finding)
        found = await asyncio.shield(self._found[emulated])
        if found is None:
            return Credentials(account, "none") if emulated else None
        if hasattr(found, "refresh_needed") and found.refresh_needed():  # asks a metadata service or STS
            found = await asyncio.to_thread(found.get_frozen_credentials)
        return Credentials(found.access_key, found.secret_key, found.token)

    async def _send(self, parts: "Parts", operation: Any, request: "Signed") -> Answer | Refusal:
        import aiohttp
        from yarl import URL

        session = self._connected()
        url = URL(request.url, encoded=True)
        place = url.authority
        untried = self._circuits.refusal(place)
        if untried is not None:
            return Refusal("unreachable", untried)
        try:
            async with session.request(
                request.method,
                url,
                headers=request.headers,
                data=request.body or None,
                allow_redirects=False,
                skip_auto_headers=("Content-Type", "User-Agent", "Accept"),
            ) as response:
                body = await self._bodies.read(response)
                self._circuits.answered(place)
                if body is None:
                    return Refusal("oversize", f"The answer exceeds {self._answer_bytes_max} bytes")
                headers = dict(response.headers.items())
                return _answer(parts, operation, response.status, headers, body, request.context)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            self._circuits.failed(place)
            return Refusal("unreachable", no_answer_text(error))

    def _connected(self) -> "aiohttp.ClientSession":
        if self._session is None:
            import aiohttp

            limits = aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_S, sock_read=_READ_S)
            connector = aiohttp.TCPConnector(limit=0)  # calls of each service are bounded before they get here
            jar = aiohttp.DummyCookieJar()  # what one account was given is nobody else's
            self._session = aiohttp.ClientSession(timeout=limits, connector=connector, cookie_jar=jar)
        return self._session


def _open(environment: Mapping[str, str]) -> "Library":
    from stepwell.integrations.aws_parts import Library

    return Library(environment)


def _answer(
    parts: "Parts", operation: Any, status: int, headers: dict[str, str], body: bytes, context: dict[str, Any]
) -> Answer | Refusal:
    from stepwell.integrations.aws_parts import UnusableCall

    lower = {name.lower(): value for name, value in headers.items()}
    given_id = next((lower[name] for name in _REQUEST_IDS if name in lower), "")
    try:
        status, parsed = parts.parse(operation, status, headers, body, context)
    except UnusableCall as error:
        code = str(status) if status >= 300 else "InvalidResponse"
        return Refusal("refused", str(error), code, status=status, request_id=given_id or new_request_id())
    metadata = parsed.pop("ResponseMetadata", None) or {}
    request_id = metadata.get("RequestId") or given_id or new_request_id()
    if status < 300:
        return Answer(parsed, status, headers, request_id)
    error_members = parsed.get("Error", {})
    code = str(error_members.get("Code") or status)
    message = error_members.get("Message") or parsed.get("message") or parsed.get("Message") or code
    if body.lstrip()[:14].lower().startswith((b"<html", b"<!doctype html")):
        message = f"Service returned HTTP status code {status}"  # a page of some proxy is nothing to show
    extended_id = lower.get("x-amz-id-2", "")
    modelled = str(error_members.get("QueryErrorCode") or code)  # of a service that once spoke the query protocol
    return Refusal("refused", str(message), code, parts.error_shape(modelled), status, request_id, extended_id)
