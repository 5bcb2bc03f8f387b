"""The headers of a request as ASGI gives them, names in lower case."""

from collections.abc import Mapping
from typing import Final

from stepwell.errors import AccessDeniedException
from stepwell.hosts import Hosts

Headers = Mapping[bytes, bytes]

HEADER_BYTES_MAX: Final = 65_536
HEADERS_MAX: Final = 200


def check_host(headers: Headers, hosts: Hosts) -> None:
    """Refuse a name that is not this server's; who names none is no browser. Raises `AccessDeniedException`."""
    host = headers.get(b"host")
    if host is not None and not hosts.has(host):
        raise AccessDeniedException(f"'{shown(host)}' is no name of this server: the setting hosts has its names")


def shown(header: bytes) -> str:
    """A header's value for an error text: short and printable."""
    text = header[:200].decode("latin-1")
    return "".join(letter if letter.isprintable() else "?" for letter in text)
