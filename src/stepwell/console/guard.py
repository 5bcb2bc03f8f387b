"""Whose requests the console's reads answer, while nobody signs in: those of the console's own pages, on this machine.

A page of another origin may make a browser send requests here, and a name of its own may lead here (`hosts` says more).
So the host that a request names must be one of this server's, and a browser that says where a request comes from must
name this origin.
"""

from collections.abc import Mapping
from typing import Final

from stepwell.errors import AccessDeniedException
from stepwell.hosts import Hosts

_OWN_SITES: Final = (b"same-origin", b"none")


def check_origin(headers: Mapping[bytes, bytes], hosts: Hosts) -> None:
    """Refuse what does not come from the console itself. Raises `AccessDeniedException`."""
    host = headers.get(b"host", b"")
    if not hosts.has(host):
        shown = host[:100].decode("latin-1")
        raise AccessDeniedException(f"'{shown}' is no name of this server: the setting hosts has its names")
    origin = headers.get(b"origin")
    if origin is not None and origin.partition(b"://")[2] != host:
        raise AccessDeniedException("The console does not answer pages of other origins")
    if headers.get(b"sec-fetch-site", b"same-origin") not in _OWN_SITES:
        raise AccessDeniedException("The console does not answer pages of other sites")
