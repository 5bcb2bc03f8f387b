"""The way out: how many calls of one service are made at once, and how fast. The others wait in line, first come first.

A service is counted as one whether it is called by an optimized integration or by `aws-sdk:`. What waits holds a
coroutine and nothing else; a task that is stopped or timed out meanwhile leaves the line.
"""

import asyncio
import re
from collections.abc import Mapping
from typing import Final

from msgspec import Struct

ALL_OTHERS: Final = "*"
CALLS_MAX: Final = 1_000
"""Calls of one service at once, if nothing else is said (AWS: the concurrency of Lambda functions in an account)."""
_LIMIT: Final = re.compile(r"([a-z0-9-]+|\*)=([0-9]{1,6})(?:@([0-9]{1,6}(?:\.[0-9]{1,3})?))?", re.ASCII)


class ServiceLimit(Struct, frozen=True):
    """Calls at once, and calls that begin in a second (None: as they come)."""

    calls_max: int = CALLS_MAX
    per_second: float | None = None


class InvalidLimits(ValueError):
    """The text says no limits."""


def read_limits(text: str) -> dict[str, ServiceLimit]:
    """Limits as a setting has them: `lambda=200,sqs=50@20,*=100`. Raises `InvalidLimits`."""
    found: dict[str, ServiceLimit] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        matched = _LIMIT.fullmatch(part)
        if matched is None or int(matched[2]) == 0 or (matched[3] is not None and float(matched[3]) == 0):
            raise InvalidLimits(f"{part!r} is not SERVICE=AT_ONCE or SERVICE=AT_ONCE@PER_SECOND, such as sqs=50@20")
        found[matched[1]] = ServiceLimit(int(matched[2]), None if matched[3] is None else float(matched[3]))
    return found


class Gate:
    """The line of one service. A call begins behind `await enter()`, and `leave()` follows its end."""

    __slots__ = ("_free_at_s", "_per_second", "_room")

    def __init__(self, limit: ServiceLimit) -> None:
        self._room = asyncio.Semaphore(limit.calls_max)
        self._per_second = limit.per_second
        self._free_at_s = 0.0

    @property
    def is_open(self) -> bool:
        """Whether a call may begin at once."""
        return self._per_second is None and not self._room.locked()

    async def enter(self) -> None:
        """Wait until there is room, and it is this call's time."""
        await self._room.acquire()
        if self._per_second is not None:
            try:
                await self._wait_for_its_second(self._per_second)
            except BaseException:
                self._room.release()
                raise

    def leave(self) -> None:
        """Make room for the next."""
        self._room.release()

    async def _wait_for_its_second(self, per_second: float) -> None:
        """Calls begin evenly: an even flow is what a service's own limit wants."""
        now_s = asyncio.get_running_loop().time()
        at_s = max(now_s, self._free_at_s)
        self._free_at_s = at_s + 1 / per_second
        if at_s > now_s:
            await asyncio.sleep(at_s - now_s)


class Outbound:
    """The gates of a server, one for each service that was ever called. One for all its executions."""

    def __init__(self, limits: Mapping[str, ServiceLimit] | None = None) -> None:
        """`limits` by service (`lambda`, `sqs`); `*` stands for those that are not named."""
        self._limits = dict(limits or {})
        self._gates: dict[str, Gate] = {}

    def passage(self, service: str) -> Gate:
        """The gate of calls of a service (`sqs`, `aws-sdk:sqs`)."""
        gate = self._gates.get(service)
        if gate is None:
            name = service.removeprefix("aws-sdk:")
            gate = self._gates.get(name) or self._gate(name)
            self._gates[service] = gate
        return gate

    def _gate(self, name: str) -> Gate:
        limit = self._limits.get(name) or self._limits.get(ALL_OTHERS) or ServiceLimit()
        gate = self._gates[name] = Gate(limit)
        return gate
