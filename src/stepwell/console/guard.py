"""Whose requests the console's reads answer, while nobody signs in: those of the console's own pages, on this machine.

A page of another origin may make a browser send requests here, and a name of its own may lead here (DNS rebinding). So
the host that a request names must be one of this machine's, and a browser that says where a request comes from must
name this origin.
"""

import ipaddress
from collections.abc import Mapping
from typing import Final

from stepwell.errors import AccessDeniedException

_OWN_SITES: Final = (b"same-origin", b"none")


def check_origin(headers: Mapping[bytes, bytes]) -> None:
    """Refuse what does not come from the console itself. Raises `AccessDeniedException`."""
    host = headers.get(b"host", b"").decode("latin-1")
    if not is_loopback(host):
        raise AccessDeniedException(f"The console answers on loopback addresses only, not as '{host[:100]}'")
    origin = headers.get(b"origin")
    if origin is not None and origin.decode("latin-1").partition("://")[2] != host:
        raise AccessDeniedException("The console does not answer pages of other origins")
    if headers.get(b"sec-fetch-site", b"same-origin") not in _OWN_SITES:
        raise AccessDeniedException("The console does not answer pages of other sites")


def is_loopback(host: str) -> bool:
    """Whether a Host header names this machine by a loopback address."""
    name = host.rpartition("]")[0].lstrip("[") if host.startswith("[") else host.partition(":")[0]
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
