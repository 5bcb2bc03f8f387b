"""What carries frames between nodes: over TCP for real, in memory for a simulation."""

from collections.abc import Callable
from typing import Protocol

Hear = Callable[[bytes], None]
"""Takes a frame that the other end has sent."""

Accept = Callable[["Line"], Hear]
"""Somebody has called: answers who hears what they send. The line is theirs alone, and of a node of this database."""


class CarrierError(Exception):
    """There is no line to a node; the message says why."""


class Line(Protocol):
    """One end of a connection."""

    @property
    def is_free(self) -> bool:
        """Whether it takes more: it stands, and the other end keeps up."""

    def send(self, frame: bytes) -> None:
        """Send a frame; one that is sent to a line that is lost is lost."""

    def close(self) -> None:
        """Hang up. The other end hears of it, this one does not."""


class Carrier(Protocol):
    """Makes lines. Both ends prove that they belong to the same database."""

    async def listen(self, key: bytes, own_id: Callable[[], bytes], accept: Accept) -> str:
        """Take calls for the node `own_id`, which may change; answers at which address. Raises OSError."""

    async def call(self, address: str, node_id: bytes, hear: Hear, lost: Callable[[], None]) -> Line:
        """A line to a node. `lost` is called when the other end hangs up. Raises CarrierError."""

    async def close(self) -> None:
        """Take no more calls, and hang up on those that were taken."""
