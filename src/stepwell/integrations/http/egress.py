"""Calls to addresses that come out of workflows' data. What may be called is decided when a connection is made.

Rules (SSRF):
* Only public addresses; others where the server's settings allow their network. What a name means is looked at once,
  and the address that was judged is the address connected to, so a name that means something else the next time gains
  nothing. Spellings of addresses do not matter for the same reason.
* https only; plain http to allowed networks alone.
* No redirect is followed, no proxy of the environment used, no cookie kept.
* Bodies are counted as they come, and compressed ones as they grow.

A host that does not answer is left alone for a while (`circuit`), so that calls of others are not kept waiting.
"""

import asyncio
import socket
import ssl
import zlib
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from stepwell.integrations.circuit import Circuits

if TYPE_CHECKING:
    import aiohttp

Network = IPv4Network | IPv6Network
ANSWER_BYTES_MAX: Final = 262_144
TOTAL_S: Final = 60.0
_CHUNK_BYTES: Final = 65_536
_ROUTED_V6: Final = IPv6Network("2000::/3")
_TUNNELS_V6: Final = (IPv6Network("2001::/32"), IPv6Network("2002::/16"))  # an IPv4 address is wrapped in these
_SPECIAL_V4: Final = (  # what Python's own list leaves out, or did at some time
    *(IPv4Network("100.64.0.0/10"), IPv4Network("192.0.0.0/24")),
    *(IPv4Network("192.88.99.0/24"), IPv4Network("198.18.0.0/15")),
    IPv4Network("168.63.129.16/32"),  # public by its number, but what answers there is the host of an Azure machine
)
_FORBIDDEN: Final = "has no address that may be called from here"
_WINDOW: Final = {"gzip": 31, "x-gzip": 31, "deflate": 15}


class NoAnswer(Exception):
    """Nothing answered, or nothing may be asked; the message says why."""


class Oversize(Exception):
    """The answer is larger than any payload may be."""


class Unreadable(Exception):
    """The answer is packed in a way that cannot be read."""


class _NotAllowed(OSError):
    """The address is none that workflows may call."""


class Response(Struct, frozen=True):
    """An answer; `headers` as they came, in their order."""

    status: int
    reason: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str:
        """The first value of a header, or the empty text."""
        return next((value for key, value in self.headers if key.lower() == name), "")


