"""A database that was restored from a copy: what its executions did after the copy was made is not known.

So those that were open then are aborted, before anything else happens to them: a call that was made since is not made
again, unless somebody redrives its execution. That is written down for each shard until all of it is done, so a server
that is killed meanwhile leaves nothing out.
"""

from collections.abc import Awaitable, Callable
from typing import Final

from stepwell.engine.events import StopRequested
from stepwell.runtime.identity import TokenKeys
from stepwell.store.protocol import Store

END: Final = StopRequested(
    "States.Runtime",
    "The database was restored from a copy. What this execution did after the copy was made is not known, so it does "
    "not go on by itself; it can be redriven.",
)
"""How such an execution ends."""

_MARK: Final = b"restored"


async def mark_restored(store: Store) -> None:
    """Let what is open in this database be aborted as soon as a server drives it. Raises StoreError.

    Task tokens that were given out before are worth nothing any more: attempts since the copy may have had the same
    numbers as those to come.
    """
    await TokenKeys.begin_anew(store)
    nodes, _ = await store.load_nodes()
    for node in nodes:
        await store.remove_node(node.id)  # it lives where the copy was made, if anywhere
    for shard in range(store.shards):
        await store.put_meta(_key(shard), _MARK)


async def is_restored(store: Store, shard: int) -> bool:
    """Whether executions of a shard are still to be aborted."""
    return await store.meta(_key(shard)) == _MARK


async def end_all(store: Store, shard: int, end: Callable[[bytes], Awaitable[object]]) -> int:
    """End all open executions of a shard, and remember that it is done; how many. Raises StoreError."""
    ended = 0
    after = b""
    while rows := await store.scan_open(shard, after, 1_000):
        for row in rows:
            await end(row.execution_id)
            ended += 1
        after = rows[-1].execution_id
    await store.put_meta(_key(shard), b"")
    return ended


def _key(shard: int) -> str:
    return f"restored/{shard}"
