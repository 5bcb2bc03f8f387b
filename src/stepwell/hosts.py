"""By which names this server may be asked.

A page in somebody's browser can have a name of its own lead to this machine (DNS rebinding), and is then of the same
origin as the server, as far as the browser can tell. The browser says that name in the Host header; so a request must
name this machine, or a name that its operator gave. Names that clients put `sync-` before (AWS's host prefix of
StartSyncExecution and TestState) are taken as well.
"""

import ipaddress
import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

_NAME: Final = re.compile(r"(\*\.)?[a-z0-9_]([a-z0-9_.-]{0,251}[a-z0-9_])?", re.ASCII)
_HEADER: Final = re.compile(r"(?:\[(?P<address>[0-9a-f:.]+)\]|(?P<name>[^:\[\]]+?)\.?)(?::[0-9]*)?", re.ASCII)
_AWS: Final = re.compile(r"states(-fips)?\.[a-z0-9-]+\.(amazonaws\.com(\.cn)?|api\.aws)", re.ASCII)
_SYNC: Final = "sync-"
_KNOWN_MAX: Final = 256


def is_host_name(name: str) -> bool:
    """Whether an operator may give this name: a host without its port, `*.` before it stands for all names below."""
    return _NAME.fullmatch(name.lower()) is not None


class Hosts:
    """The names of one server: those of loopback, AWS's own of this service, which no page can have lead here, and
    `names` (`stepwell.internal`, `*.example.org`).
    """

    def __init__(self, names: Iterable[str] = ()) -> None:
        lower = [name.lower() for name in names]
        self._names = frozenset(name for name in lower if not name.startswith("*."))
        self._ends = tuple(name[1:] for name in lower if name.startswith("*."))
        self.has = lru_cache(_KNOWN_MAX)(self._has)  # asked for each request, and mostly the same

    def _has(self, header: bytes) -> bool:
        """Whether a Host header, a port in it or not, names this server."""
        read = _HEADER.fullmatch(header.decode("latin-1").lower())
        if read is None:
            return False
        name = read["address"] or read["name"]
        return self._is_ours(name) or (name.startswith(_SYNC) and self._is_ours(name.removeprefix(_SYNC)))

    def _is_ours(self, name: str) -> bool:
        if name == "localhost" or name in self._names or name.endswith(self._ends):
            return True
        return _is_loopback(name) or _AWS.fullmatch(name) is not None


def _is_loopback(name: str) -> bool:
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