def read_networks(text: str) -> tuple[Network, ...]:
    """Networks in CIDR notation, separated by commas. Raises `ValueError` for anything else."""
    return tuple(ip_network(part.strip()) for part in text.split(",") if part.strip())


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether an address belongs to the internet at large: no private, local, shared, multicast or tunnelled one."""
    if isinstance(address, IPv6Address):
        if address not in _ROUTED_V6 or any(address in tunnel for tunnel in _TUNNELS_V6):
            return False
    elif any(address in network for network in _SPECIAL_V4):
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved)


class Egress:
    """Connections to addresses that workflows name. One for a server.

    `allowed` networks may be called besides public ones, over plain http too.
    """

    def __init__(
        self, allowed: Iterable[Network] = (), *, total_s: float = TOTAL_S, answer_bytes_max: int = ANSWER_BYTES_MAX
    ) -> None:
        self._allowed = tuple(allowed)
        self._total_s = total_s
        self._answer_bytes_max = answer_bytes_max
        self._sessions: dict[str, aiohttp.ClientSession] = {}
        self._circuits = Circuits()

    async def close(self) -> None:
        """Close the connections."""
        for session in self._sessions.values():
            await session.close()
        self._sessions.clear()

    async def request(
        self, method: str, url: str, headers: dict[str, str], body: bytes | None, *, authority: str | None = None
    ) -> Response:
        """Ask once. `authority`: the certificate (PEM) of who vouches for the host, in the place of the usual ones.

        Raises `NoAnswer`, `Oversize`, `Unreadable`.
        """
        import aiohttp
        from yarl import URL

        try:
            target = URL(url, encoded=True)
            host = target.authority
        except ValueError as error:
            raise NoAnswer(_why(error)) from error
        if target.scheme not in ("http", "https") or not target.host:
            raise NoAnswer("The address is none of an HTTP API")
        untried = self._circuits.refusal(host)
        if untried is not None:
            raise NoAnswer(untried)
        try:
            async with (
                asyncio.timeout(self._total_s),
                self._session(target.scheme).request(
                    method,
                    target,
                    headers=headers,
                    data=body,
                    allow_redirects=False,
                    ssl=True if authority is None else ssl.create_default_context(cadata=authority),
                    skip_auto_headers=("Accept", "Accept-Encoding", "Content-Type", "User-Agent"),
                ) as response,
            ):
                self._circuits.answered(host)
                return await self._read(method, response)
        except TimeoutError:
            self._circuits.failed(host)
            raise NoAnswer("Read timed out") from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            why = _why(error)
            if not why.endswith(_FORBIDDEN):
                self._circuits.failed(host)
            raise NoAnswer(why) from error

    async def _read(self, method: str, response: "aiohttp.ClientResponse") -> Response:
        encoding = response.headers.get("Content-Encoding", "").strip().lower()
        unpack = _Unpacking(encoding if method != "HEAD" else "", self._answer_bytes_max)
        async for chunk in response.content.iter_chunked(_CHUNK_BYTES):
            if not unpack.take(chunk):
                response.close()
                raise Oversize
        headers = tuple((name, value) for name, value in response.headers.items())
        return Response(response.status, response.reason or "", headers, bytes(unpack.body))

    def _session(self, scheme: str) -> "aiohttp.ClientSession":
        if scheme not in self._sessions:
            import aiohttp

            def guarded(info: Any) -> socket.socket:
                family, kind, proto, _, address = info
                if not self.may_call(str(address[0]), scheme):
                    raise _NotAllowed("the address is not public")
                return socket.socket(family, kind, proto)

            # calls are bounded before they get here
            connector = aiohttp.TCPConnector(limit=0, use_dns_cache=False, socket_factory=guarded)
            self._sessions[scheme] = aiohttp.ClientSession(
                connector=connector,
                timeout=aiohttp.ClientTimeout(total=None),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                trust_env=False,
            )
        return self._sessions[scheme]

    def may_call(self, address: str, scheme: str) -> bool:
        """Whether a connection to an address (a numeric one) may be made."""
        try:
            judged = ip_address(address)
        except ValueError:
            return False
        if isinstance(judged, IPv6Address) and judged.ipv4_mapped is not None:
            judged = judged.ipv4_mapped
        if any(judged in network for network in self._allowed if network.version == judged.version):
            return True
        return scheme == "https" and is_public(judged)


class _Unpacking:
    """A body as it comes, unpacked no further than it may grow."""

    def __init__(self, encoding: str, bytes_max: int) -> None:
        if encoding not in ("", "identity", *_WINDOW):
            raise Unreadable(f"Unsupported response content-encoding '{encoding}'.")
        self._inflate = zlib.decompressobj(_WINDOW[encoding]) if encoding in _WINDOW else None
        self._bytes_max = bytes_max
        self.body = bytearray()

    def take(self, chunk: bytes) -> bool:
        """Add a piece; False as soon as the whole is too large."""
        if self._inflate is not None:
            try:
                chunk = self._inflate.decompress(chunk, self._bytes_max - len(self.body) + 1)
            except zlib.error as error:
                raise Unreadable(f"The response is not what its content-encoding says: {error}") from None
        self.body += chunk
        return len(self.body) <= self._bytes_max


def _why(error: BaseException) -> str:
    """Why nothing answered. Of addresses that may not be called nothing more is told: not whether something is there.

    A name may have several addresses: what kept us from the first of them is the reason.
    """
    cause = getattr(error, "os_error", None) or error
    if "the address is not public" in str(cause):
        return f"{getattr(error, 'host', 'The host')} {_FORBIDDEN}"
    if isinstance(cause, socket.gaierror):
        return f"{getattr(error, 'host', 'The host')}: Name or service not known"
    return str(error) or type(error).__name__
