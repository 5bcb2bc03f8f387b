"""What the server says of itself."""

from msgspec import Struct

from stepwell import __version__
from stepwell.caller import Caller
from stepwell.operations.service import Service
from stepwell.runtime.watchers import Counts


class StoreFigures(Struct, rename="camel"):
    """What the store did since the server began."""

    groups: int
    commits: int
    bisected: int
    errors: int
    broken: bool


class Overview(Struct, rename="camel"):
    """The server at a glance. `access` is how requests are let in: `loopback` while nobody signs in."""

    version: str
    account: str
    region: str
    started_ms: int
    now_ms: int
    counts: Counts
    store: StoreFigures
    access: str


async def overview(service: Service, caller: Caller) -> Overview:
    """The server at a glance."""
    shard = service.runtime.shard
    counters = shard.counters
    figures = StoreFigures(
        groups=counters["groups"],
        commits=counters["commits"],
        bisected=counters["bisected"],
        errors=counters["store_errors"],
        broken=shard.broken.is_set(),
    )
    return Overview(
        version=__version__,
        account=caller.account,
        region=caller.region,
        started_ms=service.runtime.opened_ms,
        now_ms=service.clock.now_ms(),
        counts=service.runtime.watchers.counts,
        store=figures,
        access="loopback",
    )
