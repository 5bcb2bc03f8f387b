"""Who should drive which shard: as many each, as few moves as possible, and everybody comes to the same answer."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from stepwell.store.records import ShardRow


class Plan(NamedTuple):
    """What one node is to do: take these shards, and let so many of its own go."""

    take: list[ShardRow]
    release: int


def quotas(nodes: Iterable[bytes], shards: int) -> dict[bytes, int]:
    """How many shards each node should have; those that joined first have the one more."""
    ordered = sorted(nodes)
    each, rest = divmod(shards, len(ordered))
    return {node: each + (place < rest) for place, node in enumerate(ordered)}


def plan(node: bytes, nodes: Iterable[bytes], shards: Sequence[ShardRow]) -> Plan:
    """For a node among living ones. Shards of nobody, or of a node that does not live, are free."""
    quota = quotas({*nodes, node}, len(shards))
    free = [row for row in shards if row.node not in quota]
    mine = sum(row.node == node for row in shards)
    missing = quota[node] - mine
    if missing >= 0:
        start = sorted(quota).index(node) * len(free) // len(quota)  # not the ones that the others begin with
        return Plan([*free[start:], *free[:start]][:missing], 0)
    return Plan([], -missing if _somebody_lacks(node, quota, shards) else 0)


def _somebody_lacks(node: bytes, quota: dict[bytes, int], shards: Sequence[ShardRow]) -> bool:
    has = dict.fromkeys(quota, 0)
    for row in shards:
        if row.node in has:
            has[row.node] += 1
    return any(has[other] < quota[other] for other in quota if other != node)
