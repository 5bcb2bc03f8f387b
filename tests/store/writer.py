"""A process that commits until it is killed: prints the names of a group after the store has acknowledged it.

Arguments: the database, executions in a group, and (optional) the largest file it may write, in bytes: when that
makes the disk fail, it checks that the store takes no more and prints "broken".
"""

import asyncio
import resource
import sys

from stepwell.store import StoreBroken
from stepwell.store.sqlite import SqliteStore
from tests.store.rows import started


async def main(path: str, group: int, limit_bytes: int | None) -> None:
    store = SqliteStore(path)
    await store.open()
    if limit_bytes is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit_bytes, resource.RLIM_INFINITY))
    try:
        for round_number in range(100_000):
            names = [f"{round_number}-{at}" for at in range(group)]
            await store.commit([started(name) for name in names])
            sys.stdout.write(" ".join(names) + "\n")
            sys.stdout.flush()
    except StoreBroken:
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        try:
            await store.commit([started("after")])
        except StoreBroken:
            sys.stdout.write("broken\n")
    await store.close()


asyncio.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]) if sys.argv[3] else None))
